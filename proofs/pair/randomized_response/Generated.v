(* The formula of `pair.randomized_response` and those of its assumptions that compare numbers,
   as the accountants evaluate them. Made by `python -m dpaccount.proving.coq`; do not edit. *)

From Coq Require Import Reals List.
From DP Require Import Sums.
Import ListNotations.
Open Scope R_scope.

Definition formula (truth : R) (answers : nat) : R :=
  truth * (INR answers - 1) / (1 - truth).

(* Assumption 1: 1/k < p < 1. *)

Definition assumption_1 (truth : R) (answers : nat) : Prop :=
  (truth * INR answers > 1) /\ (truth < 1).
