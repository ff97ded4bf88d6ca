(* The formula of `sgd.nonconvex` and those of its assumptions that compare numbers,
   as the accountants evaluate them. Made by `python -m dpaccount.proving.coq`; do not edit. *)

From Coq Require Import Reals List.
From DP Require Import Sums.
Import ListNotations.
Open Scope R_scope.

Definition formula (gap : R) (smoothness : R) (learning_rate : R) (variance : R) (steps : nat) : R :=
  2 * gap / (learning_rate * INR steps * (2 - learning_rate * smoothness)) + learning_rate *
  smoothness * variance / (2 - learning_rate * smoothness).

(* Assumption 1: 0 < eta < 2/L. *)

Definition assumption_1 (learning_rate : R) (smoothness : R) : Prop :=
  (learning_rate > 0) /\ ((learning_rate * smoothness > 0) /\ (learning_rate * smoothness < 2)).

(* Assumption 2: a gap and a V that are not negative. *)

Definition assumption_2 (gap : R) (variance : R) : Prop :=
  (gap >= 0) /\ (variance >= 0).

(* Assumption 3: an integer number of steps >= 1. *)

(* It is not a comparison of numbers and has no definition. *)
