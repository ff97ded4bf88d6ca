(* From Renyi divergences to (eps, delta). *)
From Coq Require Import Reals List Lra Psatz.
From DP Require Import Sums Finite.
Open Scope R_scope.

Lemma markov_constant z u : 0 < z -> 1 - exp (- u) <= 1 * exp (z * u).
Proof.
  intros above. destruct (Rle_dec 0 u) as [right | left].
  - pose proof (exp_pos (- u)). pose proof (exp_above (z * u)).
    pose proof (Rmult_le_pos z u). lra.
  - pose proof (exp_above (- u)). pose proof (exp_pos (z * u)). lra.
Qed.

Section Conversion.
Context {A : Type}.
Implicit Types d : pair A.

(* One order: eps = r + ln(1/delta) / (order - 1). *)
Lemma dp_of_renyi z r y d :
  0 < z -> measures d -> renyi (1 + z) r d -> dp (r - y / z) (exp y) d.
Proof.
  intros above both [bounded small]. apply dp_hockey.
  refine (Rle_trans _ _ _ (hockey_from_moment (1 + z) 1 _ d Rle_0_1 _ both bounded) _).
  { intros u. replace (1 + z - 1) with z by ring. apply markov_constant, above. }
  rewrite Rmult_1_l.
  refine (Rle_trans _ _ _ (Rmult_le_compat_l _ _ _ (Rlt_le _ _ (exp_pos _)) small) _).
  rewrite <- exp_plus. right. f_equal. field. lra.
Qed.

(* What holds for every eps above one holds at that one. *)
Lemma dp_limit eps delta d :
  measures d -> (forall t, 0 < t -> dp (eps + t) delta d) -> dp eps delta d.
Proof.
  intros [_ above] near E. apply le_epsilon. intros gap positive.
  set (b := exp eps * prob (points d) (Q d) E).
  assert (0 <= b) by (apply Rmult_le_pos; [apply Rlt_le, exp_pos | apply prob_nonneg, above]).
  assert (share : 0 < gap / (1 + b)) by (apply Rdiv_lt_0_compat; lra).
  assert (step : 0 < ln (1 + gap / (1 + b))) by (rewrite <- ln_1; apply ln_increasing; lra).
  specialize (near _ step E). rewrite exp_plus, exp_ln in near by lra.
  assert (b * (gap / (1 + b)) <= gap).
  { apply Rmult_le_reg_r with (1 + b); [lra|]. replace (b * (gap / (1 + b)) * (1 + b)) with (b * gap)
      by (field; lra). nra. }
  replace (exp eps * (1 + gap / (1 + b)) * prob (points d) (Q d) E)
    with (b + b * (gap / (1 + b))) in near by (unfold b; ring).
  fold b. lra.
Qed.

(* Every order, where the divergence grows as a line: the best order is 1 + sqrt(ln(1/delta)/s). *)
Lemma dp_of_line c s y d :
  0 <= s -> y < 0 -> measures d -> (forall z, 0 < z -> renyi (1 + z) (c + z * s) d) ->
  dp (c + 2 * sqrt (s * - y)) (exp y) d.
Proof.
  intros [positive | <-] below both line.
  - set (w := sqrt (s * - y)).
    assert (square : w * w = s * - y) by (apply sqrt_sqrt; nra).
    assert (0 < w) by (apply sqrt_lt_R0; nra).
    assert (above : 0 < w / s) by (apply Rdiv_lt_0_compat; lra).
    replace (c + 2 * w) with (c + w / s * s - y / (w / s)); [apply dp_of_renyi; auto|].
    assert (y / (w / s) = - w).
    { apply Rmult_eq_reg_r with w; [|lra]. transitivity (s * y); [field; lra | lra]. }
    assert (w / s * s = w) by (field; lra). lra.
  - rewrite Rmult_0_l, sqrt_0, Rmult_0_r, Rplus_0_r. apply dp_limit; [exact both|].
    intros t positive. assert (above : 0 < - y / t) by (apply Rdiv_lt_0_compat; lra).
    replace (c + t) with (c + - y / t * 0 - y / (- y / t)) by (field; lra).
    apply dp_of_renyi; auto.
Qed.
End Conversion.
