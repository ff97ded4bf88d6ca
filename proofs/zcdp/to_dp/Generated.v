(* The formula of `zcdp.to_dp` and those of its assumptions that compare numbers,
   as the accountants evaluate them. Made by `python -m dpaccount.proving.coq`; do not edit. *)

From Coq Require Import Reals List.
From DP Require Import Sums.
Import ListNotations.
Open Scope R_scope.

Definition formula (rho : R) (log_delta : R) : R :=
  rho + 2 * sqrt (- rho * log_delta).

(* Assumption 1: 0 < delta < 1. *)

Definition assumption_1 (log_delta : R) : Prop :=
  log_delta < 0.
