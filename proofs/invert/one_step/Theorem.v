(* delta of one Poisson-sampled release, to remove, on finitely many outputs. *)
From Coq Require Import Reals Lra Psatz List.
From DP Require Import Sums Finite.
Require Import Here.Generated.
Open Scope R_scope.

(* The release with the record, after sampling, against the one without it. *)
Definition sampled {A} (q : R) (d : pair A) : pair A :=
  Pair (points d) (fun x => (1 - q) * Q d x + q * P d x) (Q d).

Lemma maximum_times q x : 0 <= q -> Rmax 0 (q * x) = q * Rmax 0 x.
Proof. intros H. rewrite <- (Rmult_0_r q) at 1. now apply RmaxRmult. Qed.

Theorem proved :
  (forall q eps, assumption_1 q eps <-> 1 - q < exp eps) /\
  forall (A : Type) (d : pair A) (q eps : R),
    laws d -> 0 < q <= 1 ->
    (assumption_1 q eps -> hockey eps (sampled q d) = q * hockey (formula q eps) d) /\
    (~ assumption_1 q eps -> hockey eps (sampled q d) = 1 - exp eps).
Proof.
  split; [intros; unfold assumption_1; lra|].
  intros A d q eps.
  intros [[p0 p1] [q0 q1]] range. unfold assumption_1, hockey, sampled. simpl. split.
  - intros inside. rewrite <- total_scale. apply total_ext. intros x _.
    rewrite <- maximum_times by lra. f_equal.
    unfold formula. rewrite exp_ln.
    + field. lra.
    + assert (E : 1 + (exp eps - 1) / q = (q + (exp eps - 1)) / q) by (field; lra).
      rewrite E. apply Rdiv_lt_0_compat; lra.
  - intros outside.
    rewrite (total_ext _ (fun x => ((1 - q) * Q d x + q * P d x) - exp eps * Q d x)).
    + rewrite total_minus, total_plus, !total_scale, p1, q1. ring.
    + intros x I. apply Rmax_right. specialize (p0 x I). specialize (q0 x I). nra.
Qed.
