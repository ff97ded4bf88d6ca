(* The formula of `rdp.mixture` and those of its assumptions that compare numbers,
   as the accountants evaluate them. Made by `python -m dpaccount.proving.coq`; do not edit. *)

From Coq Require Import Reals List.
From DP Require Import Sums.
Import ListNotations.
Open Scope R_scope.

Definition formula (moment : R) (sampling_rate : R) : R :=
  if Rgt_dec moment 600 then Rmax (ln sampling_rate + moment) 0 + ln (1 + exp (- Rabs (ln
  sampling_rate + moment))) else ln (1 + sampling_rate * (exp moment - 1)).
