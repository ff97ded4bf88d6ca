(* Attention whose outputs enter the loss through their mean alone: the rank of W_v's gradient. *)
(* Arguments: (tokens : nat) (heads : nat). *)
From Coq Require Import Reals Lra Lia List Arith.
From DP Require Import Sums Gradient Span.
Require Import Here.Generated.
Open Scope R_scope.

Section Heads.
  (* n tokens; each head has so many channels, and weights A of its own. They come from queries and
     keys: whatever they are, W_v does not change them. *)
  Context (n channels : nat) (A : nat -> matrix).

  Definition output (V : matrix) : matrix :=
    fun i c => total (fun j => A (c / channels)%nat i j * V j c) (seq 0 n).

  Definition mean (Y : matrix) c : R := total (fun i => Y i c) (seq 0 n) / INR n.

  (* The tokens, weighted as the mean of a head's outputs has them. *)
  Definition weighted (X : matrix) : matrix :=
    fun h a => total (fun j => total (fun i => A h i j) (seq 0 n) * X j a) (seq 0 n).

  Definition in_column c (d : nat -> R) : matrix := fun a c' => if c' =? c then d a else 0.

  Lemma product_in_column width X c d j c' :
    product width X (in_column c d) j c' = if c' =? c then dot width d (X j) else 0.
  Proof.
    unfold product, in_column, dot. destruct (c' =? c).
    - apply total_ext. intros. ring.
    - apply total_zero. intros. ring.
  Qed.

  Lemma mean_along V D t c : mean (output (along V D t)) c
    = mean (output V) c + t * total (fun j =>
        total (fun i => A (c / channels)%nat i j) (seq 0 n) * D j c) (seq 0 n) / INR n.
  Proof.
    unfold mean. rewrite (total_ext (fun i => output (along V D t) i c)
      (fun i => output V i c + t * output D i c)).
    - rewrite total_plus, total_scale. unfold Rdiv. rewrite Rmult_plus_distr_r. f_equal. f_equal.
      f_equal. unfold output. rewrite total_swap. apply total_ext. intros j _.
      rewrite (Rmult_comm (total _ _)), <- total_scale. apply total_ext. intros. ring.
    - intros i _. unfold output, along. rewrite <- total_scale, <- total_plus.
      apply total_ext. intros. ring.
  Qed.

  Context (width columns : nat) (X : matrix) (loss : matrix -> R) (W dW : matrix).
  Context (of_mean : forall Y Z, (forall c, (c < columns)%nat -> mean Y c = mean Z c) ->
    loss Y = loss Z).
  Context (G : gradient (fun W => loss (output (product width X W))) width columns W dW).

  (* A direction that no mean feels is orthogonal to the gradient. *)
  Lemma unfelt c d : (c < columns)%nat ->
    total (fun j => total (fun i => A (c / channels)%nat i j) (seq 0 n) * dot width d (X j))
      (seq 0 n) = 0 ->
    dot width (fun a => dW a c) d = 0.
  Proof.
    intros C Z. unfold dot. rewrite <- (inner_column width columns dW c d C).
    apply (still _ _ _ _ _ _ G). intros t. apply of_mean. intros c' _.
    rewrite product_along, mean_along.
    rewrite (total_ext _ (fun j => (if c' =? c then 1 else 0) *
      (total (fun i => A (c' / channels)%nat i j) (seq 0 n) * dot width d (X j)))).
    - rewrite total_scale. destruct (Nat.eqb_spec c' c) as [->|]; [rewrite Z|];
        unfold Rdiv; ring.
    - intros j _. pose proof (product_in_column width X c d j c') as E. unfold in_column in E.
      rewrite E. destruct (c' =? c); ring.
  Qed.

  Lemma at_most_tokens : at_most width columns dW n.
  Proof.
    exists X, (fun k c => coefficients width X n (fun a => dW a c) k). intros a c I C.
    rewrite (spanned width X n (fun a => dW a c)) with (a := a) by
      (exact I || (intros d O; apply unfelt; [exact C|];
       apply total_zero; intros j J; rewrite O by (now apply below); ring)).
    apply total_ext. intros. ring.
  Qed.

  Lemma at_most_heads heads : (columns = heads * channels)%nat -> at_most width columns dW heads.
  Proof.
    intros S.
    exists (weighted X).
    exists (fun h c => (if h =? c / channels then 1 else 0) *
      coefficients width (fun _ => weighted X (c / channels)) 1 (fun a => dW a c) 0%nat).
    intros a c I C.
    assert (H : (c / channels < heads)%nat) by (apply Nat.div_lt_upper_bound; lia).
    rewrite (spanned width (fun _ => weighted X (c / channels)) 1 (fun a => dW a c)) with (a := a).
    - rewrite (total_ext _ (fun h => weighted X h a *
        coefficients width (fun _ => weighted X (c / channels)) 1 (fun a => dW a c) 0%nat *
        (if h =? c / channels then 1 else 0))) by (intros; ring).
      rewrite (picks_below (fun h => weighted X h a * _)) by exact H.
      unfold combined. simpl. ring.
    - intros d O. apply unfelt; [exact C|]. rewrite <- (O 0%nat) by lia. unfold dot, weighted.
      rewrite (total_ext (fun a => d a * total _ _) (fun a => total (fun j =>
        total (fun i => A (c / channels)%nat i j) (seq 0 n) * (d a * X j a)) (seq 0 n))).
      + rewrite total_swap. apply total_ext. intros j _. now rewrite total_scale.
      + intros a' _. rewrite <- total_scale. apply total_ext. intros. ring.
    - exact I.
  Qed.
End Heads.

(* The rank of dW is at most the formula. `outputs_differ` is 0 only where the loss has nothing of
   the outputs but their mean. *)
Theorem proved (n heads width channels : nat) (X : matrix) (A : nat -> matrix)
  (loss : matrix -> R) (W dW : matrix) (outputs_differ : R) :
  (1 <= n)%nat -> (1 <= heads)%nat ->
  (outputs_differ = 0 -> forall Y Z,
    (forall c, (c < heads * channels)%nat -> mean n Y c = mean n Z c) -> loss Y = loss Z) ->
  assumption_3 outputs_differ ->
  gradient (fun W => loss (output n channels A (product width X W)))
    width (heads * channels) W dW ->
  exists r : nat, INR r = formula n heads /\ at_most width (heads * channels) dW r.
Proof.
  intros _ _ of_mean differ G. specialize (of_mean differ). unfold formula. rewrite plus_INR.
  destruct (le_lt_dec n heads) as [few|many].
  - exists n. apply le_INR in few as order. split.
    + rewrite Rabs_left1 by lra. field.
    + exact (at_most_tokens n channels A width _ X loss W dW of_mean G).
  - exists heads. apply lt_INR in many as order. split.
    + rewrite Rabs_right by lra. field.
    + exact (at_most_heads n channels A width _ X loss W dW of_mean G heads eq_refl).
Qed.
