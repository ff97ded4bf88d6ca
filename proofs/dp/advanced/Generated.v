(* The formula of `dp.advanced` and those of its assumptions that compare numbers,
   as the accountants evaluate them. Made by `python -m dpaccount.proving.coq`; do not edit. *)

From Coq Require Import Reals List.
From DP Require Import Sums.
Import ListNotations.
Open Scope R_scope.

Definition formula (epsilons_steps : list (R * R)) (log_slack : R) : R :=
  sqrt (- 2 * log_slack * total (fun '(x1a, x1b) => x1b * x1a * x1a) epsilons_steps) + total (fun
  '(x2a, x2b) => x2b * x2a * (exp x2a - 1)) epsilons_steps.

(* Assumption 1: 0 < delta' < 1. *)

Definition assumption_1 (log_slack : R) : Prop :=
  log_slack < 0.
