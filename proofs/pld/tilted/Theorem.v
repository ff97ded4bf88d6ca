(* The hockey stick as a mean under a tilted law. *)
From Coq Require Import Reals List Lra.
From DP Require Import Sums Finite.
Require Import Here.Generated.
Open Scope R_scope.

(* The law nu: P tilted by s, with its log moment k. *)
Definition tilted {A : Type} (s k : R) (d : pair A) (x : A) : R := P d x * exp (s * loss d x - k).

Theorem proved :
  (forall above, assumption_1 above <-> 0 < above) /\
  forall (A : Type) (d : pair A) (s k eps : R),
    laws d -> continuous d ->
    exp k = total (fun x => P d x * exp (s * loss d x)) (points d) ->
    law (points d) (tilted s k d) /\
    hockey eps d = exp (k - s * eps) *
      total (fun x => if Rlt_dec eps (loss d x)
                      then tilted s k d x * formula s (loss d x - eps) else 0) (points d).
Proof.
  unfold assumption_1, formula, tilted. split; [intros; lra|].
  intros A d s k eps [[above_P _] [above_Q _]] near moment. split; [split|].
  - intros x listed. apply Rmult_le_pos; [auto | apply Rlt_le, exp_pos].
  - apply Rmult_eq_reg_l with (exp k); [|pose proof (exp_pos k); lra].
    rewrite <- total_scale, Rmult_1_r, moment. apply total_ext. intros x _.
    rewrite <- moment. unfold Rminus. rewrite exp_plus, exp_Ropp. field.
    pose proof (exp_pos k). lra.
  - unfold hockey. rewrite <- total_scale. apply total_ext. intros x listed.
    destruct (above_P x listed) as [mass | <-].
    + rewrite (ratio d x near listed mass).
      replace (P d x - exp eps * (P d x * exp (- loss d x)))
        with (P d x * (1 - exp (- (loss d x - eps))))
        by (replace (- (loss d x - eps)) with (eps + - loss d x) by ring; rewrite exp_plus; ring).
      destruct (Rlt_dec eps (loss d x)) as [far | close].
      * assert (exp (- (loss d x - eps)) <= exp 0) by (apply exp_le; lra). rewrite exp_0 in *.
        rewrite Rmax_right by (apply Rmult_le_pos; lra).
        transitivity (exp (k - s * eps) * exp (s * loss d x - k) * exp (- s * (loss d x - eps)) *
          (P d x * (1 - exp (- (loss d x - eps))))); [|ring].
        rewrite <- !exp_plus.
        replace (k - s * eps + (s * loss d x - k) + - s * (loss d x - eps)) with 0 by ring.
        rewrite exp_0. ring.
      * assert (exp 0 <= exp (- (loss d x - eps))) by (apply exp_le; lra). rewrite exp_0 in *.
        rewrite Rmax_left; [ring|].
        assert (0 <= P d x * (exp (- (loss d x - eps)) - 1)) by (apply Rmult_le_pos; lra). lra.
    + assert (0 <= exp eps * Q d x) by (apply Rmult_le_pos; [apply Rlt_le, exp_pos | auto]).
      rewrite Rmax_left by lra. destruct (Rlt_dec eps (loss d x)); ring.
Qed.
