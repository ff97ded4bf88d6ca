(* The formula of `sgd.convex` and those of its assumptions that compare numbers,
   as the accountants evaluate them. Made by `python -m dpaccount.proving.coq`; do not edit. *)

From Coq Require Import Reals List.
From DP Require Import Sums.
Import ListNotations.
Open Scope R_scope.

Definition formula (distance_squared : R) (gradient_squared : R) (learning_rate : R) (variance : R) (steps : nat) : R :=
  distance_squared / (2 * learning_rate * INR steps) + learning_rate * (gradient_squared +
  variance) / 2.

(* Assumption 1: eta > 0. *)

Definition assumption_1 (learning_rate : R) : Prop :=
  learning_rate > 0.

(* Assumption 2: a squared distance, a G^2 and a V that are not negative. *)

Definition assumption_2 (distance_squared : R) (gradient_squared : R) (variance : R) : Prop :=
  (distance_squared >= 0) /\ ((gradient_squared >= 0) /\ (variance >= 0)).

(* Assumption 3: an integer number of steps >= 1. *)

(* It is not a comparison of numbers and has no definition. *)
