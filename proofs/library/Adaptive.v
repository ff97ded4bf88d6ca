(* Releases one after another, each chosen by the outputs before it. *)
From Coq Require Import Reals List Lra Psatz.
From DP Require Import Sums Finite.
Import ListNotations.
Open Scope R_scope.

Lemma total_next (f : nat -> R) k : total f (seq 0 (S k)) = total f (seq 0 k) + f k.
Proof. rewrite seq_S, total_app. simpl. ring. Qed.

(* The hockey stick of a product of two pairs of numbers. *)
Lemma product_hockey p q u v :
  0 <= p -> 0 <= q -> 0 <= u -> 0 <= v ->
  Rmax 0 (p * u - q * v) <= Rmax 0 (p - q) * u + p * Rmax 0 (u - v).
Proof.
  intros. pose proof (Rmax_l 0 (p - q)). pose proof (Rmax_r 0 (p - q)).
  pose proof (Rmax_l 0 (u - v)). pose proof (Rmax_r 0 (u - v)).
  set (m := Rmax 0 (p - q)) in *. set (n := Rmax 0 (u - v)) in *.
  assert (0 <= m * u) by (apply Rmult_le_pos; assumption).
  assert (0 <= p * n) by (apply Rmult_le_pos; assumption).
  apply Rmax_lub; [lra|]. destruct (Rle_dec p q).
  - assert (0 <= (q - p) * v) by (apply Rmult_le_pos; lra).
    assert (0 <= p * (n - (u - v))) by (apply Rmult_le_pos; lra). lra.
  - assert (0 <= (m - (p - q)) * u) by (apply Rmult_le_pos; lra).
    assert (0 <= q * (n - (u - v))) by (apply Rmult_le_pos; lra).
    assert (0 <= (p - q) * n) by (apply Rmult_le_pos; lra). lra.
Qed.

Section Adaptive.
Context {A : Type}.

(* The next release, given the outputs before it, the newest first. *)
Variable M : list A -> pair A.

(* The laws of the first k outputs together. *)
Fixpoint run (k : nat) : pair (list A) :=
  match k with
  | O => Pair [[]] (fun _ => 1) (fun _ => 1)
  | S k =>
      Pair
        (flat_map (fun h => map (fun x => x :: h) (points (M h))) (points (run k)))
        (fun h => match h with [] => 0 | x :: h => P (run k) h * P (M h) x end)
        (fun h => match h with [] => 0 | x :: h => Q (run k) h * Q (M h) x end)
  end.

Lemma total_run f k :
  total f (points (run (S k))) =
  total (fun h => total (fun x => f (x :: h)) (points (M h))) (points (run k)).
Proof.
  simpl. rewrite total_flat_map. apply total_ext. intros h _. apply total_map.
Qed.

Lemma in_run l k :
  In l (points (run (S k))) ->
  exists x h, l = x :: h /\ In x (points (M h)) /\ In h (points (run k)).
Proof.
  simpl. rewrite in_flat_map. intros [h [before listed]].
  apply in_map_iff in listed. destruct listed as [x [<- listed]]. exists x, h. auto.
Qed.

Lemma length_run k : forall h, In h (points (run k)) -> length h = k.
Proof.
  induction k; intros l listed.
  - destruct listed as [<- | []]. reflexivity.
  - destruct (in_run l k listed) as [x [h [-> [_ before]]]]. simpl. auto.
Qed.

Section Measures.
Hypothesis each : forall h, measures (M h).

Lemma measures_run k : measures (run k).
Proof.
  induction k as [|k [above_P above_Q]]; [split; simpl; intros; lra|].
  split; intros l listed; destruct (in_run l k listed) as [x [h [-> [here before]]]];
    destruct (each h) as [above_M above_N]; simpl; apply Rmult_le_pos; auto.
Qed.

(* Where a product of two probabilities is positive, so is each of them. *)
Lemma positive_parts k x h :
  In x (points (M h)) -> In h (points (run k)) -> 0 < P (run k) h * P (M h) x ->
  0 < P (run k) h /\ 0 < P (M h) x.
