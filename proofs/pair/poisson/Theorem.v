(* Sampling by Poisson turns a dominating pair into one of the sampled release. *)
From Coq Require Import Reals Lra Psatz List.
From DP Require Import Sums Finite Dominance.
Import ListNotations.
Open Scope R_scope.

(* The record is in the sample with the chance q. *)
Definition sampled {A} (q : R) (d : pair A) : pair A :=
  Pair (points d) (fun x => (1 - q) * Q d x + q * P d x) (Q d).

(* The chances w of the samples of the other records; M s is the release with and without the
   record on that sample. All have one set of outputs, l. *)
Definition mixture {S A} (w : S -> R) (samples : list S) (l : list A) (M : S -> pair A) : pair A :=
  Pair l (fun x => total (fun s => w s * P (M s) x) samples)
         (fun x => total (fun s => w s * Q (M s) x) samples).

Lemma maximum_of_a_sum {S} (f : S -> R) l : Rmax 0 (total f l) <= total (fun s => Rmax 0 (f s)) l.
Proof.
  apply Rmax_lub.
  - apply total_nonneg. intros. apply Rmax_l.
  - apply total_le. intros. apply Rmax_r.
Qed.

(* The hockey stick is jointly convex. *)
Lemma hockey_of_mixture {S A} eps (w : S -> R) samples (l : list A) (M : S -> pair A) :
  (forall s, In s samples -> 0 <= w s) -> (forall s, points (M s) = l) ->
  hockey eps (mixture w samples l M) <= total (fun s => w s * hockey eps (M s)) samples.
Proof.
  intros W same. unfold hockey, mixture. simpl.
  apply Rle_trans with (total (fun x => total
    (fun s => w s * Rmax 0 (P (M s) x - exp eps * Q (M s) x)) samples) l).
  - apply total_le. intros x _. rewrite <- total_scale, <- total_minus.
    refine (Rle_trans _ _ _ (maximum_of_a_sum _ _) (total_le _ _ _ _)).
    intros s I. rewrite <- Rmax_scale by now apply W. apply Req_le. f_equal. ring.
  - rewrite total_swap. apply total_le. intros s _. rewrite total_scale, same. lra.
Qed.

(* Removing: the record sampled in or not, against its absence. *)
Lemma remove_where_it_counts {A} q eps (d : pair A) : 0 < q -> 0 < exp eps - 1 + q ->
  hockey eps (sampled q d) = q * hockey (ln ((exp eps - 1 + q) / q)) d.
Proof.
  intros Q0 E. unfold hockey, sampled. simpl. rewrite <- total_scale. apply total_ext. intros x _.
  rewrite <- Rmax_scale by lra. f_equal.
  rewrite exp_ln by (apply Rdiv_lt_0_compat; lra). field. lra.
Qed.

Lemma remove_elsewhere {A} q eps (d : pair A) : laws d -> 0 <= q -> exp eps - 1 + q <= 0 ->
  hockey eps (sampled q d) = 1 - exp eps.
Proof.
  intros [[p0 p1] [q0 q1]] Q0 E. unfold hockey, sampled. simpl.
  rewrite (total_ext _ (fun x => ((1 - q) * Q d x + q * P d x) - exp eps * Q d x)).
  - rewrite total_minus, total_plus, !total_scale, p1, q1. ring.
  - intros x I. specialize (p0 x I). specialize (q0 x I). rewrite Rmax_right; nra.
Qed.

Lemma remove_dominated {A B} q (d : pair A) (e : pair B) : laws d -> laws e -> 0 < q ->
  dominates e d -> dominates (sampled q e) (sampled q d).
Proof.
  intros D E Q0 dom eps. destruct (Rlt_dec 0 (exp eps - 1 + q)).
  - rewrite !remove_where_it_counts by lra. apply Rmult_le_compat_l; [lra|]. apply dom.
  - rewrite !remove_elsewhere by (assumption || lra). lra.
Qed.

(* Adding: its absence against the record sampled in or not. *)
Lemma add_where_it_counts {A} q eps (d : pair A) : 0 < q -> 0 < 1 - (1 - q) * exp eps ->
  hockey eps (swap (sampled q d))
  = (1 - (1 - q) * exp eps) * hockey (ln (exp eps * q / (1 - (1 - q) * exp eps))) (swap d).
Proof.
  intros Q0 E. pose proof (exp_pos eps). unfold hockey, sampled, swap. simpl.
  rewrite <- total_scale. apply total_ext. intros x _.
  rewrite <- Rmax_scale by lra. f_equal.
  rewrite exp_ln by (apply Rdiv_lt_0_compat; nra). field. lra.
Qed.

Lemma add_elsewhere {A} q eps (d : pair A) : laws d -> 0 <= q -> 1 - (1 - q) * exp eps <= 0 ->
  hockey eps (swap (sampled q d)) = 0.
Proof.
  intros [[p0 p1] [q0 q1]] Q0 E. pose proof (exp_pos eps). unfold hockey, sampled, swap. simpl.
  rewrite (total_ext _ (fun _ => 0 * 0)); [rewrite total_scale; ring|].
  intros x I. specialize (p0 x I). specialize (q0 x I). rewrite Rmult_0_l. apply Rmax_left.
  assert (0 <= exp eps * (q * P d x)) by (apply Rmult_le_pos; [lra|]; apply Rmult_le_pos; lra).
  nra.
Qed.

Lemma add_dominated {A B} q (d : pair A) (e : pair B) : laws d -> laws e -> 0 < q ->
  dominates (swap e) (swap d) -> dominates (swap (sampled q e)) (swap (sampled q d)).
Proof.
  intros D E Q0 dom eps. destruct (Rlt_dec 0 (1 - (1 - q) * exp eps)).
  - rewrite !add_where_it_counts by lra. apply Rmult_le_compat_l; [lra|]. apply dom.
  - rewrite !add_elsewhere by (assumption || lra). lra.
Qed.

Theorem proved : forall (S A B : Type) (w : S -> R) (samples : list S) (l : list A)
  (M : S -> pair A) (e : pair B) (q : R),
  law samples w -> (forall s, laws (M s)) -> (forall s, points (M s) = l) -> laws e ->
  0 < q <= 1 ->
  ((forall s, dominates e (M s)) ->
   dominates (sampled q e) (mixture w samples l (fun s => sampled q (M s)))) /\
  ((forall s, dominates (swap e) (swap (M s))) ->
   dominates (swap (sampled q e)) (swap (mixture w samples l (fun s => sampled q (M s))))).
Proof.
  intros S A B w samples l M e q [w0 w1] each same E range. split.
  - intros dom eps.
    refine (Rle_trans _ _ _
      (hockey_of_mixture eps w samples l (fun s => sampled q (M s)) w0 same) _).
    rewrite <- (Rmult_1_l (hockey eps (sampled q e))), <- w1, Rmult_comm, <- total_scale.
    apply total_le. intros s I. rewrite Rmult_comm.
    apply Rmult_le_compat_r; [now apply w0|]. apply remove_dominated; auto. lra.
  - intros dom eps.
    change (swap (mixture w samples l (fun s => sampled q (M s))))
      with (mixture w samples l (fun s => swap (sampled q (M s)))).
    refine (Rle_trans _ _ _
      (hockey_of_mixture eps w samples l (fun s => swap (sampled q (M s))) w0 same) _).
    rewrite <- (Rmult_1_l (hockey eps (swap (sampled q e)))), <- w1, Rmult_comm, <- total_scale.
    apply total_le. intros s I. rewrite Rmult_comm.
    apply Rmult_le_compat_r; [now apply w0|]. apply add_dominated; auto. lra.
Qed.
