(* Poisson sampling of a pair that is its own mirror image: adding is below removing. *)
From Coq Require Import Reals Lra Psatz List.
From Coquelicot Require Import Coquelicot.
From DP Require Import Sums Finite.
Open Scope R_scope.

(* Twice the hyperbolic sine and cosine. *)
Definition s x := exp x - exp (- x).
Definition k x := exp x + exp (- x).

Lemma s_positive x : 0 < x -> 0 < s x.
Proof. intros H. unfold s. pose proof (exp_increasing (- x) x ltac:(lra)). lra. Qed.

Lemma s_nonneg x : 0 <= x -> 0 <= s x.
Proof.
  intros [H|<-]; [now apply Rlt_le, s_positive|]. unfold s. rewrite Ropp_0. lra.
Qed.

Lemma not_falling (f df : R -> R) a b : a <= b ->
  (forall x, a <= x <= b -> is_derive f x (df x)) -> (forall x, a <= x <= b -> 0 <= df x) ->
  f a <= f b.
Proof.
  intros H D P. destruct (MVT_gen f a b df) as [c [I E]].
  - intros x. rewrite Rmin_left, Rmax_right by exact H. intros X. apply D. lra.
  - intros x. rewrite Rmin_left, Rmax_right by exact H. intros X.
    apply continuity_pt_filterlim, (ex_derive_continuous f). exists (df x). now apply D.
  - rewrite Rmin_left, Rmax_right in I by exact H. pose proof (P c I). nra.
Qed.

(* sinh (c x) / sinh x does not fall. *)
Lemma ratio_rises c v w : 1 <= c -> 0 < v <= w -> s (c * v) * s w <= s (c * w) * s v.
Proof.
  intros C [V W].
  assert (G : forall x, 0 <= x -> 0 <= c * k (c * x) * s x - s (c * x) * k x).
  { intros x X.
    replace 0 with (c * k (c * 0) * s 0 - s (c * 0) * k 0)
      by (unfold s, k; rewrite Rmult_0_r, Ropp_0; ring).
    apply (not_falling (fun y => c * k (c * y) * s y - s (c * y) * k y)
      (fun y => (c * c - 1) * (s (c * y) * s y))); [exact X| |].
    - intros y _. unfold s, k. auto_derive; [exact I|ring].
    - intros y [Y _]. apply Rmult_le_pos; [nra|]. apply Rmult_le_pos; apply s_nonneg; nra. }
  assert (Q : s (c * v) / s v <= s (c * w) / s w).
  { apply (not_falling (fun y => s (c * y) / s y)
      (fun y => (c * k (c * y) * s y - s (c * y) * k y) / (s y * s y))); [exact W| |].
    - intros y [Y _]. pose proof (s_positive y ltac:(lra)) as S. unfold s, k in *.
      auto_derive; [lra|field; lra].
    - intros y [Y _]. pose proof (s_positive y ltac:(lra)) as S.
      apply Rmult_le_pos; [apply G; lra|]. apply Rlt_le, Rinv_0_lt_compat. nra. }
  pose proof (s_positive v V) as S1. pose proof (s_positive w ltac:(lra)) as S2.
  apply Rmult_le_compat_r with (r := s v * s w) in Q; [|nra].
  replace (s (c * v) / s v * (s v * s w)) with (s (c * v) * s w) in Q by (field; lra).
  replace (s (c * w) / s w * (s v * s w)) with (s (c * w) * s v) in Q by (field; lra).
  exact Q.
Qed.

