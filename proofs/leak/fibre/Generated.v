(* The formula of `leak.fibre` and those of its assumptions that compare numbers,
   as the accountants evaluate them. Made by `python -m dpaccount.proving.coq`; do not edit. *)

From Coq Require Import Reals List.
From DP Require Import Sums.
Import ListNotations.
Open Scope R_scope.

Definition formula (factorial : R -> R) (multiplicities : list nat) : R :=
  IZR (Int_part (factorial (total (fun x2a => INR x2a) multiplicities) / multiplied (fun x1a =>
  factorial (INR x1a)) multiplicities)).

(* Assumption 1: no positions. *)

Definition assumption_1 (positions : R) : Prop :=
  positions = 0.

(* Assumption 2: no mask. *)

Definition assumption_2 (masked : R) : Prop :=
  masked = 0.

(* Assumption 3: a loss that is symmetric in the last vectors of the group. *)

Definition assumption_3 (outputs_differ : R) : Prop :=
  outputs_differ = 0.

(* Assumption 4: integer multiplicities >= 1. *)

(* It is not a comparison of numbers and has no definition. *)
