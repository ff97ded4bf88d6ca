(* Pairs that with probability s_i show which of the two they are, and else are the pair D_i: the
   hockey stick of all of them together, from that of the product of the D_i. *)
From Coq Require Import Reals List Lra Psatz Lia.
From DP Require Import Sums Finite Adaptive Dominance Failing.
Require Import Here.Generated.
Import ListNotations.
Open Scope R_scope.

(* The chance that nothing is shown. *)
Fixpoint kept (s : nat -> R) (k : nat) : R :=
  match k with O => 1 | S k => kept s k * (1 - s k) end.

Lemma weighted_failing_product {A : Type} (D : nat -> pair A) (s : nat -> R) k :
  (forall i, laws (D i)) -> (forall i, 0 <= s i <= 1) ->
  forall a b, 0 <= a -> 0 <= b ->
  weighted a b (product (fun i => failing (s i) (D i)) k) =
  a * (1 - kept s k) + kept s k * weighted a b (product D k).
Proof.
  intros both share. induction k as [|k IH]; intros a b above_a above_b.
  - simpl. unfold weighted, product. simpl. ring.
  - rewrite !weighted_product. specialize (share k).
    assert (whole : laws (product D k)) by (apply laws_run; auto).
    destruct (both k) as [[above_P one] [above_Q _]].
    cbn [failing points P Q total]. rewrite total_map, !IH, !Rmult_0_r by nra.
    rewrite (weighted_all (a * s k) 0), (weighted_none 0 (b * s k)) by
      (try apply laws_measures; auto; nra).
    match goal with |- context [total ?f (points (D k))] =>
      rewrite (total_ext f (fun x => a * (1 - s k) * (1 - kept s k) * P (D k) x +
        kept s k * (1 - s k) * weighted (a * P (D k) x) (b * Q (D k) x) (product D k))) end.
    + rewrite total_plus, !total_scale, one. simpl. ring.
    + intros x listed. specialize (above_P x listed). specialize (above_Q x listed).
      rewrite IH by (repeat apply Rmult_le_pos; lra).
      replace (a * ((1 - s k) * P (D k) x)) with ((1 - s k) * (a * P (D k) x)) by ring.
      replace (b * ((1 - s k) * Q (D k) x)) with ((1 - s k) * (b * Q (D k) x)) by ring.
      rewrite weighted_scale by lra. ring.
Qed.

Theorem proved :
  forall (A : Type) (D : nat -> pair A) (s : nat -> R) (k : nat) (eps : R),
    (forall i, laws (D i)) -> (forall i, 0 <= s i <= 1) ->
    hockey eps (product (fun i => failing (s i) (D i)) k) =
    formula (kept s k) (hockey eps (product D k)).
Proof.
  intros A D s k eps both share. unfold formula. rewrite !hockey_weighted.
  rewrite weighted_failing_product; [ring | exact both | exact share | lra |].
  apply Rlt_le, exp_pos.
Qed.
