(* Sums of powers, in the form in which aliases add up. *)
From Coq Require Import Reals List Lra Psatz.
From DP Require Import Sums.
Import ListNotations.
Open Scope R_scope.

Lemma total_one_more (f : nat -> R) n : total f (seq 1 (S n)) = total f (seq 1 n) + f (S n).
Proof. rewrite seq_S, total_app. simpl. ring. Qed.

Lemma above_one y : 0 < y -> 1 < exp y.
Proof. intros H. rewrite <- exp_0. now apply exp_increasing. Qed.

Lemma geometric_exact n y : 0 < y ->
  total (fun m => exp (- (INR m * y))) (seq 1 n) = (1 - exp (- (INR n * y))) / (exp y - 1).
Proof.
  intros H. pose proof (above_one y H) as E. induction n as [|n IH].
  - simpl. rewrite Rmult_0_l, Ropp_0, exp_0. field. lra.
  - rewrite total_one_more, IH, S_INR.
    replace (- ((INR n + 1) * y)) with (- (INR n * y) + - y) by ring.
    rewrite exp_plus, (exp_Ropp y). field. lra.
Qed.

Lemma geometric n y : 0 < y ->
  total (fun m => exp (- (INR m * y))) (seq 1 n) <= 1 / (exp y - 1).
Proof.
  intros H. rewrite geometric_exact by exact H. pose proof (above_one y H).
  pose proof (exp_pos (- (INR n * y))).
  apply Rmult_le_compat_r; [apply Rlt_le, Rinv_0_lt_compat|]; lra.
Qed.
