(* Advanced composition of releases in groups of equal eps, each chosen by all outputs before it and
   (eps_i, delta_i)-DP in both directions. No tail lemma is assumed: inside each release lies a pure
   pair of mass 1 - delta_i or more, whose Renyi divergences add and are converted at the best order. *)
(* Arguments: (epsilons_steps : list (R * R)). *)
From Coq Require Import Reals List Lra Psatz Lia.
From DP Require Import Sums Finite Adaptive Pure Conversion Trim Inside.
Require Import Here.Generated.
Import ListNotations.
Open Scope R_scope.

(* The formula in terms of the single releases. *)
Lemma formula_is groups y :
  formula (counted groups) y =
  sqrt (2 * - y * total (fun e => e ^ 2) (releases groups)) +
  total (fun e => e * (exp e - 1)) (releases groups).
Proof.
  unfold formula. rewrite !total_releases. f_equal.
  - f_equal. rewrite <- !total_scale. apply total_ext. intros [e n] _. ring.
  - apply total_ext. intros [e n] _. ring.
Qed.

Section Run.
Context {A : Type}.
Variables (M : list A -> pair A) (e s : nat -> R) (k : nat).
Hypothesis both : forall h, laws (M h).
Hypothesis above : forall i, 0 <= e i.
Hypothesis forward : forall h, (length h < k)%nat -> dp (e (length h)) (s (length h)) (M h).
Hypothesis backward : forall h, (length h < k)%nat -> dp (e (length h)) (s (length h)) (swap (M h)).

(* The pure pair inside each release. *)
Definition pure (h : list A) : pair A :=
  match lt_dec (length h) k with
  | left early => proj1_sig (trim (e (length h)) (s (length h)) (M h) (above (length h)) (both h)
                               (forward h early) (backward h early))
  | right _ => M h
  end.

Lemma pure_inside h :
  (length h < k)%nat -> inside (e (length h)) (s (length h)) (M h) (pure h).
Proof. intros early. unfold pure. destruct (lt_dec _ _) as [yes | no]; [apply proj2_sig | lia]. Qed.

Lemma pure_late h : ~ (length h < k)%nat -> pure h = M h.
Proof. intros late. unfold pure. destruct (lt_dec _ _); [contradiction | reflexivity]. Qed.

Lemma pure_same h : points (pure h) = points (M h).
Proof.
  destruct (lt_dec (length h) k) as [early | late]; [apply pure_inside, early|].
  rewrite pure_late by exact late. reflexivity.
Qed.

Lemma pure_measures h : measures (pure h).
Proof.
  destruct (lt_dec (length h) k) as [early | late]; [apply (pure_inside h early)|].
  rewrite pure_late by exact late. apply laws_measures, both.
Qed.

Lemma pure_lower h x : In x (points (M h)) -> P (pure h) x <= P (M h) x /\ Q (pure h) x <= Q (M h) x.
Proof.
  intros listed. destruct (lt_dec (length h) k) as [early | late].
  - destruct (pure_inside h early) as [_ [_ [low _]]]. apply low, listed.
  - rewrite pure_late by exact late. lra.
Qed.

(* Its Renyi divergences add. *)
Lemma run_line z : 0 < z ->
  renyi (1 + z) (total (fun i => e i ^ 2) (seq 0 k) / 2 +
                 z * (total (fun i => e i ^ 2) (seq 0 k) / 2)) (run pure k).
Proof.
  intros positive. set (S := total _ _).
  replace (S / 2 + z * (S / 2)) with (total (fun i => (1 + z) * (e i * e i / 2)) (seq 0 k)).
  - apply renyi_run with (r := fun i => (1 + z) * (e i * e i / 2)); [exact pure_measures|].
    intros h early. destruct (pure_inside h early) as [where_ [two [low [even [_ [near far]]]]]].
    rewrite <- where_ in low, even, near, far.
    apply pure_renyi; auto; try lra.
    destruct (both h) as [[_ one] _]. rewrite <- one, <- where_. apply total_le.
    intros x listed. apply low, listed.
  - rewrite total_scale. transitivity ((1 + z) * (/ 2 * S)); [|field]. f_equal. unfold S.
    rewrite <- total_scale. apply total_ext. intros i _. field.
