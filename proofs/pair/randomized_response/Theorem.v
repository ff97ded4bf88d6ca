(* k-ary randomized response: the ratios of two answers' laws are odds, 1/odds and 1. *)
(* Arguments: (answers : nat). *)
From Coq Require Import Reals Lra Lia Psatz List Arith.
From DP Require Import Sums Finite.
Require Import Here.Generated.
Open Scope R_scope.

(* The chance that `reported` is said where `answer` is true. *)
Definition response (truth : R) (answers answer reported : nat) : R :=
  if reported =? answer then truth else (1 - truth) / (INR answers - 1).

Lemma total_picks a l : NoDup l -> In a l ->
  total (fun r => if r =? a then 1 else 0) l = 1.
Proof.
  intros U I. induction U as [|k l out U IH]; simpl in *; [contradiction|].
  destruct I as [<-|I].
  - rewrite Nat.eqb_refl.
    rewrite (total_ext (fun r => if r =? k then 1 else 0) (fun _ => 0 * 0) l).
    + rewrite total_scale. ring.
    + intros r I. destruct (Nat.eqb_spec r k) as [->|]; [contradiction|ring].
  - rewrite (IH I). destruct (Nat.eqb_spec k a) as [->|]; [contradiction|ring].
Qed.

Lemma total_constant c n : total (fun _ => c) (seq 0 n) = INR n * c.
Proof.
  induction n as [|n IH]; [simpl; ring|]. rewrite seq_S, total_app, IH, S_INR. simpl. ring.
Qed.

Theorem proved :
  (forall truth answers, assumption_1 truth answers <-> 1 < truth * INR answers /\ truth < 1) /\
  forall (truth : R) (answers first second : nat),
    assumption_1 truth answers -> (first < answers)%nat -> (second < answers)%nat ->
    first <> second ->
    law (seq 0 answers) (response truth answers first) /\
    forall reported,
    response truth answers first reported
    = (if reported =? first then formula truth answers
       else if reported =? second then / formula truth answers else 1)
      * response truth answers second reported.
Proof.
  split; [intros; unfold assumption_1; lra|].
  intros truth answers first second [above below] F S other.
  assert (K : 2 <= INR answers) by (change 2 with (INR 2); apply le_INR; lia).
  assert (T : 0 < truth) by nra.
  split; [split|].
  - intros r _. unfold response. destruct (r =? first); [lra|].
    apply Rlt_le, Rdiv_lt_0_compat; lra.
  - rewrite (total_ext _ (fun r => (1 - truth) / (INR answers - 1)
      + (truth - (1 - truth) / (INR answers - 1)) * (if r =? first then 1 else 0))).
    + rewrite total_plus, total_scale, total_constant, total_picks.
      * field. lra.
      * apply seq_NoDup.
      * apply in_seq. lia.
    + intros r _. unfold response. destruct (r =? first); ring.
  - intros r. unfold response, formula.
    destruct (Nat.eqb_spec r first) as [E1|E1]; destruct (Nat.eqb_spec r second) as [E2|E2].
    + lia.
    + field. lra.
    + field. lra.
    + ring.
Qed.
