(* Tokens that enter the loss through products alone: X^T dX is the sum of dW_i W_i^T. *)
(* Arguments: (other_paths : nat) (examples : nat). *)
From Coq Require Import Reals Lra Lia List Arith.
From DP Require Import Sums Gradient.
Require Import Here.Generated.
Open Scope R_scope.

Section Products.
  (* Examples of n tokens each; so many matrices of weights, which may differ in their columns; and
     other paths, each any function of an example's tokens. *)
  Context (examples n width count other_paths : nat) (columns : nat -> nat)
    (path : nat -> matrix -> matrix).
  Implicit Types X W : nat -> matrix.

  Definition products X W : nat -> nat -> matrix := fun b i => product width (X b) (W i).

  Definition around X : nat -> nat -> matrix := fun b p => path p (X b).

  (* The loss has the products, and what goes around them, and nothing else. *)
  Definition reads (loss : (nat -> nat -> matrix) -> (nat -> nat -> matrix) -> R) : Prop :=
    forall Y Y' Z Z',
      (forall b i, (b < examples)%nat -> (i < count)%nat -> same n (columns i) (Y b i) (Y' b i)) ->
      (forall b p, (b < examples)%nat -> (p < other_paths)%nat -> Z b p = Z' b p) ->
      loss Y Z = loss Y' Z'.
End Products.

(* With E that is 1 at (a, a') and 0 elsewhere, (X (1 + t E)) W = X ((1 + t E) W). *)
Lemma one_product width (X W : matrix) a a' t j c : (a < width)%nat -> (a' < width)%nat ->
  product width (along X (fun j k => if k =? a' then X j a else 0) t) W j c
  = product width X (along W (fun k c => if k =? a then W a' c else 0) t) j c.
Proof.
  intros A A'. unfold product, along.
  rewrite (total_ext _ (fun k => X j k * W k c + t * (X j a * W k c * (if k =? a' then 1 else 0))))
    by (intros k _; destruct (k =? a'); ring).
  rewrite total_plus, total_scale, (picks_below (fun k => X j a * W k c)) by exact A'.
  rewrite (total_ext (fun k => X j k * (W k c + _))
    (fun k => X j k * W k c + t * (X j k * W a' c * (if k =? a then 1 else 0))))
    by (intros k _; destruct (k =? a); ring).
  rewrite total_plus, total_scale, (picks_below (fun k => X j k * W a' c)) by exact A.
  reflexivity.
Qed.

Theorem proved (examples n width count other_paths : nat) (columns : nat -> nat)
  (path : nat -> matrix -> matrix)
  (loss : (nat -> nat -> matrix) -> (nat -> nat -> matrix) -> R) (X W dX dW : nat -> matrix) :
  assumption_1 other_paths -> assumption_2 examples ->
  reads examples n count other_paths columns loss ->
  gradients (fun X => loss (products width X W) (around path X))
    examples n (fun _ => width) X dX ->
  gradients (fun W => loss (products width X W) (around path X)) count width columns W dW ->
  forall b a a', (b < examples)%nat -> (a < width)%nat -> (a' < width)%nat ->
    total (fun j => X b j a * dX b j a') (seq 0 n)
    = total (fun i => total (fun c => dW i a c * W i a' c) (seq 0 (columns i))) (seq 0 count).
Proof.
  unfold assumption_1, assumption_2. intros no one only GX GW b a a' B A A'.
  specialize (GX (fun b j k => if k =? a' then X b j a else 0)).
  specialize (GW (fun i k c => if k =? a then W i a' c else 0)).
  pose proof (one_derivative _ _ _ _ GX GW) as E. rewrite one in E. simpl in E.
  rewrite (inner_column n width (dX 0%nat) a' (fun j => X 0%nat j a)) in E by exact A'.
  replace b with 0%nat by lia.
  rewrite (total_ext _ (fun j => dX 0%nat j a' * X 0%nat j a)) by (intros; ring).
  rewrite <- (Rplus_0_r (total _ (seq 0 n))), E.
  - apply total_ext. intros i _.
    exact (inner_row width (columns i) (dW i) a (fun c => W i a' c) A).
  - intros t. apply only.
    + intros b' i _ _ j c _ _. now apply one_product.
    + intros b' p _ P. lia.
Qed.
