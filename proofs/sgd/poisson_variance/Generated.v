(* The formula of `sgd.poisson_variance` and those of its assumptions that compare numbers,
   as the accountants evaluate them. Made by `python -m dpaccount.proving.coq`; do not edit. *)

From Coq Require Import Reals List.
From DP Require Import Sums.
Import ListNotations.
Open Scope R_scope.

Definition formula (sampling_rate : R) (dataset_size : R) (squares : R) : R :=
  (1 - sampling_rate) * squares / (sampling_rate * dataset_size * dataset_size).

(* Assumption 1: 0 < q <= 1. *)

Definition assumption_1 (sampling_rate : R) : Prop :=
  (sampling_rate > 0) /\ (sampling_rate <= 1).

(* Assumption 2: at least one record. *)

(* It is not a comparison of numbers and has no definition. *)

(* Assumption 3: a sum of squares that is not negative. *)

Definition assumption_3 (squares : R) : Prop :=
  squares >= 0.
