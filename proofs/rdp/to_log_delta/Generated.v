(* The formula of `rdp.to_log_delta` and those of its assumptions that compare numbers,
   as the accountants evaluate them. Made by `python -m dpaccount.proving.coq`; do not edit. *)

From Coq Require Import Reals List.
From DP Require Import Sums.
Import ListNotations.
Open Scope R_scope.

Definition formula (moment : R) (order_minus_one : R) (epsilon : R) : R :=
  moment - order_minus_one * epsilon + order_minus_one * (ln order_minus_one - ln (1 +
  order_minus_one)) - ln (1 + order_minus_one).

(* Assumption 1: order > 1. *)

Definition assumption_1 (order_minus_one : R) : Prop :=
  order_minus_one > 0.
