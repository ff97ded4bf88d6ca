(* Stochastic gradient descent on a quadratic, coordinate by coordinate. *)
(* Arguments: (steps : nat). *)
From Coq Require Import Reals Lra List Psatz.
From DP Require Import Descent.
Require Import Here.Generated.
Import ListNotations.
Open Scope R_scope.

Fixpoint sum_below d (h : nat -> R) : R :=
  match d with O => 0 | S k => sum_below k h + h k end.

Lemma sum_ext d g h : (forall i, (i < d)%nat -> g i = h i) -> sum_below d g = sum_below d h.
Proof.
  induction d as [|d IH]; intros H; simpl; [reflexivity|].
  rewrite IH; [|intros; apply H; now apply Nat.lt_lt_succ_r]. rewrite H; [reflexivity|].
  apply Nat.lt_succ_diag_r.
Qed.

Lemma sum_plus d g h : sum_below d (fun i => g i + h i) = sum_below d g + sum_below d h.
Proof. induction d as [|d IH]; simpl; [lra|]. rewrite IH. lra. Qed.

Lemma square_is_a_sum d (x : vector (reals d)) : square x = sum_below d (fun i => x i * x i).
Proof. unfold square. simpl. induction d as [|d IH]; simpl; [reflexivity|]. now rewrite IH. Qed.

(* Every coordinate has mean 0 and variance tau^2; how they depend on each other does not matter. *)
Definition white {d} (noise : law (reals d)) (tau : R) : Prop :=
  forall f (a v : nat -> R) b, (forall e, 0 <= f e) ->
  (forall e : vector (reals d), f e = sum_below d (fun i => a i * (e i * e i) + v i * e i) + b) ->
  mean noise f = sum_below d (fun i => a i * (tau * tau)) + b.

Lemma formula_after_a_step x lambda eta tau n e :
  assumption_1 eta lambda ->
  formula (x - eta * (lambda * x + e)) lambda eta tau n =
  ((1 - eta * lambda) * (1 - eta * lambda)) ^ n * (eta * eta) * (e * e)
  + - 2 * ((1 - eta * lambda) * (1 - eta * lambda)) ^ n * ((1 - eta * lambda) * x * eta) * e
  + (formula x lambda eta tau (S n)
     - ((1 - eta * lambda) * (1 - eta * lambda)) ^ n * (eta * eta) * (tau * tau)).
Proof.
  intros [A B]. unfold formula. simpl. field. nra.
Qed.

Theorem proved :
  (forall eta lambda, assumption_1 eta lambda <-> 0 < eta * lambda < 2) /\
  forall d (lambda : nat -> R) (x0 : vector (reals d))
    (noise : vector (reals d) -> law (reals d)) (eta tau : R) (steps : nat),
    (forall i, (i < d)%nat -> assumption_1 eta (lambda i)) ->
    (forall x, white (noise x) tau) ->
    let g (x : vector (reals d)) : vector (reals d) := fun i => lambda i * x i in
    let step (x e : vector (reals d)) := sub x (scale eta (add (g x) e)) in
    walk noise step steps (fun _ x => square x) [] x0
    = sum_below d (fun i => formula (x0 i) (lambda i) eta tau steps).
Proof.
  split; [intros; unfold assumption_1; lra|].
  intros d lambda x0 noise eta tau steps.
  intros range whiteness g step. generalize (@nil (vector (reals d))). revert x0.
  induction steps as [|n IH]; intros x past.
  - cbn [walk]. rewrite square_is_a_sum. apply sum_ext. intros i I. unfold formula. simpl.
    field. destruct (range i I). nra.
  - cbn [walk].
    set (kept i := ((1 - eta * lambda i) * (1 - eta * lambda i)) ^ n * (eta * eta)).
    rewrite (whiteness x _ kept
      (fun i => - 2 * ((1 - eta * lambda i) * (1 - eta * lambda i)) ^ n
                * ((1 - eta * lambda i) * x i * eta))
      (sum_below d (fun i => formula (x i) (lambda i) eta tau (S n) - kept i * (tau * tau)))).
    + rewrite <- sum_plus. apply sum_ext. intros i I. ring.
    + intros e. generalize (x :: past). generalize (step x e). clear - noise.
      induction n as [|n IH]; intros y l; cbn [walk]; [apply dot_nonneg|].
      apply mean_nonneg. intros. apply IH.
    + intros e. rewrite IH, <- sum_plus. apply sum_ext. intros i I.
      etransitivity; [|exact (formula_after_a_step (x i) (lambda i) eta tau n (e i) (range i I))].
      f_equal. unfold step, sub, g. simpl. ring.
Qed.
