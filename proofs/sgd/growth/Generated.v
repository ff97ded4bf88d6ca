(* The formula of `sgd.growth` and those of its assumptions that compare numbers,
   as the accountants evaluate them. Made by `python -m dpaccount.proving.coq`; do not edit. *)

From Coq Require Import Reals List.
From DP Require Import Sums.
Import ListNotations.
Open Scope R_scope.

Definition formula (distance_squared : R) (convexity : R) (smoothness : R) (learning_rate : R) (variance : R) (growth : R) (steps : nat) : R :=
  ((learning_rate * (smoothness - convexity) + Rabs (2 - learning_rate * (smoothness +
  convexity))) / 2 * ((learning_rate * (smoothness - convexity) + Rabs (2 - learning_rate *
  (smoothness + convexity))) / 2) + learning_rate * learning_rate * growth) ^ steps *
  distance_squared + learning_rate * learning_rate * variance * (1 - ((learning_rate * (smoothness
  - convexity) + Rabs (2 - learning_rate * (smoothness + convexity))) / 2 * ((learning_rate *
  (smoothness - convexity) + Rabs (2 - learning_rate * (smoothness + convexity))) / 2) +
  learning_rate * learning_rate * growth) ^ steps) / (1 - ((learning_rate * (smoothness -
  convexity) + Rabs (2 - learning_rate * (smoothness + convexity))) / 2 * ((learning_rate *
  (smoothness - convexity) + Rabs (2 - learning_rate * (smoothness + convexity))) / 2) +
  learning_rate * learning_rate * growth)).

(* Assumption 1: 0 < mu <= L. *)

Definition assumption_1 (convexity : R) (smoothness : R) : Prop :=
  (convexity > 0) /\ (convexity <= smoothness).

(* Assumption 2: eta > 0. *)

Definition assumption_2 (learning_rate : R) : Prop :=
  learning_rate > 0.

(* Assumption 3: eta W < mu (2 - eta mu) and eta W < L (2 - eta L), so that eta < 2/L and kappa < 1. *)

Definition assumption_3 (learning_rate : R) (growth : R) (convexity : R) (smoothness : R) : Prop :=
  (learning_rate * growth < convexity * (2 - learning_rate * convexity)) /\ (learning_rate *
  growth < smoothness * (2 - learning_rate * smoothness)).

(* Assumption 4: a squared distance, a V and a W that are not negative. *)

Definition assumption_4 (distance_squared : R) (variance : R) (growth : R) : Prop :=
  (distance_squared >= 0) /\ ((variance >= 0) /\ (growth >= 0)).

(* Assumption 5: an integer number of steps >= 0. *)

(* It is not a comparison of numbers and has no definition. *)
