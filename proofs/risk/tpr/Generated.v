(* The formula of `risk.tpr` and those of its assumptions that compare numbers,
   as the accountants evaluate them. Made by `python -m dpaccount.proving.coq`; do not edit. *)

From Coq Require Import Reals List.
From DP Require Import Sums.
Import ListNotations.
Open Scope R_scope.

Definition formula (log_rate : R) (epsilon : R) (log_delta : R) : R :=
  Rmax (log_rate + epsilon) log_delta + ln (1 + exp (Rmin (log_rate + epsilon) log_delta - Rmax
  (log_rate + epsilon) log_delta)).
