(* Dominance grows with the sampling rate and with the number of steps. *)
From Coq Require Import Reals List Lra Psatz Lia.
From DP Require Import Sums Finite Adaptive Dominance.
Open Scope R_scope.

(* With the record in the sample with probability q. *)
Definition at_rate {A : Type} (q : R) (d : pair A) : pair A :=
  Pair (points d) (fun x => q * P d x + (1 - q) * Q d x) (Q d).

Section Rates.
  Context {A : Type} (d : pair A).
  Hypothesis both : laws d.

  Lemma at_rate_laws q : 0 <= q <= 1 -> laws (at_rate q d).
  Proof.
    intros range. destruct both as [[p0 p1] [q0 q1]]. split; [|exact (conj q0 q1)]. split.
    - intros x I. specialize (p0 x I). specialize (q0 x I). simpl.
      apply Rplus_le_le_0_compat; apply Rmult_le_pos; lra.
    - simpl. rewrite total_plus, !total_scale, p1, q1. ring.
  Qed.

  Lemma hockey_floor {B : Type} eps (e : pair B) : laws e -> Rmax 0 (1 - exp eps) <= hockey eps e.
  Proof.
    intros [[_ p1] [_ q1]]. apply Rmax_lub.
    - apply total_nonneg. intros. apply Rmax_l.
    - apply Rle_trans with (total (fun x => P e x - exp eps * Q e x) (points e)).
      + rewrite total_minus, total_scale, p1, q1. lra.
      + apply total_le. intros. apply Rmax_r.
  Qed.

  (* A share p of one pair and 1 - p of equal laws. *)
  Lemma diluted {B : Type} eps p (e f : pair B) (r : B -> R) :
    0 <= p <= 1 -> laws e -> law (points e) r -> points f = points e ->
    (forall x, In x (points e) ->
       P f x - exp eps * Q f x = p * (P e x - exp eps * Q e x) + (1 - p) * ((1 - exp eps) * r x)) ->
    hockey eps f <= hockey eps e.
  Proof.
    intros share laws_e [r0 r1] same mixed.
    apply Rle_trans with (p * hockey eps e + (1 - p) * Rmax 0 (1 - exp eps)).
    - replace ((1 - p) * Rmax 0 (1 - exp eps))
        with ((1 - p) * Rmax 0 (1 - exp eps) * total r (points e)) by (rewrite r1; ring).
      unfold hockey. rewrite same, <- !total_scale, <- total_plus. apply total_le. intros x I.
      rewrite (mixed x I). specialize (r0 x I).
      pose proof (Rmax_l 0 (1 - exp eps)) as F0. pose proof (Rmax_r 0 (1 - exp eps)) as F1.
      pose proof (Rmax_l 0 (P e x - exp eps * Q e x)) as G0.
      pose proof (Rmax_r 0 (P e x - exp eps * Q e x)) as G1.
      set (m := Rmax 0 (1 - exp eps)) in *. set (n := Rmax 0 (P e x - exp eps * Q e x)) in *.
      assert (0 <= p * n) by (apply Rmult_le_pos; lra).
      assert (0 <= (1 - p) * m * r x) by (repeat apply Rmult_le_pos; lra).
      assert (p * (P e x - exp eps * Q e x) <= p * n) by (apply Rmult_le_compat_l; lra).
      assert ((1 - p) * ((1 - exp eps) * r x) <= (1 - p) * m * r x).
      { rewrite Rmult_assoc. apply Rmult_le_compat_l; [lra|]. now apply Rmult_le_compat_r. }
      apply Rmax_lub; lra.
    - pose proof (hockey_floor eps e laws_e). nra.
  Qed.

  Lemma rates_rise low high : 0 <= low <= high -> high <= 1 ->
    dominates (at_rate high d) (at_rate low d) /\
    dominates (swap (at_rate high d)) (swap (at_rate low d)).
  Proof.
    intros [L H] one. destruct both as [[p0 p1] [q0 q1]].
    pose proof (at_rate_laws high ltac:(lra)) as laws_high.
    destruct (Req_dec high 0) as [Z|N].
    - replace low with high by lra. split; intros eps; lra.
    - assert (share : 0 <= low / high <= 1).
      { split; [apply Rmult_le_pos; [lra|apply Rlt_le, Rinv_0_lt_compat; lra]|].
        apply Rmult_le_reg_r with high; [lra|]. unfold Rdiv. rewrite Rmult_assoc, Rinv_l; lra. }
      split; intros eps.
      + apply (diluted eps (low / high) (at_rate high d) (at_rate low d) (Q d)); trivial.
        * exact (conj q0 q1).
        * intros x _. simpl. field. exact N.
      + apply (diluted eps (low / high) (swap (at_rate high d)) (swap (at_rate low d)) (Q d));
          trivial.
        * destruct laws_high. now split.
        * exact (conj q0 q1).
        * intros x _. simpl. field. exact N.
  Qed.
End Rates.

(* One more output shows no less. *)
Lemma one_more {A : Type} (M : list A -> pair A) k : (forall h, laws (M h)) ->
  dominates (run M (S k)) (run M k).
Proof.
  intros each eps. unfold hockey. rewrite total_run. apply total_le. intros h _.
  destruct (each h) as [[_ p1] [_ q1]]. apply Rmax_lub.
  - apply total_nonneg. intros. apply Rmax_l.
  - apply Rle_trans with (total (fun x => P (run M k) h * P (M h) x
      - exp eps * Q (run M k) h * Q (M h) x) (points (M h))).
    + rewrite total_minus, !total_scale, p1, q1. lra.
    + apply total_le. intros x _. simpl.
      replace (exp eps * Q (run M k) h * Q (M h) x) with (exp eps * (Q (run M k) h * Q (M h) x))
        by ring. apply Rmax_r.
Qed.

Theorem proved :
  (forall (A : Type) (d : pair A) (low high : R),
     laws d -> 0 <= low <= high -> high <= 1 ->
     dominates (at_rate high d) (at_rate low d) /\
     dominates (swap (at_rate high d)) (swap (at_rate low d))) /\
  (forall (A : Type) (M : list A -> pair A) (few many : nat),
     (forall h, laws (M h)) -> (few <= many)%nat -> dominates (run M many) (run M few)).
Proof.
  split.
  - intros A d low high both. now apply rates_rise.
  - intros A M few many each le. induction le as [|many le IH]; intros eps; [lra|].
    apply Rle_trans with (1 := IH eps). now apply one_more.
Qed.
