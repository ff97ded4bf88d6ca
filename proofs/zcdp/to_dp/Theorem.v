(* A rho-zCDP pair is (formula, delta)-DP. *)
From Coq Require Import Reals List Lra Psatz.
From DP Require Import Sums Finite Conversion.
Require Import Here.Generated.
Import ListNotations.
Open Scope R_scope.

Theorem proved :
  (forall log_delta, assumption_1 log_delta <-> 0 < exp log_delta < 1) /\
  forall (A : Type) (d : pair A) (rho log_delta : R),
    0 <= rho -> assumption_1 log_delta -> laws d -> zcdp rho d ->
    dp (formula rho log_delta) (exp log_delta) d.
Proof.
  unfold assumption_1, formula. split; [apply log_below_0|].
  intros A d rho log_delta above below both small.
  replace (- rho * log_delta) with (rho * - log_delta) by ring.
  apply dp_of_line; auto using laws_measures. intros z positive.
  replace (rho + z * rho) with ((1 + z) * rho) by ring. apply small. lra.
Qed.
