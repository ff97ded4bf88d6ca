(* The formula of `leak.query_rank` and those of its assumptions that compare numbers,
   as the accountants evaluate them. Made by `python -m dpaccount.proving.coq`; do not edit. *)

From Coq Require Import Reals List.
From DP Require Import Sums.
Import ListNotations.
Open Scope R_scope.

Definition formula (tokens : nat) : R :=
  INR tokens - 1.

(* Assumption 1: an integer number of tokens >= 1. *)

(* It is not a comparison of numbers and has no definition. *)

(* Assumption 2: one head. *)

Definition assumption_2 (heads : nat) : Prop :=
  (heads = 1)%nat.
