(* The formula of `leak.span_union` and those of its assumptions that compare numbers,
   as the accountants evaluate them. Made by `python -m dpaccount.proving.coq`; do not edit. *)

From Coq Require Import Reals List.
From DP Require Import Sums.
Import ListNotations.
Open Scope R_scope.

Definition formula (rank_of_outer : nat) : R :=
  INR rank_of_outer.

(* Assumption 1: an integer number of tokens >= 1. *)

(* It is not a comparison of numbers and has no definition. *)

(* Assumption 2: independent tokens. *)

Definition assumption_2 (dependent_tokens : nat) : Prop :=
  (dependent_tokens = 0)%nat.

(* Assumption 3: a rank of [dQ dK dV] from 0 to the number of tokens. *)

(* It is not a comparison of numbers and has no definition. *)