Proof.
  intros here before positive.
  destruct (measures_run k) as [above_P _]. destruct (each h) as [above_M _].
  specialize (above_P h before). specialize (above_M x here). nra.
Qed.

Lemma continuous_run k :
  (forall h, (length h < k)%nat -> continuous (M h)) -> continuous (run k).
Proof.
  induction k; intros bounded; intros l listed positive; [simpl; lra|].
  destruct (in_run l k listed) as [x [h [-> [here before]]]]. simpl in positive |- *.
  destruct (positive_parts k x h here before positive) as [first second].
  apply Rmult_lt_0_compat.
  - apply IHk; auto.
  - apply bounded; auto. rewrite (length_run k h before). auto.
Qed.

(* Renyi moments: each release multiplies the moment by no more than its own bound. *)
Lemma renyi_run a (r : nat -> R) k :
  (forall h, (length h < k)%nat -> renyi a (r (length h)) (M h)) ->
  renyi a (total r (seq 0 k)) (run k).
Proof.
  intros private. split; [apply continuous_run; intros h early; apply private, early|].
  induction k as [|k IHk].
  - unfold moment, loss. simpl. rewrite ln_1. right. rewrite Rmult_0_r, Rminus_eq_0, Rmult_0_r. ring.
  - assert (bounded : continuous (run k)).
    { apply continuous_run. intros h early. apply private. auto. }
    assert (earlier : forall h, (length h < k)%nat -> renyi a (r (length h)) (M h)) by auto.
    specialize (IHk earlier). clear earlier.
    rewrite total_next, Rmult_plus_distr_l, exp_plus.
    refine (Rle_trans _ _ _ _ (Rmult_le_compat_r _ _ _ (Rlt_le _ _ (exp_pos _)) IHk)).
    unfold moment at 1. rewrite total_run.
    unfold moment. rewrite Rmult_comm, <- total_scale. apply total_le. intros h before.
    pose proof (length_run k h before) as long.
    destruct (private h) as [near small]; [rewrite long; auto|].
    rewrite long in small.
    apply Rle_trans with
      (P (run k) h * exp ((a - 1) * loss (run k) h) * moment a (M h)).
    + unfold moment. rewrite <- total_scale. apply total_le. intros x here. simpl P.
      destruct (measures_run k) as [above_P _]. destruct (each h) as [above_M _].
      specialize (above_P h before). specialize (above_M x here).
      destruct (Req_dec (P (run k) h) 0) as [none | first]; [rewrite none; lra|].
      destruct (Req_dec (P (M h) x) 0) as [none | second]; [rewrite none; lra|].
      assert (0 < P (run k) h) by lra. assert (0 < P (M h) x) by lra.
      right. unfold loss. simpl. rewrite !ln_mult by auto.
      replace ((a - 1) * (ln (P (run k) h) + ln (P (M h) x) - (ln (Q (run k) h) + ln (Q (M h) x))))
        with ((a - 1) * (ln (P (run k) h) - ln (Q (run k) h)) +
              (a - 1) * (ln (P (M h) x) - ln (Q (M h) x))) by ring.
      rewrite exp_plus. ring.
    + destruct (measures_run k) as [above_P _]. specialize (above_P h before).
      pose proof (exp_pos ((a - 1) * loss (run k) h)).
      assert (0 <= P (run k) h * exp ((a - 1) * loss (run k) h)) by (apply Rmult_le_pos; lra).
      nra.
Qed.
End Measures.

Section Laws.
Hypothesis each : forall h, laws (M h).

(* The laws of all outputs together are laws. *)
Lemma laws_run k : laws (run k).
Proof.
  assert (two : measures (run k)) by (apply measures_run; intros h; apply laws_measures, each).
  enough (sums : total (P (run k)) (points (run k)) = 1 /\ total (Q (run k)) (points (run k)) = 1).
  { repeat split; apply two || apply sums. }
  clear two. induction k as [|k [one_P one_Q]]; [simpl; lra|].
  assert (product : forall (p : list A -> R) (s : list A -> A -> R),
    (forall h, total (s h) (points (M h)) = 1) ->
    total (fun h => total (fun x => p h * s h x) (points (M h))) (points (run k)) =
    total p (points (run k))).
  { intros p s sums. apply total_ext. intros h _. rewrite total_scale, sums. ring. }
  rewrite !total_run. simpl. rewrite !product; [auto | |]; intros h; apply each.
