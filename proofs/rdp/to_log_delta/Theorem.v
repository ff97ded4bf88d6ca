(* delta(eps) is at most e^formula, from the moment of one order, at every real eps. *)
From Coq Require Import Reals List Lra Psatz.
From DP Require Import Sums Finite Convex.
Require Import Here.Generated.
Import ListNotations.
Open Scope R_scope.

Theorem proved :
  (forall z, assumption_1 z <-> 0 < z) /\
  forall (A : Type) (d : pair A) (order log_moment eps : R),
    assumption_1 (order - 1) -> laws d -> continuous d -> moment order d <= exp log_moment ->
    hockey eps d <= exp (formula log_moment (order - 1) eps).
Proof.
  unfold assumption_1, formula. split; [intros; lra|].
  intros A d order log_moment eps above both bounded small. set (z := order - 1) in *.
  refine (Rle_trans _ _ _ (hockey_from_moment order
    (exp (z * (ln z - ln (1 + z)) - ln (1 + z))) _ d _ _ (laws_measures d both) bounded) _).
  - apply Rlt_le, exp_pos.
  - intros u. apply best_constant. exact above.
  - refine (Rle_trans _ _ _ (Rmult_le_compat_l _ _ _ _ small) _).
    + apply Rmult_le_pos; apply Rlt_le, exp_pos.
    + rewrite <- !exp_plus. right. f_equal. fold z. ring.
Qed.
