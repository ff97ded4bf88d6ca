(* The nodes left out of the trapezoid sum, however many, add little. *)
From Coq Require Import Reals Lra Lia Psatz List.
From Coquelicot Require Import Coquelicot.
From DP Require Import Sums.
Require Import Here.Generated.
Open Scope R_scope.

(* e^(-(z-1) eps) at z = c + i t. *)
Definition wave (c eps t : R) : C :=
  (exp (- ((c - 1) * eps)) * cos (t * eps), - (exp (- ((c - 1) * eps)) * sin (t * eps))).

(* F(z) = M(z) e^(-(z-1) eps) / (z (z-1)) at z = c + i t. *)
Definition integrand (M : R -> C) (c eps t : R) : C :=
  Cdiv (Cmult (M t) (wave c eps t)) (Cmult (c, t) (c - 1, t)).

Lemma wave_size c eps t : Cmod (wave c eps t) = exp (- ((c - 1) * eps)).
Proof.
  unfold wave, Cmod. simpl fst. simpl snd. pose proof (exp_pos (- ((c - 1) * eps))) as P.
  set (e := exp (- ((c - 1) * eps))) in *.
  replace ((e * cos (t * eps)) ^ 2 + (- (e * sin (t * eps))) ^ 2) with (Rsqr e).
  - apply sqrt_Rsqr. lra.
  - pose proof (sin2_cos2 (t * eps)) as S. unfold Rsqr in *. nra.
Qed.

Lemma size_above_height a t : Rabs t <= Cmod (a, t).
Proof. exact (Rle_trans _ _ _ (Rmax_r _ _) (Rmax_Cmod (a, t))). Qed.

Lemma node_size M c eps t B : t <> 0 -> Cmod (M t) <= B ->
  Cmod (integrand M c eps t) <= B * exp (- ((c - 1) * eps)) / (t * t).
Proof.
  intros T small. assert (A : 0 < Rabs t) by now apply Rabs_pos_lt.
  pose proof (size_above_height c t) as S1. pose proof (size_above_height (c - 1) t) as S2.
  assert (N : forall a : R, ((a, t) : C) <> RtoC 0)
    by (intros a E; injection E; intros; contradiction).
  unfold integrand. rewrite Cmod_div by (apply Cmult_neq_0; apply N).
  rewrite !Cmod_mult, wave_size.
  assert (D : t * t <= Cmod (c, t) * Cmod (c - 1, t)).
  { replace (t * t) with (Rabs t * Rabs t).
    - apply Rmult_le_compat; lra.
    - rewrite <- Rabs_mult. apply Rabs_right. nra. }
  assert (0 < t * t) by nra.
  pose proof (Cmod_ge_0 (M t)). pose proof (exp_pos (- ((c - 1) * eps))).
  apply Rmult_le_compat.
  - apply Rmult_le_pos; lra.
  - apply Rlt_le, Rinv_0_lt_compat. lra.
  - apply Rmult_le_compat_r; lra.
  - apply Rinv_le_contravar; lra.
Qed.

Lemma inverse_squares K n : (1 <= K)%nat ->
  total (fun k => / (INR k * INR k)) (seq (S K) n) <= / INR K - / INR (K + n).
Proof.
  intros H. induction n as [|n IH].
  - rewrite Nat.add_0_r. simpl. lra.
  - rewrite seq_S, total_app. cbn [total].
    replace (S K + n)%nat with (K + S n)%nat by lia.
    assert (E : / (INR (K + S n) * INR (K + S n)) <= / INR (K + n) - / INR (K + S n)).
    { rewrite <- plus_n_Sm, S_INR.
      assert (P : 0 < INR (K + n)) by (apply lt_0_INR; lia). set (x := INR (K + n)) in *.
      replace (/ x - / (x + 1)) with (/ (x * (x + 1))) by (field; lra).
      apply Rinv_le_contravar; nra. }
    lra.
