(* Gradients of functions of matrices, and what a product with tokens makes of them. *)
From Coq Require Import Reals Lra Lia List Arith FunctionalExtensionality.
From Coquelicot Require Import Coquelicot.
From DP Require Import Sums.
Open Scope R_scope.

Notation matrix := (nat -> nat -> R).

(* X W, with so many columns of X. *)
Definition product (width : nat) (X W : matrix) : matrix :=
  fun j c => total (fun a => X j a * W a c) (seq 0 width).

Definition along (K D : matrix) (t : R) : matrix := fun j c => K j c + t * D j c.

Definition inner (rows columns : nat) (G D : matrix) : R :=
  total (fun j => total (fun c => G j c * D j c) (seq 0 columns)) (seq 0 rows).

(* G is the gradient at K: along every line, the derivative is the inner product with it. *)
Definition gradient (h : matrix -> R) (rows columns : nat) (K G : matrix) : Prop :=
  forall D, is_derive (fun t => h (along K D t)) 0 (inner rows columns G D).

(* The same of several matrices together, which may differ in their columns. *)
Definition gradients (h : (nat -> matrix) -> R) (count rows : nat) (columns : nat -> nat)
  (K G : nat -> matrix) : Prop :=
  forall D, is_derive (fun t => h (fun i => along (K i) (D i) t)) 0
    (total (fun i => inner rows (columns i) (G i) (D i)) (seq 0 count)).

Definition same (rows columns : nat) (A B : matrix) : Prop :=
  forall j c, (j < rows)%nat -> (c < columns)%nat -> A j c = B j c.

Definition unit_at a c : matrix := fun a' c' => if andb (a' =? a) (c' =? c) then 1 else 0.

(* The i-th of several matrices exchanged. *)
Definition exchanged (K : nat -> matrix) i (M : matrix) : nat -> matrix :=
  fun k => if k =? i then M else K k.

Lemma total_zero {A : Type} (f : A -> R) l : (forall x, In x l -> f x = 0) -> total f l = 0.
Proof.
  intros Z. rewrite (total_ext f (fun _ => 0 * 0) l).
  - rewrite total_scale. ring.
  - intros x I. rewrite Z by exact I. ring.
Qed.

