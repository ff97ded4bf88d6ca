(* A test's true positive rate, from its false positive rate and one (eps, delta). *)
From Coq Require Import Reals List Lra Psatz.
From DP Require Import Sums Finite Convex.
Require Import Here.Generated.
Import ListNotations.
Open Scope R_scope.

Theorem proved :
  (forall rate eps delta, 0 < rate -> 0 < delta ->
    exp (formula (ln rate) eps (ln delta)) = exp eps * rate + delta) /\
  forall (A : Type) (d : pair A) (test : A -> R) (eps delta : R),
    (forall x, 0 <= test x <= 1) -> 0 < delta -> dp eps delta d ->
    0 < mean (points d) (Q d) test ->
    mean (points d) (P d) test <= exp (formula (ln (mean (points d) (Q d) test)) eps (ln delta)).
Proof.
  assert (point : forall rate eps delta, 0 < rate -> 0 < delta ->
    exp (formula (ln rate) eps (ln delta)) = exp eps * rate + delta).
  { intros rate eps delta rate_above delta_above. unfold formula.
    rewrite exp_log_sum, exp_plus, !exp_ln by assumption. ring. }
  split; [exact point|].
  intros A d test eps delta share slack private seen. rewrite point by assumption.
  apply dp_test; assumption.
Qed.
