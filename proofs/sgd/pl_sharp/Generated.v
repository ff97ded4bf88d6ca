(* The formula of `sgd.pl_sharp` and those of its assumptions that compare numbers,
   as the accountants evaluate them. Made by `python -m dpaccount.proving.coq`; do not edit. *)

From Coq Require Import Reals List.
From DP Require Import Sums.
Import ListNotations.
Open Scope R_scope.

Definition formula (gap : R) (convexity : R) (smoothness : R) (learning_rate : R) (variance : R) (steps : nat) : R :=
  (1 - learning_rate * convexity * (2 - learning_rate * smoothness)) ^ steps * gap + learning_rate
  * smoothness * variance * (1 - (1 - learning_rate * convexity * (2 - learning_rate *
  smoothness)) ^ steps) / (2 * convexity * (2 - learning_rate * smoothness)).

(* Assumption 1: 0 < mu <= L. *)

Definition assumption_1 (convexity : R) (smoothness : R) : Prop :=
  (convexity > 0) /\ (convexity <= smoothness).

(* Assumption 2: 0 < eta < 2/L. *)

Definition assumption_2 (learning_rate : R) (smoothness : R) : Prop :=
  (learning_rate * smoothness > 0) /\ (learning_rate * smoothness < 2).

(* Assumption 3: a gap and a V that are not negative. *)

Definition assumption_3 (gap : R) (variance : R) : Prop :=
  (gap >= 0) /\ (variance >= 0).

(* Assumption 4: an integer number of steps >= 0. *)

(* It is not a comparison of numbers and has no definition. *)
