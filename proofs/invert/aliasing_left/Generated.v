(* The formula of `invert.aliasing_left` and those of its assumptions that compare numbers,
   as the accountants evaluate them. Made by `python -m dpaccount.proving.coq`; do not edit. *)

From Coq Require Import Reals List.
From DP Require Import Sums.
Import ListNotations.
Open Scope R_scope.

Definition formula (c : R) (height : R) : R :=
  1 / (exp (2 * PI * (c - 1) / height) - 1).

(* Assumption 1: c > 1. *)

Definition assumption_1 (c : R) : Prop :=
  c > 1.

(* Assumption 2: h > 0. *)

Definition assumption_2 (height : R) : Prop :=
  height > 0.
