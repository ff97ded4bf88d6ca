(* Releases that are (eps_i, delta_i)-DP, each chosen by all outputs before it: the formula adds
   the eps_i, and it adds the delta_i. *)
(* Arguments: (values : list R). *)
From Coq Require Import Reals List Lra Psatz.
From DP Require Import Sums Finite Adaptive.
Require Import Here.Generated.
Import ListNotations.
Open Scope R_scope.

Theorem proved :
  forall (A : Type) (M : list A -> pair A) (budgets : list (R * R)),
    (forall h, laws (M h)) ->
    (forall h, (length h < length budgets)%nat ->
      dp (fst (nth (length h) budgets (0, 0))) (snd (nth (length h) budgets (0, 0))) (M h)) ->
    dp (formula (map fst budgets)) (formula (map snd budgets)) (run M (length budgets)).
Proof.
  intros A M budgets both each. unfold formula. rewrite !total_map, <- !(total_nth _ _ (0, 0)).
  apply dp_run with (e := fun i => fst (nth i budgets (0, 0)))
    (s := fun i => snd (nth i budgets (0, 0))); assumption.
Qed.
