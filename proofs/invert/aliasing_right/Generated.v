(* The formula of `invert.aliasing_right` and those of its assumptions that compare numbers,
   as the accountants evaluate them. Made by `python -m dpaccount.proving.coq`; do not edit. *)

From Coq Require Import Reals List.
From DP Require Import Sums.
Import ListNotations.
Open Scope R_scope.

Definition formula (c : R) (beyond : R) (height : R) (transform : R) : R :=
  transform / (exp (2 * PI * (beyond - c) / height) - 1).

(* Assumption 1: c' > c > 1. *)

Definition assumption_1 (c : R) (beyond : R) : Prop :=
  (beyond > c) /\ (c > 1).

(* Assumption 2: h > 0. *)

Definition assumption_2 (height : R) : Prop :=
  height > 0.
