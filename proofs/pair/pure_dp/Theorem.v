(* An eps-DP release is dominated by randomized response of parameter eps in both directions, and that
   is eps-DP. Answer k, 0 or 1, has loss (2k - 1) eps and the formula's log probability under Q. *)
From Coq Require Import Reals List Lra Psatz.
From DP Require Import Sums Finite Pure Dominance Response.
Require Import Here.Generated.
Import ListNotations.
Open Scope R_scope.

Definition answers (log_probability : R -> R) (eps : R) : pair R :=
  Pair [0; 1]
    (fun k => exp (log_probability k) * exp ((2 * k - 1) * eps))
    (fun k => exp (log_probability k)).

Lemma probabilities eps :
  exp (formula 0 eps) = exp eps / (1 + exp eps) /\ exp (formula 1 eps) = 1 / (1 + exp eps) /\
  exp (formula 0 eps) * exp ((2 * 0 - 1) * eps) = 1 / (1 + exp eps) /\
  exp (formula 1 eps) * exp ((2 * 1 - 1) * eps) = exp eps / (1 + exp eps).
Proof.
  pose proof (exp_pos eps). pose proof (exp_pos (- eps)).
  assert (flat : forall k, exp (formula k eps) = exp (- k * eps) / (1 + exp (- eps))).
  { intros k. unfold formula, Rminus, Rdiv. rewrite exp_plus, exp_Ropp, exp_ln by lra. reflexivity. }
  rewrite !flat. replace (- 0 * eps) with 0 by ring. replace (- (1) * eps) with (- eps) by ring.
  replace ((2 * 0 - 1) * eps) with (- eps) by ring. replace ((2 * 1 - 1) * eps) with eps by ring.
  rewrite exp_0, exp_Ropp. repeat split; field; split; lra.
Qed.

Lemma hockey_answers eps t : hockey t (answers (fun k => formula k eps) eps) = response_hockey eps t.
Proof.
  destruct (probabilities eps) as [q0 [q1 [p0 p1]]].
  rewrite <- hockey_response. unfold hockey, answers, response. cbn [points P Q total].
  rewrite p0, p1, q0, q1. ring.
Qed.

Theorem proved :
  forall eps : R, 0 <= eps ->
    let D := answers (fun k => formula k eps) eps in
    (forall (A : Type) (d : pair A), laws d -> dp eps 0 d -> dp eps 0 (swap d) ->
      dominates D d /\ dominates D (swap d)) /\
    laws D /\ dp eps 0 D /\ dp eps 0 (swap D).
Proof.
  intros eps above D. unfold D. clear D. destruct (probabilities eps) as [q0 [q1 [p0 p1]]].
  pose proof (exp_above eps). assert (0 < / (1 + exp eps)) by (apply Rinv_0_lt_compat; lra).
  split; [|split; [|split]].
  - intros A d [[above_P one_P] [above_Q one_Q]] forward backward.
    pose proof (pure_ratio eps d forward) as near.
    pose proof (pure_ratio eps (swap d) backward) as far.
    split; intros t; rewrite hockey_answers, <- (Rmult_1_l (response_hockey eps t));
      apply pure_hockey; try split; assumption.
  - split; (split; [|unfold answers; cbn [points P Q total]; first [rewrite p0, p1 | rewrite q0, q1];
      field; lra]); intros k [<- | [<- | []]]; unfold answers; cbn [P Q];
      repeat apply Rmult_le_pos; apply Rlt_le, exp_pos.
  - apply dp_hockey. rewrite hockey_answers, response_private by exact above. lra.
  - apply dp_hockey. unfold hockey, answers, swap. cbn [points P Q total].
    rewrite p0, p1, q0, q1. set (r := / (1 + exp eps)) in *. unfold Rdiv. fold r.
    assert (0 <= (exp eps - 1) * r) by (apply Rmult_le_pos; lra).
    assert (exp eps * r <= exp eps * (exp eps * r)) by (apply Rmult_le_compat_l; lra).
    rewrite Rmult_1_l, !Rmax_left by lra. lra.
Qed.
