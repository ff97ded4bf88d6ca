(* One head of attention: the key gradients add up to 0, and the rank of W_k's gradient. *)
(* Arguments: (tokens : nat). *)
From Coq Require Import Reals Lra Lia List Arith FunctionalExtensionality.
From Coquelicot Require Import Coquelicot.
From DP Require Import Sums.
Require Import Here.Generated.
Open Scope R_scope.

Notation matrix := (nat -> nat -> R).

Section Head.
  (* n tokens of some width, keys and queries of some channels; the mask multiplies e^score. *)
  Context (n width channels : nat) (X Q mask : matrix) (scale : R).

  Definition keys (W : matrix) : matrix :=
    fun j c => total (fun a => X j a * W a c) (seq 0 width).

  Definition weight (K : matrix) i j :=
    mask i j * exp (scale * total (fun c => Q i c * K j c) (seq 0 channels)).

  Definition attention (K : matrix) : matrix :=
    fun i j => weight K i j / total (weight K i) (seq 0 n).

  Definition along (K D : matrix) (t : R) : matrix := fun j c => K j c + t * D j c.

  (* G is the gradient at K: along every line, the derivative is the inner product with it. *)
  Definition gradient (h : matrix -> R) (rows : nat) (K G : matrix) : Prop :=
    forall D, is_derive (fun t => h (along K D t)) 0
      (total (fun j => total (fun c => G j c * D j c) (seq 0 channels)) (seq 0 rows)).

  Definition unit_in c : matrix := fun _ c' => if c' =? c then 1 else 0.
  Definition unit_at a c : matrix := fun a' c' => if andb (a' =? a) (c' =? c) then 1 else 0.

  Lemma total_picks (f : nat -> R) c l : NoDup l -> In c l ->
    total (fun c' => f c' * (if c' =? c then 1 else 0)) l = f c.
  Proof.
    intros U I. induction U as [|k l out U IH]; simpl in *; [contradiction|].
    destruct I as [<-|I].
    - rewrite Nat.eqb_refl.
      rewrite (total_ext (fun c' => f c' * (if c' =? k then 1 else 0)) (fun _ => 0 * 0) l).
      + rewrite total_scale. ring.
      + intros k' I. destruct (Nat.eqb_spec k' k) as [->|]; [contradiction|ring].
    - rewrite (IH I). destruct (Nat.eqb_spec k c) as [->|]; [contradiction|ring].
  Qed.

  Lemma picks_below (f : nat -> R) c m : (c < m)%nat ->
    total (fun c' => f c' * (if c' =? c then 1 else 0)) (seq 0 m) = f c.
  Proof. intros H. apply total_picks; [apply seq_NoDup|]. apply in_seq. lia. Qed.

  (* The same number added to one channel of all keys changes no attention weight. *)
  Lemma attention_ignores_a_common_key K c t : (c < channels)%nat ->
    attention (along K (unit_in c) t) = attention K.
  Proof.
    intros C. apply functional_extensionality. intros i. apply functional_extensionality. intros j.
    assert (E : forall k, weight (along K (unit_in c) t) i k
                          = exp (scale * (t * Q i c)) * weight K i k).
    { intros k. unfold weight, along, unit_in.
      rewrite (total_ext _ (fun c' => Q i c' * K k c'
                                      + t * (Q i c' * (if c' =? c then 1 else 0)))).
      - rewrite total_plus, total_scale, picks_below by exact C.
        rewrite Rmult_plus_distr_l, exp_plus. ring.
      - intros c' _. ring. }
    unfold attention. rewrite E.
    rewrite (total_ext (weight (along K (unit_in c) t) i)
      (fun k => exp (scale * (t * Q i c)) * weight K i k)) by (intros; apply E).
    rewrite total_scale. unfold Rdiv. rewrite Rinv_mult.
    pose proof (exp_pos (scale * (t * Q i c))).
    set (e := exp (scale * (t * Q i c))) in *. set (s := / total (weight K i) (seq 0 n)).
    replace (e * weight K i j * (/ e * s)) with (e * / e * (weight K i j * s)) by ring.
    rewrite Rinv_r by lra. ring.
  Qed.

  Context (loss : matrix -> R).

  Lemma key_gradients_add_up_to_0 K dK c : (c < channels)%nat ->
    gradient (fun K => loss (attention K)) n K dK ->
    total (fun j => dK j c) (seq 0 n) = 0.
  Proof.
    intros C G. specialize (G (unit_in c)). apply is_derive_unique in G.
    rewrite (Derive_ext _ (fun _ => loss (attention K))) in G
      by (intros t; now rewrite attention_ignores_a_common_key).
    rewrite Derive_const in G. rewrite G. apply total_ext. intros j _. unfold unit_in.
    now rewrite picks_below.
  Qed.

  (* The chain rule: dW = X^T dK. *)
  Lemma weight_gradient W dK dW a c : (a < width)%nat -> (c < channels)%nat ->
    gradient (fun K => loss (attention K)) n (keys W) dK ->
    gradient (fun W => loss (attention (keys W))) width W dW ->
    dW a c = total (fun j => X j a * dK j c) (seq 0 n).
  Proof.
    intros A C GK GW.
    set (D := fun j c' => X j a * (if c' =? c then 1 else 0)).
    specialize (GK D). specialize (GW (unit_at a c)).
    apply is_derive_unique in GK. apply is_derive_unique in GW.
    rewrite (Derive_ext (fun t => loss (attention (keys (along W (unit_at a c) t))))
      (fun t => loss (attention (along (keys W) D t)))) in GW.
    - apply (eq_trans (eq_sym GW)) in GK. clear GW. rename GK into GW.
      assert (L : total (fun j => total (fun c' => dW j c' * unit_at a c j c') (seq 0 channels))
                    (seq 0 width) = dW a c).
      { rewrite (total_ext _ (fun j => dW j c * (if j =? a then 1 else 0))).
        - now rewrite (picks_below (fun j => dW j c)).
        - intros j _. unfold unit_at. destruct (j =? a); simpl.
          + rewrite picks_below by exact C. ring.
          + rewrite (total_ext _ (fun _ => 0 * 0)) by (intros; ring).
            rewrite total_scale. ring. }
      rewrite L in GW. rewrite GW. apply total_ext. intros j _. unfold D.
      rewrite (total_ext _ (fun c' => X j a * (dK j c' * (if c' =? c then 1 else 0))))
        by (intros; ring).
      rewrite total_scale, picks_below by exact C. reflexivity.
    - intros t. f_equal. f_equal. apply functional_extensionality. intros j.
      apply functional_extensionality. intros c'. unfold keys, along, unit_at, D.
      rewrite (total_ext _ (fun a' => X j a' * W a' c'
        + t * (if c' =? c then 1 else 0) * (X j a' * (if a' =? a then 1 else 0)))).
      + rewrite total_plus, total_scale, picks_below by exact A. ring.
      + intros a' _. destruct (a' =? a), (c' =? c); simpl; ring.
  Qed.
End Head.

(* dW is a sum of r products of a column and a row, r the formula: its rank is at most r. *)
Theorem proved (n width channels : nat) (X Q mask : matrix) (scale : R) (loss : matrix -> R)
  (W dK dW : matrix) :
  (1 <= n)%nat ->
  gradient channels (fun K => loss (attention n channels Q mask scale K)) n (keys width X W) dK ->
  gradient channels (fun W => loss (attention n channels Q mask scale (keys width X W)))
    width W dW ->
  (forall c, (c < channels)%nat -> total (fun j => dK j c) (seq 0 n) = 0) /\
  exists (r : nat) (column row : matrix), INR r = formula n /\
    forall a c, (a < width)%nat -> (c < channels)%nat ->
    dW a c = total (fun k => column k a * row k c) (seq 0 r).
Proof.
  intros some GK GW. split.
  - intros c C. exact (key_gradients_add_up_to_0 _ _ _ _ _ _ _ _ c C GK).
  - exists (n - 1)%nat, (fun k a => X k a - X (n - 1)%nat a), dK. split.
    + unfold formula. rewrite minus_INR by exact some. simpl. ring.
    + intros a c A C. rewrite (weight_gradient _ _ _ _ _ _ _ _ W dK dW a c A C GK GW).
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
