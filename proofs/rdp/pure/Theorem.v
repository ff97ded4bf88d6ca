(* A pure eps-DP pair has Renyi divergence of every order at most eps. *)
From Coq Require Import Reals List Lra Psatz.
From DP Require Import Sums Finite Pure.
Require Import Here.Generated.
Import ListNotations.
Open Scope R_scope.

Theorem proved :
  forall (A : Type) (d : pair A) (eps order : R),
    laws d -> dp eps 0 d -> 1 < order ->
    renyi order (formula eps) d.
Proof.
  intros A d eps order both forward above. unfold formula.
  pose proof (pure_ratio eps d forward) as near.
  destruct both as [[above_P one_P] _]. split; [apply (pure_continuous eps), near|].
  unfold moment. rewrite <- (Rmult_1_r (exp _)), <- one_P, <- total_scale.
  apply total_le. intros x listed. rewrite Rmult_comm.
  destruct (above_P x listed) as [positive | <-]; [|lra].
  apply Rmult_le_compat_r; [lra|]. apply exp_le, Rmult_le_compat_l; [lra|].
  apply (pure_loss eps d near); assumption.
Qed.
