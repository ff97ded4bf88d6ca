(* The formula of `dp.gaussian_monotone` and those of its assumptions that compare numbers,
   as the accountants evaluate them. Made by `python -m dpaccount.proving.coq`; do not edit. *)

From Coq Require Import Reals List.
From DP Require Import Sums.
Import ListNotations.
Open Scope R_scope.

Definition formula (mu : R) (epsilon : R) : R :=
  exp (- (mu / 2 - epsilon / mu) * (mu / 2 - epsilon / mu) / 2) / sqrt (2 * PI).

(* Assumption 1: mu > 0. *)

Definition assumption_1 (mu : R) : Prop :=
  mu > 0.
