(* The formula of `invert.one_step` and those of its assumptions that compare numbers,
   as the accountants evaluate them. Made by `python -m dpaccount.proving.coq`; do not edit. *)

From Coq Require Import Reals List.
From DP Require Import Sums.
Import ListNotations.
Open Scope R_scope.

Definition formula (sampling_rate : R) (epsilon : R) : R :=
  ln (1 + (exp epsilon - 1) / sampling_rate).

(* Assumption 1: e^eps > 1 - q. *)

Definition assumption_1 (sampling_rate : R) (epsilon : R) : Prop :=
  exp epsilon - 1 > - sampling_rate.
