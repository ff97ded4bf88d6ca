(* One head of attention: the key gradients add up to 0, and the rank of W_k's gradient. *)
(* Arguments: (tokens : nat). *)
From Coq Require Import Reals Lra Lia List Arith FunctionalExtensionality.
From DP Require Import Sums Gradient Softmax Span.
Require Import Here.Generated.
Open Scope R_scope.

Section Head.
  (* n tokens, keys and queries of some channels; the mask multiplies e^score. *)
  Context (n channels : nat) (Q mask : matrix) (scale : R).

  Definition attention (K : matrix) : matrix :=
    softmax n mask (fun i j => scale * total (fun c => Q i c * K j c) (seq 0 channels)).

  Definition unit_in c : matrix := fun _ c' => if c' =? c then 1 else 0.

  (* The same number added to one channel of all keys changes no attention weight. *)
  Lemma attention_ignores_a_common_key K c t : (c < channels)%nat ->
    attention (along K (unit_in c) t) = attention K.
  Proof.
    intros C. apply functional_extensionality. intros i. apply functional_extensionality. intros j.
    assert (E : forall k,
      scale * total (fun c' => Q i c' * along K (unit_in c) t k c') (seq 0 channels)
      = scale * total (fun c' => Q i c' * K k c') (seq 0 channels) + scale * (t * Q i c)).
    { intros k. rewrite <- Rmult_plus_distr_l. f_equal. unfold along, unit_in.
      rewrite <- (picks_below (fun c' => Q i c') c channels C), <- total_scale, <- total_plus.
      apply total_ext. intros. ring. }
    apply softmax_shift with (s := scale * (t * Q i c)); intros; apply E.
  Qed.

  Lemma key_gradients_add_up_to_0 (loss : matrix -> R) K dK c : (c < channels)%nat ->
    gradient (fun K => loss (attention K)) n channels K dK ->
    total (fun j => dK j c) (seq 0 n) = 0.
  Proof.
    intros C G. rewrite <- (still _ _ _ _ _ (unit_in c) G).
    - unfold unit_in. rewrite (inner_column _ _ _ _ (fun _ => 1)) by exact C.
      apply total_ext. intros. ring.
    - intros t. now rewrite attention_ignores_a_common_key.
  Qed.
End Head.

(* The rank of dW is at most the formula. *)
Theorem proved (n width channels : nat) (X Q mask : matrix) (scale : R) (loss : matrix -> R)
  (W dK dW : matrix) :
  (1 <= n)%nat ->
  gradient (fun K => loss (attention n channels Q mask scale K))
    n channels (product width X W) dK ->
  gradient (fun W => loss (attention n channels Q mask scale (product width X W)))
    width channels W dW ->
  (forall c, (c < channels)%nat -> total (fun j => dK j c) (seq 0 n) = 0) /\
  exists r : nat, INR r = formula n /\ at_most width channels dW r.
Proof.
  intros some GK GW. split.
  - intros c C. exact (key_gradients_add_up_to_0 _ _ _ _ _ _ _ _ c C GK).
  - exists (n - 1)%nat. split.
    + unfold formula. rewrite minus_INR by exact some. simpl. ring.
    + exists (fun k a => X k a - X (n - 1)%nat a), dK. intros a c A C.
      rewrite (chain _ n width channels X W dK dW a c A C GK GW).
      pose proof (key_gradients_add_up_to_0 _ _ _ _ _ _ _ _ c C GK) as Z.
      replace (total (fun j => X j a * dK j c) (seq 0 n))
        with (total (fun j => X j a * dK j c) (seq 0 n)
              - X (n - 1)%nat a * total (fun j => dK j c) (seq 0 n)) by (rewrite Z; ring).
      rewrite <- total_scale, <- total_minus.
      rewrite (total_ext _ (fun j => (X j a - X (n - 1)%nat a) * dK j c)) by (intros; ring).
      assert (E : seq 0 n = (seq 0 (n - 1) ++ (n - 1)%nat :: nil)%list).
      { replace n with (S (n - 1)) at 1 by lia. rewrite seq_S. reflexivity. }
      rewrite E, total_app. simpl. ring.
Qed.
