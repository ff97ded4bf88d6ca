(* Releases, each chosen by all outputs before it: their rho add to the formula. *)
(* Arguments: (rhos : list R). *)
From Coq Require Import Reals List Lra Psatz.
From DP Require Import Sums Finite Adaptive.
Require Import Here.Generated.
Import ListNotations.
Open Scope R_scope.

Theorem proved :
  forall (A : Type) (M : list A -> pair A) (rhos : list R),
    (forall h, laws (M h)) ->
    (forall h, (length h < length rhos)%nat -> zcdp (nth (length h) rhos 0) (M h)) ->
    zcdp (formula rhos) (run M (length rhos)).
Proof.
  intros A M rhos both each order above. unfold formula.
  rewrite <- total_scale, <- (total_nth _ _ 0).
  apply renyi_run with (r := fun i => order * nth i rhos 0); [auto using laws_measures|].
  intros h early. apply each; assumption.
Qed.