Section Pointwise.
  Context (q a : R).
  Hypothesis rate : 0 < q <= 1.
  Hypothesis order : 1 < a.

  (* The ratio after sampling, for the ratio L before. *)
  Definition ratio_of L := 1 - q + q * L.

  Lemma ratio_positive L : 0 < L -> 0 < ratio_of L.
  Proof. intros H. unfold ratio_of. nra. Qed.

  (* By how much removing exceeds adding. *)
  Definition excess L := Rpower (ratio_of L) a - Rpower (ratio_of L) (1 - a).

  Lemma excess_above_one L : 1 < L -> 0 <= excess L + L * excess (/ L).
  Proof.
    intros H. assert (I : 0 < / L < 1).
    { split; [apply Rinv_0_lt_compat; lra|]. rewrite <- Rinv_1. apply Rinv_lt_contravar; lra. }
    assert (LI : L * / L = 1) by (apply Rinv_r; lra).
    pose proof (ratio_positive L ltac:(lra)) as X0. pose proof (ratio_positive (/ L) ltac:(lra)) as Y0.
    assert (X1 : 1 < ratio_of L) by (unfold ratio_of; nra).
    assert (Y1 : ratio_of (/ L) < 1) by (unfold ratio_of; nra).
    assert (B : L * (1 - ratio_of (/ L)) = ratio_of L - 1).
    { unfold ratio_of. replace (L * (1 - (1 - q + q * / L))) with (q * L - q * (L * / L)) by ring.
      rewrite LI. ring. }
    assert (XY : 1 <= ratio_of L * ratio_of (/ L)).
    { unfold ratio_of.
      replace ((1 - q + q * L) * (1 - q + q * / L))
        with ((1 - q) * (1 - q) + q * (1 - q) * (L + / L) + q * q * (L * / L)) by ring.
      rewrite LI. assert (2 <= L + / L).
      { assert (0 <= (L - 1) * (1 - / L)) by (apply Rmult_le_pos; lra). nra. }
      assert (0 <= q * (1 - q)) by nra. nra. }
    unfold excess.
    set (w := ln (ratio_of L) / 2). set (v := - ln (ratio_of (/ L)) / 2).
    assert (W : ratio_of L = exp (2 * w)).
    { unfold w. replace (2 * (ln (ratio_of L) / 2)) with (ln (ratio_of L)) by field.
      now rewrite exp_ln. }
    assert (V : ratio_of (/ L) = exp (- (2 * v))).
    { unfold v. replace (- (2 * (- ln (ratio_of (/ L)) / 2))) with (ln (ratio_of (/ L))) by field.
      now rewrite exp_ln. }
    clearbody w v. rewrite W, V in *. clear W V.
    assert (w0 : 0 < w) by (rewrite <- exp_0 in X1; apply exp_lt_inv in X1; lra).
    assert (v0 : 0 < v) by (rewrite <- exp_0 in Y1; apply exp_lt_inv in Y1; lra).
    assert (vw : v <= w).
    { rewrite <- exp_plus, <- exp_0 in XY. destruct XY as [XY|XY].
      - apply exp_lt_inv in XY. lra.
      - apply exp_inv in XY. lra. }
    unfold Rpower. rewrite !ln_exp.
    set (c := 2 * a - 1).
    pose proof (ratio_rises c v w ltac:(unfold c; lra) (conj v0 vw)) as R.
    assert (E1 : exp (a * (2 * w)) - exp ((1 - a) * (2 * w)) = exp w * s (c * w)).
    { unfold s, c. rewrite Rmult_minus_distr_l, <- !exp_plus. f_equal; f_equal; ring. }
    assert (E2 : exp (a * - (2 * v)) - exp ((1 - a) * - (2 * v)) = - (exp (- v) * s (c * v))).
    { unfold s, c. rewrite Rmult_minus_distr_l, <- !exp_plus.
      replace (a * - (2 * v)) with (- v + - ((2 * a - 1) * v)) by ring.
      replace ((1 - a) * - (2 * v)) with (- v + (2 * a - 1) * v) by ring. ring. }
    assert (E3 : exp (2 * w) - 1 = exp w * s w).
    { unfold s. rewrite Rmult_minus_distr_l, <- !exp_plus, Rplus_opp_r, exp_0. f_equal. f_equal. ring. }
    assert (E4 : 1 - exp (- (2 * v)) = exp (- v) * s v).
    { unfold s. rewrite Rmult_minus_distr_l, <- !exp_plus, Rplus_opp_l, exp_0. f_equal. f_equal. ring. }
    rewrite E3, E4 in B. rewrite E1, E2. pose proof (s_positive v v0) as S.
    apply Rmult_le_reg_r with (s v); [exact S|]. rewrite Rmult_0_l.
    replace ((exp w * s (c * w) + L * - (exp (- v) * s (c * v))) * s v)
      with (exp w * (s (c * w) * s v) - L * (exp (- v) * s v) * s (c * v)) by ring.
    rewrite B. pose proof (exp_pos w). nra.
  Qed.

  Lemma excess_paired L : 0 < L -> 0 <= excess L + L * excess (/ L).
  Proof.
    intros H. destruct (Rtotal_order L 1) as [B|[->|A]].
    - assert (A : 1 < / L) by (rewrite <- Rinv_1; apply Rinv_lt_contravar; lra).
      pose proof (excess_above_one (/ L) A) as E. rewrite Rinv_inv in E.
      apply Rmult_le_compat_l with (r := L) in E; [|lra].
      rewrite Rmult_0_r, Rmult_plus_distr_l, <- Rmult_assoc, Rinv_r in E by lra. lra.
    - rewrite Rinv_1. unfold excess, ratio_of. replace (1 - q + q * 1) with 1 by ring.
      unfold Rpower. rewrite ln_1, !Rmult_0_r. lra.
    - now apply excess_above_one.
  Qed.
