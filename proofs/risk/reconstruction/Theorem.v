(* The chance that any attacker names the secret, from the best guess without the release and one
   (eps, delta). *)
From Coq Require Import Reals List Lra Psatz.
From DP Require Import Sums Finite Convex.
Require Import Here.Generated.
Import ListNotations.
Open Scope R_scope.

Theorem proved :
  (forall prior, assumption_1 prior <-> 0 < prior <= 1) /\
  (forall prior eps delta, assumption_1 prior -> 0 < delta ->
    exp (formula (ln prior) eps (ln delta)) = exp eps * prior + delta) /\
  forall (Secret Output : Type) (secrets : list Secret) (weight : Secret -> R)
    (outputs : list Output) (released : Secret -> Output -> R) (absent : Output -> R)
    (right : Secret -> Output -> R) (prior eps delta : R),
    law secrets weight -> law outputs absent -> assumption_1 prior -> 0 < delta ->
    (* the answer to an output is right for z with this chance, and no answer is right more often
       than the prior allows *)
    (forall z x, 0 <= right z x <= 1) ->
    (forall x, total (fun z => weight z * right z x) secrets <= prior) ->
    (forall z, dp eps delta (Pair outputs (released z) absent)) ->
    total (fun z => weight z * mean outputs (released z) (right z)) secrets <=
    exp (formula (ln prior) eps (ln delta)).
Proof.
  unfold assumption_1. split; [intros; lra|].
  assert (point : forall prior eps delta, 0 < prior -> 0 < delta ->
    exp (formula (ln prior) eps (ln delta)) = exp eps * prior + delta).
  { intros prior eps delta prior_above delta_above. unfold formula.
    rewrite exp_log_sum, exp_plus, !exp_ln by assumption. ring. }
  split; [intros; apply point; lra|].
  intros Secret Output secrets weight outputs released absent right prior eps delta
    [weight_above weights] [absent_above whole] guess slack share best private.
  rewrite point by lra.
  apply Rle_trans with (total (fun z =>
    exp eps * (weight z * mean outputs absent (right z)) + delta * weight z) secrets).
  - apply total_le. intros z listed.
    pose proof (dp_test eps delta _ (right z) (private z) (share z)) as bound. simpl in bound.
    apply Rmult_le_compat_l with (r := weight z) in bound; [lra | auto].
  - rewrite total_plus, !total_scale, weights, Rmult_1_r. apply Rplus_le_compat_r.
    apply Rmult_le_compat_l; [apply Rlt_le, exp_pos|]. unfold mean.
    rewrite (total_ext _ (fun z => total (fun x => absent x * (weight z * right z x)) outputs)).
    + rewrite total_swap.
      apply Rle_trans with (total (fun x => prior * absent x) outputs).
      * apply total_le. intros x listed. rewrite total_scale, (Rmult_comm prior).
        apply Rmult_le_compat_l; auto.
      * rewrite total_scale, whole. lra.
    + intros z _. rewrite <- total_scale. apply total_ext. intros x _. ring.
Qed.
