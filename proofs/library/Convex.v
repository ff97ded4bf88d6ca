(* Inequalities of one real variable, all from 1 + x <= e^x. *)
From Coq Require Import Reals Lra Psatz.
From DP Require Import Finite.
Open Scope R_scope.

(* ln x <= x - 1 *)
Lemma ln_below x : 0 < x -> ln x <= x - 1.
Proof. intros positive. pose proof (exp_above (ln x)). rewrite exp_ln in *; lra. Qed.

(* Bernoulli: x^a lies above its tangent at 1; here x = e^s. *)
Lemma bernoulli a s : 1 <= a -> 1 + a * (exp s - 1) <= exp (a * s).
Proof.
  intros above. set (v := 1 + a * (exp s - 1)). pose proof (exp_pos (a * s)).
  destruct (Rle_dec v 0) as [negative | positive]; [lra|].
  apply Rle_trans with (exp (ln v)); [rewrite exp_ln; lra|]. apply exp_le.
  pose proof (exp_above (ln v - s)) as first. pose proof (exp_above (- s)) as second.
  unfold Rminus in first. rewrite exp_plus, exp_ln in first by lra.
  assert (whole : exp (- s) * exp s = 1) by (rewrite <- exp_plus, Rplus_opp_l; apply exp_0).
  unfold v in first at 2. nra.
Qed.

Lemma bernoulli_below a s : a <= 0 -> 1 + a * (exp s - 1) <= exp (a * s).
Proof.
  intros below. pose proof (bernoulli (1 - a) (- s)) as mirrored.
  specialize (mirrored ltac:(lra)).
  replace (a * s) with (s + (1 - a) * - s) by ring. rewrite exp_plus.
  assert (whole : exp s * exp (- s) = 1) by (rewrite <- exp_plus, Rplus_opp_r; apply exp_0).
  pose proof (exp_pos s). nra.
Qed.

(* Powers are convex: with e^y between e^s and e^t, e^(a y) lies below the chord. *)
Lemma chord a w s t y :
  1 <= a \/ a <= 0 -> 0 <= w <= 1 -> exp y = w * exp s + (1 - w) * exp t ->
  exp (a * y) <= w * exp (a * s) + (1 - w) * exp (a * t).
Proof.
  intros order share between.
  assert (tangent : forall z, 1 + a * (exp (z - y) - 1) <= exp (a * (z - y))).
  { intros z. destruct order; [apply bernoulli | apply bernoulli_below]; assumption. }
  pose proof (tangent s) as first. pose proof (tangent t) as second.
  pose proof (exp_pos (a * y)) as positive.
  assert (split : forall c z, exp (c * z) = exp (c * y) * exp (c * (z - y))).
  { intros c z. rewrite <- exp_plus. f_equal. ring. }
  rewrite (split a s), (split a t).
  pose proof (split 1 s) as near. pose proof (split 1 t) as far. rewrite !Rmult_1_l in near, far.
  assert (mean : w * exp (s - y) + (1 - w) * exp (t - y) = 1).
  { apply Rmult_eq_reg_l with (exp y); [|pose proof (exp_pos y); lra].
    transitivity (exp y); [|ring]. rewrite between at 2. rewrite near, far. ring. }
  assert (above : 1 <= w * exp (a * (s - y)) + (1 - w) * exp (a * (t - y))).
  { apply Rle_trans with
      (w * (1 + a * (exp (s - y) - 1)) + (1 - w) * (1 + a * (exp (t - y) - 1))).
    - right. transitivity (1 + a * (w * exp (s - y) + (1 - w) * exp (t - y) - 1)); [|ring].
      rewrite mean. ring.
    - apply Rplus_le_compat; apply Rmult_le_compat_l; lra. }
  nra.
Qed.

(* The most of (1 - e^-u) e^(-z u), at e^-u = z / (1 + z). *)
Lemma best_constant z u :
  0 < z ->
  1 - exp (- u) <= exp (z * (ln z - ln (1 + z)) - ln (1 + z)) * exp (z * u).
Proof.
  intros positive. rewrite <- exp_plus. set (t := exp (- u)).
  assert (inside : 0 < t) by apply exp_pos.
  match goal with |- _ <= exp ?e => pose proof (exp_pos e); set (total := e) in * end.
  destruct (Rle_dec (1 - t) 0) as [below | above]; [lra|].
  rewrite <- (exp_ln (1 - t)) by lra. apply exp_le. unfold total.
  pose proof (ln_below ((1 - t) * (1 + z))) as first.
  pose proof (ln_below (t * ((1 + z) / z))) as second.
  assert (0 < (1 + z) / z) by (apply Rdiv_lt_0_compat; lra).
  assert (quotient : ln ((1 + z) / z) = ln (1 + z) - ln z).
  { unfold Rdiv. rewrite ln_mult, ln_Rinv; [ring | lra | lra | apply Rinv_0_lt_compat; lra]. }
  rewrite ln_mult in first, second by lra. rewrite quotient in second.
  assert (log : ln t = - u) by (unfold t; apply ln_exp). rewrite log in second.
  specialize (first ltac:(nra)). specialize (second ltac:(nra)).
  assert (whole : z * (t * ((1 + z) / z) - 1) = t * (1 + z) - z) by (field; lra).
  nra.
Qed.

(* The logarithm of a sum, from the logarithms of its terms. *)
Lemma exp_log_sum a b : exp (Rmax a b + ln (1 + exp (Rmin a b - Rmax a b))) = exp a + exp b.
Proof.
  rewrite exp_plus, exp_ln by (pose proof (exp_pos (Rmin a b - Rmax a b)); lra).
  rewrite Rmult_plus_distr_l, <- exp_plus, Rmult_1_r.
  replace (Rmax a b + (Rmin a b - Rmax a b)) with (Rmin a b) by ring.
  unfold Rmax, Rmin. destruct (Rle_dec a b); ring.
Qed.