Qed.

(* The nodes k = K+1, ..., K+n on both sides; h/(2 pi) is their weight. *)
Theorem proved :
  (forall top, assumption_1 top <-> 0 < top) /\
  forall (M : R -> C) (c eps bound height : R) (K n : nat),
    0 < height -> assumption_1 (INR K * height) ->
    (forall t, INR K * height <= Rabs t -> Cmod (M t) <= bound) ->
    height / (2 * PI) * total (fun k => Cmod (integrand M c eps (INR k * height))
                                        + Cmod (integrand M c eps (- (INR k * height))))
                          (seq (S K) n)
    <= formula bound (INR K * height) * exp (- ((c - 1) * eps)).
Proof.
  split; [intros; unfold assumption_1; lra|].
  intros M c eps bound height K n.
  intros H top small. unfold assumption_1 in top.
  assert (K1 : (1 <= K)%nat).
  { destruct K; [simpl in top; lra|lia]. }
  assert (K0 : 0 < INR K) by (apply lt_0_INR; lia).
  assert (B : 0 <= bound).
  { apply Rle_trans with (1 := Cmod_ge_0 (M (INR K * height))), small.
    rewrite Rabs_right; lra. }
  set (e := exp (- ((c - 1) * eps))). assert (E : 0 < e) by apply exp_pos.
  set (w := 2 * (bound * e / (height * height))).
  assert (W : 0 <= w).
  { unfold w. apply Rmult_le_pos; [lra|]. apply Rmult_le_pos; [nra|].
    apply Rlt_le, Rinv_0_lt_compat. nra. }
  apply Rle_trans with (height / (2 * PI) * (w * (/ INR K - / INR (K + n)))).
  - pose proof PI_RGT_0 as P.
    apply Rmult_le_compat_l; [apply Rlt_le, Rdiv_lt_0_compat; lra|].
    apply Rle_trans with (w * total (fun k => / (INR k * INR k)) (seq (S K) n)).
    + rewrite <- total_scale. apply total_le. intros k I. apply in_seq in I.
      assert (k0 : INR K < INR k) by (apply lt_INR; lia).
      assert (S : INR K * height <= INR k * height) by nra.
      assert (T : 0 < INR k * height) by nra.
      assert (S1 : INR K * height <= Rabs (INR k * height)) by (rewrite Rabs_right; lra).
      assert (S2 : INR K * height <= Rabs (- (INR k * height))) by (rewrite Rabs_Ropp; exact S1).
      pose proof (node_size M c eps (INR k * height) bound ltac:(lra) (small _ S1)) as A1.
      pose proof (node_size M c eps (- (INR k * height)) bound ltac:(lra) (small _ S2)) as A2.
      fold e in A1, A2.
      replace (- (INR k * height) * - (INR k * height)) with (INR k * height * (INR k * height))
        in A2 by ring.
      replace (w * / (INR k * INR k))
        with (bound * e / (INR k * height * (INR k * height))
              + bound * e / (INR k * height * (INR k * height))) by (unfold w; field; lra).
      lra.
    + apply Rmult_le_compat_l; [exact W|]. now apply inverse_squares.
  - unfold formula, w. pose proof PI_RGT_0 as P.
    assert (T : 0 < / INR (K + n)) by (apply Rinv_0_lt_compat, lt_0_INR; lia).
    replace (bound / (PI * (INR K * height)) * e)
      with (bound * e / (PI * height) * / INR K) by (field; lra).
    replace (height / (2 * PI) * (2 * (bound * e / (height * height)) * (/ INR K - / INR (K + n))))
      with (bound * e / (PI * height) * (/ INR K - / INR (K + n)))
      by (field; repeat split; try lra; apply not_0_INR; lia).
    apply Rmult_le_compat_l; [|lra].
    apply Rmult_le_pos; [nra|]. apply Rlt_le, Rinv_0_lt_compat. nra.
Qed.
