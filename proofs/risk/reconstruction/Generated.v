(* The formula of `risk.reconstruction` and those of its assumptions that compare numbers,
   as the accountants evaluate them. Made by `python -m dpaccount.proving.coq`; do not edit. *)

From Coq Require Import Reals List.
From DP Require Import Sums.
Import ListNotations.
Open Scope R_scope.

Definition formula (log_rate : R) (epsilon : R) (log_delta : R) : R :=
  Rmax (log_rate + epsilon) log_delta + ln (1 + exp (Rmin (log_rate + epsilon) log_delta - Rmax
  (log_rate + epsilon) log_delta)).

(* Assumption 1: a chance k of guessing right that is in (0, 1]. *)

Definition assumption_1 (prior : R) : Prop :=
  (prior > 0) /\ (prior <= 1).

(* Assumption 2: the direction REMOVE: the law with the record against the law without it. *)

(* It is not a comparison of numbers and has no definition. *)
