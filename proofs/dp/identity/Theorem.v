(* A mechanism whose output does not depend on the data is (0, 0)-DP. *)
From Coq Require Import Reals List Lra.
From DP Require Import Sums Finite.
Open Scope R_scope.

Theorem proved :
  forall (A : Type) (d : pair A), (forall x, In x (points d) -> P d x = Q d x) -> dp 0 0 d.
Proof.
  intros A d same E. rewrite exp_0. right. rewrite Rmult_1_l, Rplus_0_r.
  apply total_ext. intros x listed. rewrite same by exact listed. reflexivity.
Qed.
