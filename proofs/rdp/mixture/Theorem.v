(* The moment of a pair on a Poisson sample, from its moment without sampling, in both directions. *)
From Coq Require Import Reals List Lra Psatz.
From DP Require Import Sums Finite Convex.
Require Import Here.Generated.
Import ListNotations.
Open Scope R_scope.

(* With the record in the sample with probability q. *)
Definition sampled {A : Type} (q : R) (d : pair A) : pair A :=
  Pair (points d) (fun x => q * P d x + (1 - q) * Q d x) (Q d).

(* The bound, and what the formula adds to it where e^moment has no float. *)
Lemma formula_is k q : 0 < q <= 1 ->
  (k <= 600 -> exp (formula k q) = q * exp k + (1 - q)) /\
  (600 < k -> exp (formula k q) = q * exp k + 1).
Proof.
  intros rate. unfold formula. pose proof (exp_pos k). split; intros side; destruct (Rgt_dec k 600).
  - lra.
  - rewrite exp_ln; [ring|]. assert (0 < q * exp k) by (apply Rmult_lt_0_compat; lra). lra.
  - set (m := ln q + k).
    assert (sum : exp m = q * exp k) by (unfold m; rewrite exp_plus, exp_ln; lra).
    replace (- Rabs m) with (Rmin m 0 - Rmax m 0).
    + rewrite exp_log_sum, exp_0, sum. reflexivity.
    + unfold Rmin, Rmax, Rabs. destruct (Rle_dec m 0), (Rcase_abs m); lra.
  - lra.
Qed.

Lemma formula_above k q : 0 < q <= 1 -> q * exp k + (1 - q) <= exp (formula k q).
Proof.
  intros rate. destruct (formula_is k q rate). destruct (Rle_dec k 600).
  - right. symmetry. auto.
  - assert (exp (formula k q) = q * exp k + 1) by (apply H0; lra). lra.
Qed.

(* At one output: the power of the mixed ratio lies below the mixture of powers. *)
Lemma mixed_power c q u v : 1 <= c \/ c <= 0 -> 0 < q <= 1 -> 0 < u -> 0 < v ->
  v * exp (c * (ln (q * u + (1 - q) * v) - ln v)) <=
  q * (v * exp (c * (ln u - ln v))) + (1 - q) * v.
Proof.
  intros order rate numerator denominator.
  assert (mixed : 0 < q * u + (1 - q) * v) by nra.
  assert (ratio : forall w, 0 < w -> exp (ln w - ln v) = w / v).
  { intros w positive. unfold Rminus, Rdiv. rewrite exp_plus, exp_Ropp, !exp_ln; auto. }
  assert (curve : exp (c * (ln (q * u + (1 - q) * v) - ln v)) <=
    q * exp (c * (ln u - ln v)) + (1 - q) * exp (c * 0)).
  { apply chord; [exact order | lra |]. rewrite exp_0, !ratio by assumption. field. lra. }
  rewrite Rmult_0_r, exp_0 in curve. apply Rmult_le_compat_l with (r := v) in curve; lra.
Qed.

Definition bounded {A : Type} (order k : R) (d : pair A) : Prop :=
  continuous d /\ moment order d <= exp k.

Theorem proved :
  forall (A : Type) (d : pair A) (order k q : R),
    1 < order -> 0 < q <= 1 -> laws d ->
    (bounded order k d -> bounded order (formula k q) (sampled q d)) /\
    (bounded order k (swap d) -> bounded order (formula k q) (swap (sampled q d))).
Proof.
  intros A d order k q above rate [[above_P _] [above_Q one_Q]].
  split; intros [near small]; (split; [|refine (Rle_trans _ _ _ _ (formula_above k q rate));
    apply Rle_trans with (q * exp k + (1 - q) * total (Q d) (points d)); [|rewrite one_Q; lra];
    refine (Rle_trans _ _ _ _ (Rplus_le_compat_r _ _ _ (Rmult_le_compat_l q _ _ _ small)));
      [|lra]; unfold moment; rewrite <- !total_scale, <- total_plus; apply total_le;
    intros x listed; specialize (above_P x listed); specialize (above_Q x listed);
    specialize (near x listed); unfold loss; simpl in *]).
  - intros x listed positive. simpl in *. specialize (above_P x listed).
    specialize (above_Q x listed). specialize (near x listed).
    destruct above_Q as [seen | none]; [exact seen|]. apply near. nra.
  - destruct above_Q as [seen | none].
    + destruct above_P as [mass | no_mass].
      * pose proof (mixed_power order q (P d x) (Q d x) (or_introl (Rlt_le _ _ above)) rate mass seen)
          as power.
        assert (lift : forall w, 0 < w -> w * exp ((order - 1) * (ln w - ln (Q d x))) =
          Q d x * exp (order * (ln w - ln (Q d x)))).
        { intros w positive. replace (order * (ln w - ln (Q d x)))
            with (ln w + - ln (Q d x) + (order - 1) * (ln w - ln (Q d x))) by ring.
          rewrite !exp_plus, exp_Ropp, !exp_ln by assumption. field. lra. }
        rewrite !lift by nra. exact power.
      * rewrite <- no_mass in *. rewrite Rmult_0_r, Rplus_0_l, Rmult_0_l, Rmult_0_r, Rplus_0_l.
        rewrite <- (Rmult_1_r ((1 - q) * Q d x)) at 3.
        destruct (Req_dec q 1) as [-> | partial]; [lra|].
        apply Rmult_le_compat_l; [nra|].
        apply Rle_trans with (exp 0); [apply exp_le | rewrite exp_0; lra].
        assert (0 < (1 - q) * Q d x) by nra.
        assert (ln ((1 - q) * Q d x) <= ln (Q d x)).
        { apply Rlt_le, ln_increasing; nra. }
        assert (0 <= (order - 1) * (ln (Q d x) - ln ((1 - q) * Q d x))) by (apply Rmult_le_pos; lra).
        lra.
    + assert (no_mass : P d x = 0).
      { destruct above_P as [mass | none_P]; [|auto]. specialize (near mass). lra. }
      rewrite <- none, no_mass. lra.
  - intros x listed positive. simpl in *. specialize (above_P x listed).
    specialize (near x listed positive). simpl in near.
    apply Rplus_lt_le_0_compat; [apply Rmult_lt_0_compat | apply Rmult_le_pos]; lra.
  - destruct above_Q as [seen | none]; [|rewrite <- none; lra].
    pose proof (mixed_power (1 - order) q (P d x) (Q d x)) as power.
    replace ((order - 1) * (ln (Q d x) - ln (q * P d x + (1 - q) * Q d x)))
      with ((1 - order) * (ln (q * P d x + (1 - q) * Q d x) - ln (Q d x))) by ring.
    replace ((order - 1) * (ln (Q d x) - ln (P d x)))
      with ((1 - order) * (ln (P d x) - ln (Q d x))) by ring.
    apply power; auto. right. lra.
Qed.
