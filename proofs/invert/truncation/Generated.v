(* The formula of `invert.truncation` and those of its assumptions that compare numbers,
   as the accountants evaluate them. Made by `python -m dpaccount.proving.coq`; do not edit. *)

From Coq Require Import Reals List.
From DP Require Import Sums.
Import ListNotations.
Open Scope R_scope.

Definition formula (bound : R) (top : R) : R :=
  bound / (PI * top).

(* Assumption 1: t_K > 0. *)

Definition assumption_1 (top : R) : Prop :=
  top > 0.
