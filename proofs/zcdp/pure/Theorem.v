(* A pair that is pure eps-DP in both directions is formula-zCDP. *)
From Coq Require Import Reals List Lra Psatz.
From DP Require Import Sums Finite Pure.
Require Import Here.Generated.
Import ListNotations.
Open Scope R_scope.

Theorem proved :
  forall (A : Type) (d : pair A) (eps : R),
    0 <= eps -> laws d -> dp eps 0 d -> dp eps 0 (swap d) -> zcdp (formula eps) d.
Proof.
  intros A d eps above both forward backward order larger. unfold formula.
  replace (eps ^ 2) with (eps * eps) by ring.
  pose proof (laws_measures d both) as two. destruct both as [[_ one_P] [_ one_Q]].
  apply pure_renyi; auto; try lra.
  - apply pure_ratio, forward.
  - apply (pure_ratio eps (swap d)), backward.
Qed.