Qed.

(* (eps, delta): both add. *)
Lemma dp_run (e s : nat -> R) k :
  (forall h, (length h < k)%nat -> dp (e (length h)) (s (length h)) (M h)) ->
  dp (total e (seq 0 k)) (total s (seq 0 k)) (run k).
Proof.
  intros private. rewrite dp_hockey. induction k as [|k IHk].
  - unfold hockey. simpl. rewrite exp_0. unfold Rmax. destruct (Rle_dec 0 _); lra.
  - assert (earlier : forall h, (length h < k)%nat -> dp (e (length h)) (s (length h)) (M h)) by auto.
    specialize (IHk earlier). clear earlier.
    unfold hockey at 1. rewrite total_run, !total_next, exp_plus.
    destruct (laws_run k) as [[above_P one_P] [above_Q _]].
    set (c := exp (total e (seq 0 k))) in *.
    apply Rle_trans with (total
      (fun h => Rmax 0 (P (run k) h - c * Q (run k) h) + s k * P (run k) h) (points (run k))).
    + apply total_le. intros h before.
      pose proof (length_run k h before) as long.
      specialize (private h). rewrite long, dp_hockey in private. specialize (private (le_n _)).
      specialize (above_P h before). specialize (above_Q h before).
      destruct (each h) as [[above_M one_M] [above_N _]].
      apply Rle_trans with (total (fun x =>
        Rmax 0 (P (run k) h - c * Q (run k) h) * P (M h) x +
        P (run k) h * Rmax 0 (P (M h) x - exp (e k) * Q (M h) x)) (points (M h))).
      * apply total_le. intros x here. specialize (above_M x here). specialize (above_N x here).
        assert (0 < c) by apply exp_pos. pose proof (exp_pos (e k)). simpl.
        set (p := P (run k) h) in *. set (q := c * Q (run k) h).
        set (u := P (M h) x) in *. set (v := exp (e k) * Q (M h) x).
        assert (0 <= q) by (apply Rmult_le_pos; lra).
        assert (0 <= v) by (apply Rmult_le_pos; lra).
        replace (c * exp (e k) * (Q (run k) h * Q (M h) x)) with (q * v) by (unfold q, v; ring).
        apply product_hockey; assumption.
      * rewrite total_plus, !total_scale, one_M.
        apply Rmult_le_compat_l with (r := P (run k) h) in private; [|exact above_P].
        unfold hockey in private. lra.
    + rewrite total_plus, total_scale, one_P. unfold hockey in IHk. fold c in IHk. lra.
Qed.
End Laws.
End Adaptive.

(* Sums over positions of a list are sums over the list. *)
Lemma total_nth {B : Type} (f : B -> R) (l : list B) (default : B) :
  total (fun i => f (nth i l default)) (seq 0 (length l)) = total f l.
Proof.
  induction l as [|b l IHl]; [reflexivity|]. simpl. f_equal.
  rewrite <- seq_shift, total_map. exact IHl.
Qed.

Lemma total_repeat {B : Type} (f : B -> R) (b : B) n : total f (repeat b n) = f b * INR n.
Proof. induction n; [simpl; ring|]. rewrite S_INR. simpl. rewrite IHn. ring. Qed.

(* Releases in groups that share a budget: the budgets of the single releases, and the groups as
   pairs of numbers. *)
Definition releases (groups : list (R * nat)) : list R :=
  flat_map (fun g => repeat (fst g) (snd g)) groups.

Definition counted (groups : list (R * nat)) : list (R * R) :=
  map (fun g => (fst g, INR (snd g))) groups.

Lemma total_releases (f : R -> R) groups :
  total f (releases groups) = total (fun '(b, n) => f b * n) (counted groups).
Proof.
  unfold counted, releases. rewrite total_map, total_flat_map.
  apply total_ext. intros [b n] _. apply total_repeat.
Qed.
