(* What the gradients of W_q, W_k and W_v span together: the tokens, if their rank is that. *)
(* Arguments: (tokens : nat) (dependent_tokens : nat) (rank_of_outer : nat). *)
From Coq Require Import Reals Lra Lia List Arith FunctionalExtensionality.
From DP Require Import Sums Gradient Span.
Require Import Here.Generated.
Open Scope R_scope.

Section Beside.
  (* Query, key and value, which may differ in their columns, side by side. *)
  Context (columns : nat -> nat).

  Definition wide : nat := (columns 0 + columns 1 + columns 2)%nat.

  Definition beside (M : nat -> matrix) : matrix := fun a c =>
    if c <? columns 0%nat then M 0%nat a c
    else if c <? columns 0%nat + columns 1%nat then M 1%nat a (c - columns 0%nat)%nat
    else M 2%nat a (c - columns 0%nat - columns 1%nat)%nat.

  Definition products (width : nat) (X : matrix) (W : nat -> matrix) : nat -> matrix :=
    fun i => product width X (W i).

  Context (n width : nat) (X : matrix) (loss : (nat -> matrix) -> R) (W dY dW : nat -> matrix).
  Context (GY : gradients loss 3 n columns (products width X W) dY).
  Context (GW : gradients (fun W => loss (products width X W)) 3 width columns W dW).

  Lemma each_weight i a c : (i < 3)%nat -> (a < width)%nat -> (c < columns i)%nat ->
    dW i a c = total (fun j => X j a * dY i j c) (seq 0 n).
  Proof.
    intros I A C.
    apply (chain (fun M => loss (exchanged (products width X W) i M)) n width (columns i) X (W i));
      [exact A|exact C|exact (each _ _ _ _ _ _ i I GY)|].
    pose proof (each _ _ _ _ _ _ i I GW) as H. simpl in H.
    replace (fun M => loss (exchanged (products width X W) i (product width X M)))
      with (fun M => loss (products width X (exchanged W i M))); [exact H|].
    apply functional_extensionality. intros M. f_equal. apply functional_extensionality.
    intros k. unfold products, exchanged. destruct (k =? i); reflexivity.
  Qed.

  Lemma all_weights a c : (a < width)%nat -> (c < wide)%nat ->
    beside dW a c = total (fun j => X j a * beside dY j c) (seq 0 n).
  Proof.
    unfold beside, wide. intros A C.
    destruct (Nat.ltb_spec c (columns 0%nat)); [apply each_weight; lia|].
    destruct (Nat.ltb_spec c (columns 0%nat + columns 1%nat)); apply each_weight; lia.
  Qed.

  (* Independent tokens: the rank is that of [dQ dK dV]. *)
  Lemma same_rank r : rank n width X n -> rank n wide (beside dY) r ->
    rank width wide (beside dW) r.
  Proof.
    intros [_ full] [enough least]. split.
    - apply (at_most_product width n wide (fun a j => X j a) (beside dY)); [|exact enough].
      exact all_weights.
    - intros s S. apply least. destruct (right_inverse n width X full) as [P inverse].
      apply (at_most_product n width wide (fun j a => P a j) (beside dW)); [|exact S].
      intros j c J C.
      rewrite (total_ext _ (fun a => total (fun i => P a j * (X i a * beside dY i c)) (seq 0 n)))
        by (intros a A; rewrite all_weights, <- total_scale by (assumption || now apply below);
            reflexivity).
      rewrite total_swap. rewrite <- (picks_below (fun i => beside dY i c) j n J).
      apply total_ext. intros i I. rewrite <- (inverse i j) by (assumption || now apply below).
      rewrite <- total_scale. apply total_ext. intros. ring.
  Qed.

  Lemma every_token t : rank n wide (beside dY) n -> (t < n)%nat ->
    exists k, forall a, (a < width)%nat ->
      X t a = total (fun c => k c * beside dW a c) (seq 0 wide).
  Proof.
    intros [_ full] T. destruct (right_inverse n wide (beside dY) full) as [P inverse].
    exists (fun c => P c t). intros a A.
    rewrite (total_ext _ (fun c => total (fun j => P c t * (X j a * beside dY j c)) (seq 0 n)))
      by (intros c C; rewrite all_weights, <- total_scale by (assumption || now apply below);
          reflexivity).
    rewrite total_swap. rewrite <- (picks_below (fun j => X j a) t n T).
    apply total_ext. intros j J. rewrite <- (inverse j t) by (assumption || now apply below).
    rewrite <- total_scale. apply total_ext. intros. ring.
  Qed.
End Beside.

(* The rank of a matrix is the dimension that its columns span: the least number of vectors of which
   all of them are combinations. *)
Theorem proved (n width : nat) (columns : nat -> nat) (X : matrix) (loss : (nat -> matrix) -> R)
  (W dY dW : nat -> matrix) :
  (1 <= n)%nat ->
  gradients loss 3 n columns (products width X W) dY ->
  gradients (fun W => loss (products width X W)) 3 width columns W dW ->
  (forall i c, (i < 3)%nat -> (c < columns i)%nat ->
    exists k, forall a, (a < width)%nat -> dW i a c = combined n k X a) /\
  forall dependent_tokens rank_of_outer : nat,
    (dependent_tokens <= n)%nat -> rank n width X (n - dependent_tokens) ->
    assumption_2 dependent_tokens ->
    rank n (wide columns) (beside columns dY) rank_of_outer ->
    (exists r, INR r = formula rank_of_outer /\ rank width (wide columns) (beside columns dW) r) /\
    (formula rank_of_outer = INR n -> forall t, (t < n)%nat ->
      exists k, forall a, (a < width)%nat ->
        X t a = total (fun c => k c * beside columns dW a c) (seq 0 (wide columns))).
Proof.
  intros _ GY GW. split.
  - intros i c I C. exists (fun j => dY i j c). intros a A.
    rewrite (each_weight columns n width X loss W dY dW GY GW i a c I A C).
    apply total_ext. intros. ring.
  - intros dependent_tokens rank_of_outer _ of_tokens independent of_outer.
    unfold assumption_2 in independent. rewrite independent, Nat.sub_0_r in of_tokens. split.
    + exists rank_of_outer. split; [reflexivity|].
      now apply (same_rank columns n width X loss W dY dW GY GW).
    + unfold formula. intros whole t T. apply INR_eq in whole. rewrite whole in of_outer.
      now apply (every_token columns n width X loss W dY dW GY GW).
Qed.
