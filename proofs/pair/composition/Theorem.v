(* Releases, each dominated by its own pair whatever came out before: the product of the pairs
   dominates all of them together. The pairs may be reversed, so each direction is covered. *)
From Coq Require Import Reals List Lra Lia.
From DP Require Import Sums Finite Adaptive Dominance.
Open Scope R_scope.

Lemma weighted_below {A B : Type} (M : list A -> pair A) (D : nat -> pair B) k :
  (forall h, laws (M h)) -> (forall i, laws (D i)) ->
  (forall h, (length h < k)%nat -> dominates (D (length h)) (M h)) ->
  forall a b, 0 <= a -> weighted a b (run M k) <= weighted a b (product D k).
Proof.
  intros laws_M laws_D. induction k as [|k IH]; intros over a b above.
  - right. reflexivity.
  - rewrite weighted_product. unfold weighted at 1. rewrite total_run.
    apply Rle_trans with (total (fun h =>
      weighted (a * P (run M k) h) (b * Q (run M k) h) (D k)) (points (run M k))).
    + apply total_le. intros h before. pose proof (length_run M k h before) as long.
      destruct (laws_run M laws_M k) as [[above_P _] _].
      refine (Rle_trans _ _ _ _ (dominates_weighted (D k) (M h) _ _ (laws_D k) (laws_M h) _ _)).
      * right. apply total_ext. intros x _. simpl. f_equal. ring.
      * rewrite <- long. apply over. lia.
      * apply Rmult_le_pos; auto.
    + unfold weighted at 1. rewrite total_swap. apply total_le. intros x here.
      destruct (laws_D k) as [[above_P _] _].
      refine (Rle_trans _ _ _ _ (IH _ (a * P (D k) x) (b * Q (D k) x) _)).
      * right. apply total_ext. intros h _. f_equal. ring.
      * intros h early. apply over. lia.
      * apply Rmult_le_pos; auto.
Qed.

Theorem proved :
  forall (A B : Type) (M : list A -> pair A) (D : nat -> pair B) (k : nat),
    (forall h, laws (M h)) -> (forall i, laws (D i)) ->
    (forall h, (length h < k)%nat -> dominates (D (length h)) (M h)) ->
    dominates (product D k) (run M k).
Proof.
  intros A B M D k laws_M laws_D over eps. rewrite !hockey_weighted.
  apply weighted_below; auto. lra.
Qed.
