(* The formula of `dp.amplification_poisson` and those of its assumptions that compare numbers,
   as the accountants evaluate them. Made by `python -m dpaccount.proving.coq`; do not edit. *)

From Coq Require Import Reals List.
From DP Require Import Sums.
Import ListNotations.
Open Scope R_scope.

Definition formula (epsilon : R) (sampling_rate : R) : R :=
  ln (1 + sampling_rate * (exp epsilon - 1)).

(* Assumption 1: eps >= 0. *)

Definition assumption_1 (eps : R) : Prop :=
  eps >= 0.
