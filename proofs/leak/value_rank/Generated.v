(* The formula of `leak.value_rank` and those of its assumptions that compare numbers,
   as the accountants evaluate them. Made by `python -m dpaccount.proving.coq`; do not edit. *)

From Coq Require Import Reals List.
From DP Require Import Sums.
Import ListNotations.
Open Scope R_scope.

Definition formula (tokens : nat) (heads : nat) : R :=
  (INR (tokens + heads) - Rabs (INR tokens - INR heads)) / 2.

(* Assumption 1: an integer number of tokens >= 1. *)

(* It is not a comparison of numbers and has no definition. *)

(* Assumption 2: an integer number of heads >= 1. *)

(* It is not a comparison of numbers and has no definition. *)

(* Assumption 3: a loss of the mean of attention's outputs alone. *)

Definition assumption_3 (outputs_differ : R) : Prop :=
  outputs_differ = 0.
