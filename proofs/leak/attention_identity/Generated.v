(* The formula of `leak.attention_identity` and those of its assumptions that compare numbers,
   as the accountants evaluate them. Made by `python -m dpaccount.proving.coq`; do not edit. *)

From Coq Require Import Reals List.
From DP Require Import Sums.
Import ListNotations.
Open Scope R_scope.

(* Assumption 1: no path from the tokens to the loss that goes around the products. *)

Definition assumption_1 (other_paths : nat) : Prop :=
  (other_paths = 0)%nat.

(* Assumption 2: one example. *)

Definition assumption_2 (examples : nat) : Prop :=
  (examples = 1)%nat.
