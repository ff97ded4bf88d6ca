(* A pair that with probability s shows which of its two laws it is. *)
From Coq Require Import Reals List Lra Psatz.
From DP Require Import Sums Finite Dominance.
Import ListNotations.
Open Scope R_scope.

Section Failing.
Context {A : Type}.
Implicit Types d : pair A.

(* [inl true] comes out under P alone and [inl false] under Q alone. *)
Definition failing (s : R) d : pair (bool + A) :=
  Pair (inl true :: inl false :: map inr (points d))
    (fun y => match y with inl true => s | inl false => 0 | inr x => (1 - s) * P d x end)
    (fun y => match y with inl true => 0 | inl false => s | inr x => (1 - s) * Q d x end).

Lemma failing_laws s d : 0 <= s <= 1 -> laws d -> laws (failing s d).
Proof.
  intros share [[above_P one_P] [above_Q one_Q]].
  split; (split; [|simpl; rewrite total_map, total_scale, ?one_P, ?one_Q; lra]);
    intros y [<- | [<- | listed]]; simpl; try lra;
    apply in_map_iff in listed; destruct listed as [x [<- listed]]; apply Rmult_le_pos; auto; lra.
Qed.

Lemma weighted_failing s a b d :
  0 <= s <= 1 -> 0 <= a -> 0 <= b ->
  weighted a b (failing s d) = a * s + (1 - s) * weighted a b d.
Proof.
  intros share above_a above_b. unfold weighted. simpl. rewrite total_map, <- total_scale.
  rewrite (total_ext _ (fun x => (1 - s) * Rmax 0 (a * P d x - b * Q d x))).
  - rewrite total_scale. assert (0 <= a * s) by nra. assert (0 <= b * s) by nra.
    unfold Rmax at 1 2. repeat destruct (Rle_dec 0 _); lra.
  - intros x _. rewrite <- Rmax_scale by lra. f_equal. ring.
Qed.

Lemma hockey_failing s eps d :
  0 <= s <= 1 -> hockey eps (failing s d) = s + (1 - s) * hockey eps d.
Proof.
  intros share. rewrite !hockey_weighted, weighted_failing; [ring | exact share | lra |].
  apply Rlt_le, exp_pos.
Qed.
End Failing.
