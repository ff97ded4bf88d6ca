(* The formula of `dp.gaussian_exact` and those of its assumptions that compare numbers,
   as the accountants evaluate them. Made by `python -m dpaccount.proving.coq`; do not edit. *)

From Coq Require Import Reals List.
From DP Require Import Sums.
Import ListNotations.
Open Scope R_scope.

Definition formula (ncdf : R -> R) (mu : R) (epsilon : R) : R :=
  ncdf (mu / 2 - epsilon / mu) - exp epsilon * ncdf (- mu / 2 - epsilon / mu).