Qed.

Lemma slack_above i : (i < k)%nat -> (exists h : list A, length h = i) -> 0 <= s i.
Proof.
  intros early [h long]. specialize (forward h). rewrite long, dp_hockey in forward.
  refine (Rle_trans _ _ _ _ (forward early)). apply total_nonneg. intros x _. apply Rmax_l.
Qed.

Lemma advanced y : y < 0 ->
  dp (total (fun i => e i ^ 2) (seq 0 k) / 2 +
      2 * sqrt (total (fun i => e i ^ 2) (seq 0 k) / 2 * - y))
     (total s (seq 0 k) + exp y) (run M k).
Proof.
  intros below. apply dp_hockey.
  pose proof (hockey_inside M pure both pure_measures pure_same pure_lower) as step.
  refine (Rle_trans _ _ _ (step _ k) _). clear step. apply Rplus_le_compat.
  - destruct (mass_run M pure both pure_measures pure_same pure_lower s k) as [mass _]; [|lra].
    intros h early. split; [apply slack_above; eauto|]. apply (pure_inside h early).
  - apply dp_hockey, dp_of_line; [|exact below | apply measures_run, pure_measures | apply run_line].
    apply Rmult_le_pos; [|lra]. apply total_nonneg. intros i _. apply pow2_ge_0.
Qed.
End Run.

Theorem proved :
  (forall log_slack, assumption_1 log_slack <-> 0 < exp log_slack < 1) /\
  (forall groups log_slack,
    formula (counted groups) log_slack =
    sqrt (2 * - log_slack * total (fun eps => eps ^ 2) (releases groups)) +
    total (fun eps => eps * (exp eps - 1)) (releases groups)) /\
  forall (A : Type) (M : list A -> pair A) (groups : list (R * nat)) (deltas : list R) log_slack,
    assumption_1 log_slack ->
    (forall eps, In eps (releases groups) -> 0 <= eps) ->
    length deltas = length (releases groups) ->
    (forall h, laws (M h)) ->
    (forall h, (length h < length (releases groups))%nat ->
      dp (nth (length h) (releases groups) 0) (nth (length h) deltas 0) (M h) /\
      dp (nth (length h) (releases groups) 0) (nth (length h) deltas 0) (swap (M h))) ->
    dp (formula (counted groups) log_slack) (total (fun delta => delta) deltas + exp log_slack)
       (run M (length (releases groups))).
Proof.
  split; [unfold assumption_1; apply log_below_0|]. split; [exact formula_is|].
  intros A M groups deltas y below above long both private. rewrite formula_is.
  set (e := fun i => nth i (releases groups) 0). set (s := fun i => nth i deltas 0).
  set (k := length (releases groups)) in *.
  assert (positive : forall i, 0 <= e i).
  { intros i. unfold e. destruct (nth_in_or_default i (releases groups) 0) as [inside | ->];
      [apply above, inside | lra]. }
  pose proof (advanced M e s k both positive (fun h early => proj1 (private h early))
    (fun h early => proj2 (private h early)) y below) as bound.
  unfold s in bound. rewrite <- long, (total_nth (fun x => x)), long in bound.
  unfold e in bound. fold k in bound. unfold k in bound at 1 2.
  rewrite (total_nth (fun x => x ^ 2)) in bound.
  apply dp_weaken with (3 := bound); [apply laws_measures, laws_run, both|].
  rewrite Rplus_comm. apply Rplus_le_compat.
  - right. set (S := total _ _). replace 2 with (sqrt (2 * 2)) at 1 by (apply sqrt_square; lra).
    rewrite <- sqrt_mult_alt by lra. f_equal. field.
  - unfold Rdiv. rewrite Rmult_comm, <- total_scale. apply total_le. intros eps listed.
    specialize (above eps listed). pose proof (exp_above eps).
    assert (eps * eps <= eps * (exp eps - 1)) by (apply Rmult_le_compat_l; lra).
    assert (0 <= eps * eps) by (apply Rmult_le_pos; lra). simpl. lra.
Qed.
