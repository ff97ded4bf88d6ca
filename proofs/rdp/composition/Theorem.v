(* Releases in groups of equal divergence, each chosen by all outputs before it: their Renyi
   divergences of one order add to the formula. *)
(* Arguments: (divergences_steps : list (R * R)). *)
From Coq Require Import Reals List Lra Psatz.
From DP Require Import Sums Finite Adaptive.
Require Import Here.Generated.
Import ListNotations.
Open Scope R_scope.

(* The divergences of the single releases, in order. *)
Definition releases (groups : list (R * nat)) : list R :=
  flat_map (fun g => repeat (fst g) (snd g)) groups.

Definition counted (groups : list (R * nat)) : list (R * R) :=
  map (fun g => (fst g, INR (snd g))) groups.

Lemma formula_adds groups : formula (counted groups) = total (fun r => r) (releases groups).
Proof.
  unfold formula, counted, releases. rewrite total_map, total_flat_map.
  apply total_ext. intros [r n] _. rewrite total_repeat. reflexivity.
Qed.

Theorem proved :
  forall (A : Type) (M : list A -> pair A) (order : R) (groups : list (R * nat)),
    (forall h, laws (M h)) ->
    (forall h, (length h < length (releases groups))%nat ->
      renyi order (nth (length h) (releases groups) 0) (M h)) ->
    renyi order (formula (counted groups)) (run M (length (releases groups))).
Proof.
  intros A M order groups both each. rewrite formula_adds, <- (total_nth _ _ 0).
  apply renyi_run with (r := fun i => nth i (releases groups) 0); assumption.
Qed.
