(* A pair whose Renyi divergence of order a is at most r is (formula, delta)-DP. *)
From Coq Require Import Reals Lra.
From DP Require Import Sums Finite.
Require Import Here.Generated.
Open Scope R_scope.

Lemma pointwise z u : 0 < z -> 1 - exp (- u) <= 1 * exp (z * u).
Proof.
  intros above. destruct (Rle_dec 0 u) as [right | left].
  - pose proof (exp_pos (- u)). pose proof (exp_above (z * u)).
    pose proof (Rmult_le_pos z u). lra.
  - pose proof (exp_above (- u)). pose proof (exp_pos (z * u)). lra.
Qed.

Theorem proved :
  (forall z, assumption_1 z <-> 0 < z) /\
  (forall log_delta, assumption_2 log_delta <-> 0 < exp log_delta < 1) /\
  forall (A : Type) (d : pair A) (order r log_delta : R),
    assumption_1 (order - 1) -> assumption_2 log_delta -> laws d -> renyi order r d ->
    dp (formula r (order - 1) log_delta) (exp log_delta) d.
Proof.
  unfold assumption_1, assumption_2, formula. split; [intros; lra|].
  split; [apply log_below_0|].
  intros A d order r log_delta above _ both [bounded small]. apply dp_hockey.
  refine (Rle_trans _ _ _ (hockey_from_moment order 1 _ d Rle_0_1 _ both bounded) _).
  { intros u. apply pointwise. lra. }
  rewrite Rmult_1_l.
  refine (Rle_trans _ _ _ (Rmult_le_compat_l _ _ _ (Rlt_le _ _ (exp_pos _)) small) _).
  rewrite <- exp_plus. right. f_equal. field. lra.
Qed.
