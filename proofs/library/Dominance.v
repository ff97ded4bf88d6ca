(* One pair dominates another: its hockey stick is nowhere lower. *)
From Coq Require Import Reals List Lra Psatz Lia.
From DP Require Import Sums Finite Adaptive.
Import ListNotations.
Open Scope R_scope.

Definition dominates {A B : Type} (D : pair A) (d : pair B) : Prop :=
  forall eps, hockey eps d <= hockey eps D.

(* The hockey stick with a weight on each side. *)
Definition weighted {A : Type} (a b : R) (d : pair A) : R :=
  total (fun x => Rmax 0 (a * P d x - b * Q d x)) (points d).

Lemma hockey_weighted {A : Type} eps (d : pair A) : hockey eps d = weighted 1 (exp eps) d.
Proof. apply total_ext. intros x _. f_equal. ring. Qed.

Lemma Rmax_scale c t : 0 <= c -> Rmax 0 (c * t) = c * Rmax 0 t.
Proof. intros above. unfold Rmax. repeat destruct (Rle_dec _ _); nra. Qed.

Lemma weighted_scale {A : Type} c a b (d : pair A) :
  0 <= c -> weighted (c * a) (c * b) d = c * weighted a b d.
Proof.
  intros above. unfold weighted. rewrite <- total_scale. apply total_ext. intros x _.
  rewrite <- Rmax_scale by exact above. f_equal. ring.
Qed.

(* Where one weight has the wrong sign nothing is left to compare. *)
Lemma weighted_none {A : Type} a b (d : pair A) :
  measures d -> a <= 0 -> 0 <= b -> weighted a b d = 0.
Proof.
  intros [above_P above_Q] first second. unfold weighted.
  rewrite (total_ext _ (fun x => 0 * P d x)); [rewrite total_scale; ring|].
  intros x listed. specialize (above_P x listed). specialize (above_Q x listed).
  unfold Rmax. destruct (Rle_dec _ _); nra.
Qed.

Lemma weighted_all {A : Type} a b (d : pair A) :
  laws d -> 0 <= a -> b <= 0 -> weighted a b d = a - b.
Proof.
  intros [[above_P one_P] [above_Q one_Q]] first second. unfold weighted.
  rewrite (total_ext _ (fun x => a * P d x + - b * Q d x)).
  - rewrite total_plus, !total_scale, one_P, one_Q. ring.
  - intros x listed. specialize (above_P x listed). specialize (above_Q x listed).
    unfold Rmax. destruct (Rle_dec _ _); nra.
Qed.

Lemma dominates_weighted {A B : Type} (D : pair A) (d : pair B) a b :
  laws D -> laws d -> dominates D d -> 0 <= a -> weighted a b d <= weighted a b D.
Proof.
  intros laws_D laws_d over first. destruct (Rle_dec b 0) as [below | above].
  - rewrite !weighted_all by assumption. lra.
  - destruct first as [positive | <-].
    + replace a with (a * 1) by ring. replace b with (a * exp (ln (b / a))).
      * rewrite !weighted_scale, <- !hockey_weighted by lra.
        apply Rmult_le_compat_l; [lra | apply over].
      * rewrite exp_ln by (apply Rdiv_lt_0_compat; lra). field. lra.
    + rewrite !weighted_none by (try apply laws_measures; auto; lra). lra.
Qed.

(* A run whose releases do not depend on the history is a product. *)
Definition product {A : Type} (D : nat -> pair A) (k : nat) : pair (list A) :=
  run (fun h => D (length h)) k.

Lemma weighted_product {A : Type} (D : nat -> pair A) a b k :
  weighted a b (product D (S k)) =
  total (fun x => weighted (a * P (D k) x) (b * Q (D k) x) (product D k)) (points (D k)).
Proof.
  unfold weighted, product. rewrite total_run, <- total_swap. apply total_ext. intros h before.
  rewrite (length_run _ k h before). apply total_ext. intros x _. simpl.
  rewrite (length_run _ k h before). f_equal. ring.
Qed.
