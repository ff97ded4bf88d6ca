(* The formula of `invert.chernoff` and those of its assumptions that compare numbers,
   as the accountants evaluate them. Made by `python -m dpaccount.proving.coq`; do not edit. *)

From Coq Require Import Reals List.
From DP Require Import Sums.
Import ListNotations.
Open Scope R_scope.

Definition formula (c : R) : R :=
  exp ((c - 1) * ln (1 + - 1 / c)) / c.

(* Assumption 1: c > 1. *)

Definition assumption_1 (c : R) : Prop :=
  c > 1.
