(* The formula of `pld.tilted` and those of its assumptions that compare numbers,
   as the accountants evaluate them. Made by `python -m dpaccount.proving.coq`; do not edit. *)

From Coq Require Import Reals List.
From DP Require Import Sums.
Import ListNotations.
Open Scope R_scope.

Definition formula (tilt : R) (above : R) : R :=
  exp (- tilt * above) * - (exp (- above) - 1).

(* Assumption 1: l > eps. *)

Definition assumption_1 (above : R) : Prop :=
  above > 0.
