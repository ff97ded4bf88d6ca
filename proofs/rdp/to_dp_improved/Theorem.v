(* A pair whose Renyi divergence of one order is at most r is (formula, delta)-DP. *)
From Coq Require Import Reals List Lra Psatz.
From DP Require Import Sums Finite Convex.
Require Import Here.Generated.
Import ListNotations.
Open Scope R_scope.

Theorem proved :
  (forall z, assumption_1 z <-> 0 < z) /\
  (forall log_delta, assumption_2 log_delta <-> 0 < exp log_delta < 1) /\
  forall (A : Type) (d : pair A) (order r log_delta : R),
    assumption_1 (order - 1) -> assumption_2 log_delta -> laws d -> renyi order r d ->
    dp (formula r (order - 1) log_delta) (exp log_delta) d.
Proof.
  unfold assumption_1, assumption_2, formula. split; [intros; lra|].
  split; [apply log_below_0|].
  intros A d order r log_delta above _ both [bounded small]. set (z := order - 1) in *.
  apply dp_hockey.
  refine (Rle_trans _ _ _ (hockey_from_moment order
    (exp (z * (ln z - ln (1 + z)) - ln (1 + z))) _ d _ _ (laws_measures d both) bounded) _).
  - apply Rlt_le, exp_pos.
  - intros u. apply best_constant. exact above.
  - refine (Rle_trans _ _ _ (Rmult_le_compat_l _ _ _ _ small) _).
    + apply Rmult_le_pos; apply Rlt_le, exp_pos.
    + rewrite <- !exp_plus. right. f_equal. fold z. field. lra.
Qed.
