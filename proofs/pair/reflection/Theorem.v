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
  rewrite <- one_Q at 1. rewrite <- (Rmult_1_r (exp eps)) at 2. rewrite <- one_P, <- !total_scale.
  rewrite <- total_minus, <- total_plus. apply total_ext. intros x _.
  assert (whole : exp eps * exp (- eps) = 1) by (rewrite <- exp_plus, Rplus_opp_r; apply exp_0).
  pose proof (exp_pos eps).
  replace (Q d x - exp eps * P d x) with (- (exp eps * (P d x - exp (- eps) * Q d x))) by
    (ring_simplify; rewrite (Rmult_comm _ (Q d x)), Rmult_assoc, (Rmult_comm (exp (- eps))); nra).
  unfold Rmax. repeat destruct (Rle_dec 0 _); nra.
Qed.
