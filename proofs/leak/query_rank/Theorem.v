(* One head of attention: the rank of W_q's gradient, and a query that may attend to one key. *)
(* Arguments: (tokens : nat) (heads : nat). *)
From Coq Require Import Reals Lra Lia List Arith.
From DP Require Import Sums Gradient Softmax Span.
Require Import Here.Generated.
Open Scope R_scope.

Section Heads.
  (* n tokens; each head has so many channels, and a mask of its own that multiplies e^score. *)
  Context (n heads channels : nat) (K : matrix) (mask : nat -> matrix) (scale : R).

  Definition scores (Q : matrix) (h : nat) : matrix := fun i j =>
    scale * total (fun c => Q i (h * channels + c)%nat * K j (h * channels + c)%nat)
      (seq 0 channels).

  Definition attention (Q : matrix) (h : nat) : matrix := softmax n (mask h) (scores Q h).

  (* The loss has these weights and no others. *)
  Definition reads (loss : (nat -> matrix) -> R) : Prop :=
    forall A B, (forall h, (h < heads)%nat -> same n n (A h) (B h)) -> loss A = loss B.

  Context (loss : (nat -> matrix) -> R) (only : reads loss).

  (* A query that may attend to one key only. *)
  Definition lonely i : Prop := forall h, (h < heads)%nat ->
    exists one, (one < n)%nat /\ mask h i one <> 0 /\
      forall k, (k < n)%nat -> k <> one -> mask h i k = 0.

  Lemma lonely_queries Q dQ i c : (i < n)%nat -> lonely i -> (c < heads * channels)%nat ->
    gradient (fun Q => loss (attention Q)) n (heads * channels) Q dQ -> dQ i c = 0.
  Proof.
    intros I L C G. rewrite <- (inner_unit _ _ dQ i c I C). apply (still _ _ _ _ _ _ G).
    intros t. apply only. intros h H i' j I' J. unfold attention.
    destruct (Nat.eq_dec i' i) as [->|other].
    - destruct (L h H) as [one [inside [some none]]]. now apply softmax_of_one with (one := one).
    - assert (E : forall k, scores (along Q (unit_at i c) t) h i' k = scores Q h i' k + 0).
      { intros k. unfold scores, along, unit_at.
        destruct (Nat.eqb_spec i' i); [contradiction|]. simpl. rewrite Rplus_0_r. f_equal.
        apply total_ext. intros. ring. }
      apply softmax_shift with (s := 0); intros; apply E.
  Qed.
End Heads.

Lemma rank_of_one_head n channels width X K mask scale loss W dW :
  reads n 1 loss ->
  gradient (fun W => loss (attention n channels K mask scale (product width X W)))
    width (1 * channels) W dW ->
  at_most width (1 * channels) dW (n - 1).
Proof.
  intros only. rewrite Nat.mul_1_l. intros G.
  set (apart := fun (k c : nat) => K k c - K (n - 1)%nat c).
  exists (fun k a => coefficients channels apart (n - 1) (dW a) k), apart. intros a c I C.
  apply (spanned channels apart (n - 1) (dW a)); [|exact C]. intros d O.
  unfold dot. rewrite <- (inner_row width channels dW a d I).
  apply (still _ _ _ _ _ _ G). intros t. apply only. intros h H i j _ J.
  replace h with 0%nat by lia. clear h H. unfold attention. rewrite product_along.
  set (Q := product width X W).
  set (D := product width X (fun a' c' => if a' =? a then d c' else 0)).
  assert (D_is : forall c', D i c' = X i a * d c').
  { intros c'. unfold D, product.
    rewrite <- (picks_below (fun a' => X i a' * d c') a width I). apply total_ext.
    intros a' _. destruct (a' =? a); ring. }
  assert (one : forall k, (k < n)%nat -> dot channels d (K k) = dot channels d (K (n - 1)%nat)).
  { intros k B. destruct (Nat.eq_dec k (n - 1)) as [->|]; [reflexivity|].
    specialize (O k ltac:(lia)). unfold apart in O. rewrite dot_sym, dot_minus in O.
    rewrite 2!(dot_sym _ d). lra. }
  assert (shift : forall k, (k < n)%nat -> scores channels K scale (along Q D t) 0 i k
    = scores channels K scale Q 0 i k + scale * (t * X i a * dot channels d (K (n - 1)%nat))).
  { intros k B. rewrite <- (one k B). unfold scores, dot, along. simpl.
    rewrite <- Rmult_plus_distr_l. f_equal. rewrite <- total_scale, <- total_plus.
    apply total_ext. intros c' _. rewrite D_is. ring. }
  apply softmax_shift with (1 := shift). now apply shift.
Qed.

(* The rank of dW is at most the formula, whatever the keys; a lonely query has no gradient. *)
Theorem proved (n heads width channels : nat) (X K : matrix) (mask : nat -> matrix) (scale : R)
  (loss : (nat -> matrix) -> R) (W dW : matrix) :
  (1 <= n)%nat -> assumption_2 heads -> reads n heads loss ->
  gradient (fun W => loss (attention n channels K mask scale (product width X W)))
    width (heads * channels) W dW ->
  (exists r : nat, INR r = formula n /\ at_most width (heads * channels) dW r) /\
  forall dQ,
    gradient (fun Q => loss (attention n channels K mask scale Q))
      n (heads * channels) (product width X W) dQ ->
    forall i, (i < n)%nat -> lonely n heads mask i ->
    forall c, (c < heads * channels)%nat -> dQ i c = 0.
Proof.
  intros some single only GW. unfold assumption_2 in single. split.
  - exists (n - 1)%nat. split.
    + unfold formula. rewrite minus_INR by exact some. simpl. ring.
    + rewrite single in *. now apply rank_of_one_head with (2 := GW).
  - intros dQ GQ i I L c C. now apply (lonely_queries _ _ _ _ _ _ _ only _ _ _ _ I L C GQ).
Qed.
