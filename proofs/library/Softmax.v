(* Attention weights: the softmax of a row of scores, under a mask that multiplies e^score. *)
From Coq Require Import Reals Lra Lia List Arith.
From DP Require Import Sums Gradient.
Open Scope R_scope.

Section Softmax.
  Context (n : nat) (mask : matrix).
  Implicit Types S T : matrix.

  Definition weight S : matrix := fun i j => mask i j * exp (S i j).

  Definition softmax S : matrix := fun i j => weight S i j / total (weight S i) (seq 0 n).

  (* One number added to the scores of a row changes nothing. *)
  Lemma softmax_shift S T s i j : (forall k, (k < n)%nat -> T i k = S i k + s) ->
    T i j = S i j + s -> softmax T i j = softmax S i j.
  Proof.
    intros row own. unfold softmax. pose proof (exp_pos s) as positive.
    rewrite (total_ext (weight T i) (fun k => exp s * weight S i k)).
    - rewrite total_scale. unfold weight at 1. rewrite own, exp_plus. fold (weight S i j).
      unfold Rdiv. rewrite Rinv_mult. unfold weight.
      set (rest := / total _ _). set (e := exp s) in *.
      replace (mask i j * (exp (S i j) * e) * (/ e * rest))
        with (e * / e * (mask i j * exp (S i j) * rest)) by ring.
      rewrite Rinv_r by lra. ring.
    - intros k I. unfold weight. rewrite row, exp_plus by (now apply below). ring.
  Qed.

  (* Where the mask leaves one key, the weights do not depend on the scores. *)
  Lemma softmax_of_one S T i one : (one < n)%nat -> mask i one <> 0 ->
    (forall k, (k < n)%nat -> k <> one -> mask i k = 0) ->
    forall j, (j < n)%nat -> softmax T i j = softmax S i j.
  Proof.
    intros inside some none.
    assert (E : forall S j, (j < n)%nat -> softmax S i j = if (j =? one)%nat then 1 else 0).
    { intros R j J. unfold softmax.
      rewrite (total_ext (weight R i) (fun k => weight R i k * (if (k =? one)%nat then 1 else 0))).
      - rewrite picks_below by exact inside. pose proof (exp_pos (R i one)).
        assert (weight R i one <> 0) by (apply Rmult_integral_contrapositive; split; lra).
        destruct (Nat.eqb_spec j one) as [->|other]; [field; assumption|].
        unfold weight at 1. rewrite none by assumption. unfold Rdiv. ring.
      - intros k K. apply below in K. destruct (Nat.eqb_spec k one); [ring|].
        unfold weight. rewrite none by assumption. ring. }
    intros j J. rewrite 2!E by exact J. reflexivity.
  Qed.
End Softmax.