End Pointwise.

(* The release with the record, after sampling, against the one without it. *)
Definition sampled {A} (q : R) (d : pair A) : pair A :=
  Pair (points d) (fun x => (1 - q) * Q d x + q * P d x) (Q d).

Theorem proved : forall (A : Type) (d : pair A) (mirror : A -> A) (q order : R),
  (forall x, In x (points d) -> 0 < P d x /\ 0 < Q d x) ->
  (forall f, total (fun x => f (mirror x)) (points d) = total f (points d)) ->
  (forall x, In x (points d) -> P d (mirror x) = Q d x /\ Q d (mirror x) = P d x) ->
  0 < q <= 1 -> 1 < order ->
  moment order (swap (sampled q d)) <= moment order (sampled q d).
Proof.
  intros A d mirror q a positive permutes images rate order.
  set (L x := P d x / Q d x).
  assert (E : forall x, In x (points d) ->
    (1 - q) * Q d x + q * P d x = Q d x * ratio_of q (L x) /\ 0 < ratio_of q (L x)).
  { intros x I. destruct (positive x I). split.
    - unfold ratio_of, L. field. lra.
    - apply ratio_positive; [exact rate|]. now apply Rdiv_lt_0_compat. }
  assert (M : forall x, In x (points d) ->
    P (sampled q d) x * exp ((a - 1) * loss (sampled q d) x)
    - P (swap (sampled q d)) x * exp ((a - 1) * loss (swap (sampled q d)) x)
    = Q d x * excess q a (L x)).
  { intros x I. destruct (positive x I) as [_ Q0].
    unfold loss, sampled, swap, excess, Rpower. simpl. destruct (E x I) as [-> R].
    rewrite ln_mult by assumption. set (l := ln (ratio_of q (L x))).
    replace (a * l) with (l + (a - 1) * l) by ring. rewrite exp_plus.
    replace (exp l) with (ratio_of q (L x)) by (unfold l; now rewrite exp_ln).
    replace ((a - 1) * (ln (Q d x) + l - ln (Q d x))) with ((a - 1) * l) by ring.
    replace ((a - 1) * (ln (Q d x) - (ln (Q d x) + l))) with ((1 - a) * l) by ring. ring. }
  apply Rminus_le. apply Ropp_le_cancel. rewrite Ropp_0, Ropp_minus_distr.
  unfold moment. change (points (swap (sampled q d))) with (points d).
  change (points (sampled q d)) with (points d). rewrite <- total_minus.
  rewrite (total_ext _ (fun x => Q d x * excess q a (L x))) by exact M.
  (* each output together with its image *)
  assert (T : total (fun x => Q d x * excess q a (L x)) (points d)
              = total (fun x => Q d x * (L x * excess q a (/ L x))) (points d)).
  { rewrite <- (permutes (fun x => Q d x * excess q a (L x))). apply total_ext. intros x I.
    destruct (images x I) as [P1 Q1]. destruct (positive x I). unfold L. rewrite P1, Q1.
    replace (/ (P d x / Q d x)) with (Q d x / P d x) by (field; lra). field. lra. }
  apply Rmult_le_reg_l with 2; [lra|]. rewrite Rmult_0_r.
  replace (2 * total (fun x => Q d x * excess q a (L x)) (points d))
    with (total (fun x => Q d x * excess q a (L x)) (points d)
          + total (fun x => Q d x * (L x * excess q a (/ L x))) (points d)) by (rewrite <- T; ring).
  rewrite <- total_plus. apply total_nonneg. intros x I. destruct (positive x I).
  rewrite <- Rmult_plus_distr_l. apply Rmult_le_pos; [lra|].
  apply excess_paired; [exact rate|exact order|]. now apply Rdiv_lt_0_compat.
Qed.
