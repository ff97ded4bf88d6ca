(* The formula of `risk.membership` and those of its assumptions that compare numbers,
   as the accountants evaluate them. Made by `python -m dpaccount.proving.coq`; do not edit. *)

From Coq Require Import Reals List.
From DP Require Import Sums.
Import ListNotations.
Open Scope R_scope.

Definition formula (prior : R) (delta : R) : R :=
  1 - prior + prior * delta.

(* Assumption 1: a chance p of membership that is in (0, 1). *)

Definition assumption_1 (prior : R) : Prop :=
  (prior > 0) /\ (prior < 1).

(* Assumption 2: the direction REMOVE: the law with the record against the law without it. *)

(* It is not a comparison of numbers and has no definition. *)
