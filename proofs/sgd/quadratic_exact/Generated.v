(* The formula of `sgd.quadratic_exact` and those of its assumptions that compare numbers,
   as the accountants evaluate them. Made by `python -m dpaccount.proving.coq`; do not edit. *)

From Coq Require Import Reals List.
From DP Require Import Sums.
Import ListNotations.
Open Scope R_scope.

Definition formula (start : R) (curvature : R) (learning_rate : R) (noise_std : R) (steps : nat) : R :=
  ((1 - learning_rate * curvature) * (1 - learning_rate * curvature)) ^ steps * start * start +
  learning_rate * learning_rate * noise_std * noise_std * (1 - ((1 - learning_rate * curvature) *
  (1 - learning_rate * curvature)) ^ steps) / (1 - (1 - learning_rate * curvature) * (1 -
  learning_rate * curvature)).

(* Assumption 1: 0 < eta lambda < 2. *)

Definition assumption_1 (learning_rate : R) (curvature : R) : Prop :=
  (learning_rate * curvature > 0) /\ (learning_rate * curvature < 2).

(* Assumption 2: a finite start and noise. *)

(* It is not a comparison of numbers and has no definition. *)

(* Assumption 3: an integer number of steps >= 0. *)

(* It is not a comparison of numbers and has no definition. *)
