(* Pairs that with probability s_i show which of the two they are, and else are the pair D_i. *)
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
  - simpl. unfold weighted. simpl. ring.
  - rewrite !weighted_product. specialize (share k). destruct (both k) as [[above_P one] [above_Q _]].
    simpl points. simpl total. rewrite total_map. simpl P. simpl Q.
    rewrite !IH by nra. rewrite Rmult_0_r.
    rewrite (weighted_none (a * 0) (b * s k)) by admit.
    admit.
Admitted.
