(* The largest difference of true and false positive rate is delta(0). *)
From Coq Require Import Reals List Lra Psatz.
From DP Require Import Sums Finite.
Require Import Here.Generated.
Import ListNotations.
Open Scope R_scope.

Theorem proved :
  forall (A : Type) (d : pair A),
    (forall E, prob (points d) (P d) E - prob (points d) (Q d) E <= hockey 0 d) /\
    exists E, prob (points d) (P d) E - prob (points d) (Q d) E = hockey 0 d.
Proof.
  intros A d. split.
  - intros E. pose proof (proj2 (dp_hockey 0 (hockey 0 d) d) (Rle_refl _) E) as bound.
    rewrite exp_0 in bound. lra.
  - exists (fun x => if Rle_dec 0 (P d x - exp 0 * Q d x) then true else false).
    unfold prob, hockey. rewrite <- total_minus. apply total_ext. intros x _.
    rewrite exp_0, Rmult_1_l. unfold Rmax. destruct (Rle_dec 0 _); lra.
Qed.
