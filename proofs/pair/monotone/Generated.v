(* The formula of `pair.monotone` and those of its assumptions that compare numbers,
   as the accountants evaluate them. Made by `python -m dpaccount.proving.coq`; do not edit. *)

From Coq Require Import Reals List.
From DP Require Import Sums.
Import ListNotations.
Open Scope R_scope.
