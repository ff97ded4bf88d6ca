(* delta of one Poisson-sampled release, to add, on finitely many outputs; the unsampled pair has
   the same delta in both directions, as the Gaussian's has. *)
From Coq Require Import Reals Lra Psatz List.
From DP Require Import Sums Finite.
Require Import Here.Generated.
Open Scope R_scope.

(* The release without the record against the one with it, after sampling. *)
Definition sampled_added {A} (q : R) (d : pair A) : pair A :=
  Pair (points d) (Q d) (fun x => (1 - q) * Q d x + q * P d x).

Lemma maximum_times q x : 0 <= q -> Rmax 0 (q * x) = q * Rmax 0 x.
Proof. intros H. rewrite <- (Rmult_0_r q) at 1. now apply RmaxRmult. Qed.

Theorem proved :
  (forall q eps, assumption_1 q eps <-> 1 - q < exp (- eps)) /\
  forall (A : Type) (d : pair A) (q eps : R),
    laws d -> 0 < q <= 1 -> (forall e, hockey e (swap d) = hockey e d) ->
    (assumption_1 q eps ->
     hockey eps (sampled_added q d) = formula q eps * hockey (- ln ((exp (- eps) - 1 + q) / q)) d) /\
    (~ assumption_1 q eps -> hockey eps (sampled_added q d) = 0).
Proof.
  split; [intros; unfold assumption_1; lra|].
  intros A d q eps.
  intros [[p0 p1] [q0 q1]] range mirrored. pose proof (exp_pos eps) as E.
  assert (F : formula q eps = exp eps * (exp (- eps) - 1 + q)).
  { unfold formula. rewrite !Rmult_plus_distr_l, exp_Ropp. unfold Rminus.
    rewrite Rmult_plus_distr_l, Rinv_r by lra. ring. }
  unfold assumption_1. split.
  - intros inside. rewrite <- mirrored. unfold hockey, sampled_added, swap. simpl.
    assert (Z : 0 < (exp (- eps) - 1 + q) / q) by (apply Rdiv_lt_0_compat; lra).
    rewrite exp_Ropp, exp_ln by exact Z.
    rewrite <- total_scale. apply total_ext. intros x _.
    rewrite <- maximum_times.
    + f_equal. rewrite F.
      replace (exp eps * (exp (- eps) - 1 + q)
               * (Q d x - / ((exp (- eps) - 1 + q) / q) * P d x))
        with (exp eps * exp (- eps) * Q d x - exp eps * (1 - q) * Q d x - exp eps * q * P d x)
        by (field; lra).
      rewrite exp_Ropp, Rinv_r by lra. ring.
    + rewrite F. apply Rmult_le_pos; lra.
  - intros outside. unfold hockey, sampled_added. simpl.
    rewrite (total_ext _ (fun _ => 0 * 0)); [rewrite total_scale; ring|].
    intros x I. rewrite Rmult_0_l. apply Rmax_left. specialize (p0 x I). specialize (q0 x I).
    assert (O : 1 <= exp eps * (1 - q)).
    { rewrite exp_Ropp in outside. apply Rmult_le_reg_l with (r := / exp eps).
      - now apply Rinv_0_lt_compat.
      - rewrite <- Rmult_assoc, Rinv_l; lra. }
    assert (0 <= exp eps * q * P d x) by (apply Rmult_le_pos; [nra|exact p0]). nra.
Qed.
