(* Releases in groups of equal divergence, each chosen by all outputs before it: their Renyi
   divergences of one order add to the formula. *)
(* Arguments: (divergences_steps : list (R * R)). *)
From Coq Require Import Reals List Lra Psatz.
From DP Require Import Sums Finite Adaptive.
Require Import Here.Generated.
Import ListNotations.
Open Scope R_scope.

Theorem proved :
  forall (A : Type) (M : list A -> pair A) (order : R) (groups : list (R * nat)),
    (forall h, laws (M h)) ->
    (forall h, (length h < length (releases groups))%nat ->
      renyi order (nth (length h) (releases groups) 0) (M h)) ->
    renyi order (formula (counted groups)) (run M (length (releases groups))).
Proof.
  intros A M order groups both each. unfold formula.
  rewrite <- (total_releases (fun r => r)), <- (total_nth _ _ 0).
  apply renyi_run with (r := fun i => nth i (releases groups) 0); auto using laws_measures.
Qed.
