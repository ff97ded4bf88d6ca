(* The formula of `rdp.to_dp_improved` and those of its assumptions that compare numbers,
   as the accountants evaluate them. Made by `python -m dpaccount.proving.coq`; do not edit. *)

From Coq Require Import Reals List.
From DP Require Import Sums.
Import ListNotations.
Open Scope R_scope.

Definition formula (divergence : R) (order_minus_one : R) (log_delta : R) : R :=
  divergence + (ln order_minus_one - ln (1 + order_minus_one)) - (log_delta + ln (1 +
  order_minus_one)) / order_minus_one.

(* Assumption 1: order > 1. *)

Definition assumption_1 (order_minus_one : R) : Prop :=
  order_minus_one > 0.

(* Assumption 2: 0 < delta < 1. *)

Definition assumption_2 (log_delta : R) : Prop :=
  log_delta < 0.
