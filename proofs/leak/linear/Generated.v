(* The formula of `leak.linear` and those of its assumptions that compare numbers,
   as the accountants evaluate them. Made by `python -m dpaccount.proving.coq`; do not edit. *)

From Coq Require Import Reals List.
From DP Require Import Sums.
Import ListNotations.
Open Scope R_scope.

Definition formula (weight_gradient : R) (bias_gradient : R) : R :=
  weight_gradient / bias_gradient.

(* Assumption 1: a bias gradient that is not 0. *)

Definition assumption_1 (bias_gradient : R) : Prop :=
  Rabs bias_gradient > 0.
