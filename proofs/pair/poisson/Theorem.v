(* If a pair dominates a release, the pair mixed with its second law dominates the release on a Poisson
   sample: for removing a record, and for adding one. *)
From Coq Require Import Reals List Lra Psatz.
From DP Require Import Sums Finite Dominance Sampling.
Import ListNotations.
Open Scope R_scope.

Definition mixed {A : Type} (q : R) (d : pair A) : pair A :=
  Pair (points d) (fun x => (1 - q) * Q d x + q * P d x) (Q d).

Lemma mixed_remove {A B : Type} q (D : pair A) (d : pair B) :
  0 <= q -> laws D -> laws d -> dominates D d -> dominates (mixed q D) (mixed q d).
Proof.
  intros rate laws_D laws_d over eps.
  assert (split : forall (C : Type) (c : pair C),
    hockey eps (mixed q c) = weighted q (exp eps - (1 - q)) c).
  { intros C c. apply total_ext. intros x _. simpl. f_equal. ring. }
  rewrite !split. apply dominates_weighted; assumption.
Qed.

Lemma mixed_add {A B : Type} q (D : pair A) (d : pair B) :
  0 <= q -> laws D -> laws d -> dominates (swap D) (swap d) ->
  dominates (swap (mixed q D)) (swap (mixed q d)).
Proof.
  intros rate [D_P D_Q] [d_P d_Q] over eps.
  assert (split : forall (C : Type) (c : pair C),
    hockey eps (swap (mixed q c)) = weighted (1 - exp eps * (1 - q)) (exp eps * q) (swap c)).
  { intros C c. apply total_ext. intros x _. simpl. f_equal. ring. }
  assert (back_D : laws (swap D)) by (split; assumption).
  assert (back_d : laws (swap d)) by (split; assumption).
  pose proof (exp_pos eps). assert (0 <= exp eps * q) by (apply Rmult_le_pos; lra).
  rewrite !split. destruct (Rle_dec 0 (1 - exp eps * (1 - q))).
  - apply dominates_weighted; assumption.
  - rewrite !weighted_none by (try apply laws_measures; auto; lra). lra.
Qed.

Section Sample.
Context {Rec A : Type}.
Variables (outputs : list A) (M : list Rec -> A -> R) (q : R) (z : Rec) (others : list Rec).
Hypothesis rate : 0 <= q <= 1.

(* The laws on a sample of the others, and of the others and z. *)
Definition absent (x : A) : R := sampled q (fun s => M s x) others.
Definition present (x : A) : R := sampled q (fun s => M s x) (z :: others).

(* What the release is, given the sample of the others. *)
Definition given (s : list Rec) : pair A := Pair outputs (M (z :: s)) (M s).

Lemma below_remove eps bound :
  (forall s, hockey eps (mixed q (given s)) <= bound) ->
  hockey eps (Pair outputs present absent) <= bound.
Proof.
  intros each. apply Rle_trans with
    (sampled q (fun s => hockey eps (mixed q (given s))) others).
  - unfold hockey at 2. simpl. rewrite <- sampled_total. apply total_le. intros x _. simpl.
    refine (Rle_trans _ _ _ _ (sampled_positive q others _ rate)). apply Req_le. f_equal.
    unfold present, absent. simpl.
    pose proof (sampled_affine q others (1 - q - exp eps) q 0 (fun s => M s x)
      (fun s => M (z :: s) x)) as whole.
    transitivity (sampled q (fun s => (1 - q - exp eps) * M s x + q * M (z :: s) x + 0) others).
    + rewrite whole. ring.
    + apply Rle_antisym; apply sampled_le; try exact rate; intros s; lra.
  - rewrite <- (sampled_constant q others bound). apply sampled_le; assumption.
Qed.

Lemma below_add eps bound :
  (forall s, hockey eps (swap (mixed q (given s))) <= bound) ->
  hockey eps (Pair outputs absent present) <= bound.
Proof.
  intros each. apply Rle_trans with
    (sampled q (fun s => hockey eps (swap (mixed q (given s)))) others).
  - unfold hockey at 2. simpl. rewrite <- sampled_total. apply total_le. intros x _. simpl.
    refine (Rle_trans _ _ _ _ (sampled_positive q others _ rate)). apply Req_le. f_equal.
    unfold present, absent. simpl.
    pose proof (sampled_affine q others (1 - exp eps * (1 - q)) (- exp eps * q) 0 (fun s => M s x)
      (fun s => M (z :: s) x)) as whole.
    transitivity (sampled q (fun s =>
      (1 - exp eps * (1 - q)) * M s x + - exp eps * q * M (z :: s) x + 0) others).
    + rewrite whole. ring.
    + apply Rle_antisym; apply sampled_le; try exact rate; intros s; lra.
  - rewrite <- (sampled_constant q others bound). apply sampled_le; assumption.
Qed.
End Sample.

Theorem proved :
  forall (Rec A B : Type) (outputs : list A) (M : list Rec -> A -> R) (q : R) (z : Rec)
    (others : list Rec) (D : pair B),
    0 <= q <= 1 -> laws D -> (forall s, law outputs (M s)) ->
    ((forall s, dominates D (Pair outputs (M (z :: s)) (M s))) ->
     dominates (mixed q D) (Pair outputs (present M q z others) (absent M q others))) /\
    ((forall s, dominates (swap D) (Pair outputs (M s) (M (z :: s)))) ->
     dominates (swap (mixed q D)) (Pair outputs (absent M q others) (present M q z others))).
Proof.
  intros Rec A B outputs M q z others D rate laws_D each.
  assert (pairs : forall s, laws (given outputs M z s)) by (intros s; split; apply each).
  split; intros over eps.
  - apply below_remove; [exact rate|]. intros s. apply mixed_remove; auto; try lra. apply over.
  - apply below_add; [exact rate|]. intros s. apply mixed_add; auto; try lra. apply over.
Qed.
