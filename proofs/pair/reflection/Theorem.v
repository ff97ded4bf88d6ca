(* The hockey stick of the reversed pair. *)
From Coq Require Import Reals List Lra Psatz.
From DP Require Import Sums Finite.
Require Import Here.Generated.
Import ListNotations.
Open Scope R_scope.

Theorem proved :
  forall (A : Type) (d : pair A) (eps : R),
    laws d -> hockey eps (swap d) = 1 - exp eps + exp eps * hockey (- eps) d.
Proof.
  intros A d eps [[_ one_P] [_ one_Q]]. unfold hockey, swap. simpl.
  transitivity (total (fun x =>
    Q d x - exp eps * P d x + exp eps * Rmax 0 (P d x - exp (- eps) * Q d x)) (points d)).
  - apply total_ext. intros x _. pose proof (exp_pos eps).
    assert (whole : exp eps * exp (- eps) = 1) by (rewrite <- exp_plus, Rplus_opp_r; apply exp_0).
    assert (sides : exp eps * (P d x - exp (- eps) * Q d x) = exp eps * P d x - Q d x).
    { transitivity (exp eps * P d x - exp eps * exp (- eps) * Q d x); [ring|]. rewrite whole. ring. }
    unfold Rmax. repeat destruct (Rle_dec 0 _); nra.
  - rewrite total_plus, total_minus, !total_scale, one_P, one_Q. ring.
Qed.