Lemma total_picks (f : nat -> R) c l : NoDup l -> In c l ->
  total (fun c' => f c' * (if c' =? c then 1 else 0)) l = f c.
Proof.
  intros U I. induction U as [|k l out U IH]; simpl in *; [contradiction|].
  destruct I as [<-|I].
  - rewrite Nat.eqb_refl.
    rewrite (total_zero (fun c' => f c' * (if c' =? k then 1 else 0)) l); [ring|].
    intros k' I. destruct (Nat.eqb_spec k' k) as [->|]; [contradiction|ring].
  - rewrite (IH I). destruct (Nat.eqb_spec k c) as [->|]; [contradiction|ring].
Qed.

Lemma picks_below (f : nat -> R) c m : (c < m)%nat ->
  total (fun c' => f c' * (if c' =? c then 1 else 0)) (seq 0 m) = f c.
Proof. intros H. apply total_picks; [apply seq_NoDup|]. apply in_seq. lia. Qed.

Lemma below c m : In c (seq 0 m) -> (c < m)%nat.
Proof. rewrite in_seq. lia. Qed.

Lemma along_0 K D : along K D 0 = K.
Proof.
  apply functional_extensionality. intros j. apply functional_extensionality. intros c.
  unfold along. ring.
Qed.

(* Two lines on which the functions agree have one derivative. *)
Lemma one_derivative (f g : R -> R) x y :
  is_derive f 0 x -> is_derive g 0 y -> (forall t, f t = g t) -> x = y.
Proof.
  intros F G E. apply is_derive_unique in F. apply is_derive_unique in G.
  now rewrite <- F, <- G, (Derive_ext f g).
Qed.

Lemma still h rows columns K G D : gradient h rows columns K G ->
  (forall t, h (along K D t) = h K) -> inner rows columns G D = 0.
Proof.
  intros H E. apply (one_derivative (fun t => h (along K D t)) (fun _ => h K)).
  - apply H.
  - apply (is_derive_const (h K)).
  - exact E.
Qed.

(* The inner product with a row: only that of G counts. *)
Lemma inner_row rows columns G a (d : nat -> R) : (a < rows)%nat ->
  inner rows columns G (fun a' c => if a' =? a then d c else 0)
  = total (fun c => G a c * d c) (seq 0 columns).
Proof.
  intros A. unfold inner.
  rewrite (total_ext _ (fun j => total (fun c => G j c * d c) (seq 0 columns)
                                 * (if j =? a then 1 else 0))).
  - exact (picks_below (fun j => total (fun c => G j c * d c) (seq 0 columns)) a rows A).
  - intros j _. destruct (j =? a); [rewrite Rmult_1_r; reflexivity|].
    rewrite total_zero by (intros; ring). ring.
Qed.

Lemma inner_column rows columns G c (d : nat -> R) : (c < columns)%nat ->
  inner rows columns G (fun j c' => if c' =? c then d j else 0)
  = total (fun j => G j c * d j) (seq 0 rows).
Proof.
  intros C. unfold inner. apply total_ext. intros j _.
  rewrite (total_ext _ (fun c' => G j c' * d j * (if c' =? c then 1 else 0))).
  - exact (picks_below (fun c' => G j c' * d j) c columns C).
  - intros c' _. destruct (c' =? c); ring.
Qed.

Lemma inner_unit rows columns G a c : (a < rows)%nat -> (c < columns)%nat ->
  inner rows columns G (unit_at a c) = G a c.
Proof.
  intros A C.
  replace (unit_at a c) with (fun a' c' => if a' =? a then (if c' =? c then 1 else 0) else 0).
  - rewrite inner_row by exact A. exact (picks_below (fun c' => G a c') c columns C).
  - apply functional_extensionality. intros a'. apply functional_extensionality. intros c'.
    unfold unit_at. destruct (a' =? a), (c' =? c); reflexivity.
Qed.

(* Along a line of weights the product moves along a line. *)
Lemma product_along width X W D t :
  product width X (along W D t) = along (product width X W) (product width X D) t.
Proof.
  apply functional_extensionality. intros j. apply functional_extensionality. intros c.
  unfold product, along. rewrite <- total_scale, <- total_plus.
  apply total_ext. intros a _. ring.
Qed.

(* The chain rule: dW = X^T dY. *)
Lemma chain h rows width columns X W dY dW a c : (a < width)%nat -> (c < columns)%nat ->
  gradient h rows columns (product width X W) dY ->
  gradient (fun W => h (product width X W)) width columns W dW ->
  dW a c = total (fun j => X j a * dY j c) (seq 0 rows).
Proof.
  intros A C HY HW. rewrite <- (inner_unit width columns dW a c A C).
  rewrite (one_derivative _ _ _ _ (HW (unit_at a c)) (HY (product width X (unit_at a c)))).
  - replace (product width X (unit_at a c)) with (fun j c' => if c' =? c then X j a else 0).
    + rewrite inner_column by exact C. apply total_ext. intros. ring.
    + apply functional_extensionality. intros j. apply functional_extensionality. intros c'.
      unfold product, unit_at. destruct (c' =? c).
      * rewrite <- (picks_below (fun a' => X j a') a width A). apply total_ext.
        intros a' _. rewrite Bool.andb_true_r. reflexivity.
      * rewrite total_zero; [reflexivity|]. intros a' _. rewrite Bool.andb_false_r. ring.
  - intros t. now rewrite product_along.
Qed.

(* The gradient of several matrices has that of each. *)
Lemma each h count rows columns K G i : (i < count)%nat ->
  gradients h count rows columns K G ->
  gradient (fun M => h (exchanged K i M)) rows (columns i) (K i) (G i).
Proof.
  intros I H D. specialize (H (fun k j c => if k =? i then D j c else 0)).
  rewrite (total_ext _ (fun k => inner rows (columns k) (G k) D * (if k =? i then 1 else 0))) in H.
  - rewrite picks_below in H by exact I.
    apply is_derive_ext with (2 := H). intros t. f_equal.
    apply functional_extensionality. intros k. unfold exchanged.
    destruct (Nat.eqb_spec k i) as [->|]; [reflexivity|].
    apply functional_extensionality. intros j. apply functional_extensionality. intros c.
    unfold along. ring.
  - intros k _. destruct (k =? i); [rewrite Rmult_1_r; reflexivity|].
    unfold inner. rewrite total_zero; [ring|]. intros j _. apply total_zero. intros. ring.
Qed.
