(* The formula of `rdp.gaussian_optimal_order` and those of its assumptions that compare numbers,
   as the accountants evaluate them. Made by `python -m dpaccount.proving.coq`; do not edit. *)

From Coq Require Import Reals List.
From DP Require Import Sums.
Import ListNotations.
Open Scope R_scope.

Definition formula (mu_squared : R) (log_delta : R) : R :=
  1 + sqrt (- 2 * log_delta / mu_squared).

(* Assumption 1: mu > 0. *)

Definition assumption_1 (mu_squared : R) : Prop :=
  mu_squared > 0.

(* Assumption 2: 0 < delta < 1. *)

Definition assumption_2 (log_delta : R) : Prop :=
  log_delta < 0.
