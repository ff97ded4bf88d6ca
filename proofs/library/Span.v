(* Spans and ranks: a rank is the least number of products of a column and a row. *)
From Coq Require Import Reals Lra Lia List Arith.
From DP Require Import Sums.
From DP Require Import Gradient.
Open Scope R_scope.

Definition dot (n : nat) (u v : nat -> R) : R := total (fun a => u a * v a) (seq 0 n).

Definition combined (r : nat) (k : nat -> R) (v : matrix) : nat -> R :=
  fun a => total (fun i => k i * v i a) (seq 0 r).

(* M is a sum of r products of a column and a row. *)
Definition at_most (rows columns : nat) (M : matrix) (r : nat) : Prop :=
  exists column row : matrix, forall a c, (a < rows)%nat -> (c < columns)%nat ->
    M a c = total (fun k => column k a * row k c) (seq 0 r).

Definition rank (rows columns : nat) (M : matrix) (r : nat) : Prop :=
  at_most rows columns M r /\ forall s, at_most rows columns M s -> (r <= s)%nat.

Lemma dot_sym n u v : dot n u v = dot n v u.
Proof. apply total_ext. intros. ring. Qed.

Lemma dot_minus n u v w : dot n (fun a => u a - v a) w = dot n u w - dot n v w.
Proof. unfold dot. rewrite <- total_minus. apply total_ext. intros. ring. Qed.

Lemma dot_scale n s u w : dot n (fun a => s * u a) w = s * dot n u w.
Proof. unfold dot. rewrite <- total_scale. apply total_ext. intros. ring. Qed.

Lemma dot_combined n r k v w :
  dot n (combined r k v) w = total (fun i => k i * dot n (v i) w) (seq 0 r).
Proof.
  unfold dot, combined.
  rewrite (total_ext _ (fun a => total (fun i => k i * (v i a * w a)) (seq 0 r))).
  - rewrite total_swap. apply total_ext. intros. now rewrite total_scale.
  - intros a _. rewrite Rmult_comm, <- total_scale. apply total_ext. intros. ring.
Qed.

Lemma dot_ext n u v w : (forall a, (a < n)%nat -> u a = v a) -> dot n u w = dot n v w.
Proof. intros E. apply total_ext. intros a I. now rewrite E by now apply below. Qed.

Lemma dot_self n u : 0 <= dot n u u.
Proof. apply total_nonneg. intros a _. nra. Qed.

Lemma dot_self_0 n u : dot n u u = 0 -> forall a, (a < n)%nat -> u a = 0.
Proof.
  unfold dot. induction n as [|n IH]; intros Z a A; [lia|].
  rewrite seq_S, total_app in Z. simpl in Z.
  pose proof (dot_self n u) as P. unfold dot in P.
  assert (u n * u n = 0) by nra.
  destruct (Nat.eq_dec a n) as [->|]; [nra|]. apply IH; [nra|lia].
Qed.

Lemma dot_0 n u w : (forall a, (a < n)%nat -> u a = 0) -> dot n u w = 0.
Proof. intros Z. apply total_zero. intros a I. rewrite Z by now apply below. ring. Qed.

(* What is left of g after its projection onto a span has no part along any of it. *)
Lemma projection n (v : matrix) r : forall g,
  { k | forall i, (i < r)%nat -> dot n (fun a => g a - combined r k v a) (v i) = 0 }.
Proof.
  induction r as [|r IH]; intros g; [exists (fun _ => 0); lia|].
  destruct (IH g) as [k left_of_g]. destruct (IH (v r)) as [e left_of_v].
  set (u := fun a => v r a - combined r e v a) in *.
  set (s := if Req_EM_T (dot n u u) 0 then 0
            else dot n (fun a => g a - combined r k v a) u / dot n u u).
  exists (fun i => if i =? r then s else k i - s * e i).
  assert (E : forall a, combined (S r) (fun i => if i =? r then s else k i - s * e i) v a
                        = combined r k v a + s * u a).
  { intros a. unfold combined, u. rewrite seq_S, total_app. simpl. rewrite Nat.eqb_refl.
    rewrite (total_ext _ (fun i => k i * v i a - s * (e i * v i a))).
    - rewrite total_minus, total_scale. unfold combined. ring.
    - intros i I. apply below in I. destruct (Nat.eqb_spec i r); [lia|ring]. }
  assert (old : forall i, (i < r)%nat ->
    dot n (fun a => g a - combined r k v a - s * u a) (v i) = 0).
  { intros i I. rewrite dot_minus, dot_scale, left_of_g, left_of_v by exact I. ring. }
  intros i I.
  rewrite (dot_ext n _ (fun a => g a - combined r k v a - s * u a))
    by (intros a _; rewrite E; ring).
  destruct (Nat.eq_dec i r) as [->|]; [|apply old; lia].
  assert (V : dot n (fun a => g a - combined r k v a - s * u a) (v r)
    = dot n (fun a => g a - combined r k v a - s * u a) u).
  { rewrite 2!(dot_sym n (fun a => g a - combined r k v a - s * u a)). unfold u at 2.
    rewrite dot_minus, dot_combined, total_zero; [ring|].
    intros j J. apply below in J. rewrite dot_sym, old by exact J. ring. }
  rewrite V, dot_minus, dot_scale. unfold s. destruct (Req_EM_T (dot n u u) 0) as [Z|N].
  - rewrite Z, dot_sym, (dot_0 n u) by (now apply dot_self_0). ring.
  - field. exact N.
Qed.

(* The coefficients of the projection. *)
Definition coefficients n (v : matrix) r g : nat -> R := proj1_sig (projection n v r g).

(* What every direction ignores that ignores the v_i, they span. *)
Lemma spanned n (v : matrix) r g :
  (forall d, (forall i, (i < r)%nat -> dot n d (v i) = 0) -> dot n g d = 0) ->
  forall a, (a < n)%nat -> g a = combined r (coefficients n v r g) v a.
Proof.
  intros H a A. unfold coefficients. destruct (projection n v r g) as [k left_of_g]. simpl.
  specialize (H _ left_of_g). cut (g a - combined r k v a = 0); [lra|].
  apply (dot_self_0 n (fun a => g a - combined r k v a)); [|exact A].
  rewrite dot_minus, H, dot_combined, total_zero; [ring|].
  intros i I. apply below in I. rewrite dot_sym, left_of_g by exact I. ring.
Qed.

(* A product with another matrix has no larger rank. *)
Lemma at_most_product rows inside columns (L M N : matrix) r :
  (forall a c, (a < rows)%nat -> (c < columns)%nat ->
    N a c = total (fun j => L a j * M j c) (seq 0 inside)) ->
  at_most inside columns M r -> at_most rows columns N r.
Proof.
  intros E [column [row M_is]].
  exists (fun k a => total (fun j => L a j * column k j) (seq 0 inside)), row. intros a c A C. rewrite E by assumption.
  rewrite (total_ext _ (fun j => total (fun k => L a j * column k j * row k c) (seq 0 r))).
  - rewrite total_swap. apply total_ext. intros k _.
    rewrite Rmult_comm, <- total_scale. apply total_ext. intros. ring.
  - intros j J. rewrite M_is, <- total_scale by (assumption || now apply below).
    apply total_ext. intros. ring.
Qed.

(* Past the t-th. *)
Definition skip t i := if i <? t then i else S i.

Lemma total_skip (f : nat -> R) t n : (t < n)%nat ->
  total f (seq 0 n) = f t + total (fun i => f (skip t i)) (seq 0 (n - 1)).
Proof.
  intros T. induction n as [|n IH]; [lia|]. rewrite seq_S, total_app. simpl.
  rewrite Nat.sub_0_r. destruct (Nat.eq_dec t n) as [->|].
  - rewrite (total_ext (fun i => f (skip n i)) f); [ring|].
    intros i I. apply below in I. unfold skip. destruct (Nat.ltb_spec i n); [reflexivity|lia].
  - rewrite IH by lia. destruct n as [|n]; [lia|]. rewrite seq_S, total_app. simpl.
    rewrite Nat.sub_0_r. replace (skip t n) with (S n); [ring|].
    unfold skip. destruct (Nat.ltb_spec n t); lia.
Qed.

(* Rows of full rank have an inverse on the right. *)
Lemma right_inverse n width (X : matrix) :
  (forall s, at_most n width X s -> (n <= s)%nat) ->
  exists P : matrix, forall j k, (j < n)%nat -> (k < n)%nat ->
    total (fun a => X j a * P a k) (seq 0 width) = if j =? k then 1 else 0.
Proof.
  intros full.
  set (k := fun t => coefficients width (fun i => X (skip t i)) (n - 1) (X t)).
  set (u := fun t a => X t a - combined (n - 1) (k t) (fun i => X (skip t i)) a).
  assert (others : forall t j, (t < n)%nat -> (j < n)%nat -> j <> t -> dot width (u t) (X j) = 0).
  { intros t j T J N. unfold u, k, coefficients.
    destruct (projection width (fun i => X (skip t i)) (n - 1) (X t)) as [e left_of]. simpl.
    replace j with (skip t (if j <? t then j else (j - 1)%nat)).
    - apply left_of. destruct (Nat.ltb_spec j t); lia.
    - unfold skip. destruct (Nat.ltb_spec j t).
      + destruct (Nat.ltb_spec j t); lia.
      + destruct (Nat.ltb_spec (j - 1) t); lia. }
  assert (own : forall t, (t < n)%nat -> dot width (u t) (X t) = dot width (u t) (u t)).
  { intros t T. transitivity (dot width (X t) (u t)); [apply dot_sym|]. unfold u at 2.
    rewrite dot_minus, dot_combined, total_zero; [ring|].
    intros i I. apply below in I. rewrite dot_sym, others; [ring|exact T| |].
    - unfold skip. destruct (Nat.ltb_spec i t); lia.
    - unfold skip. destruct (Nat.ltb_spec i t); lia. }
  assert (some : forall t, (t < n)%nat -> dot width (u t) (u t) <> 0).
  { intros t T Z. enough (n <= n - 1)%nat by lia. apply full.
    exists (fun i j => if j =? t then k t i else if j =? skip t i then 1 else 0).
    exists (fun i => X (skip t i)). intros j c J C.
    destruct (Nat.eqb_spec j t) as [->|N].
    - pose proof (dot_self_0 width (u t) Z c C) as E. unfold u, combined in E. lra.
    - pose proof (total_skip (fun i => X i c * (if i =? j then 1 else 0)) t n T) as E.
      rewrite picks_below in E by exact J. rewrite E.
      destruct (Nat.eqb_spec t j) as [->|]; [contradiction|]. rewrite Rmult_0_r, Rplus_0_l.
      apply total_ext. intros i _. rewrite (Nat.eqb_sym j). ring. }
  exists (fun a t => u t a / dot width (u t) (u t)). intros j t J T.
  rewrite (total_ext _ (fun a => / dot width (u t) (u t) * (u t a * X j a)))
    by (intros; unfold Rdiv; ring).
  rewrite total_scale. change (total (fun a => u t a * X j a) (seq 0 width))
    with (dot width (u t) (X j)).
  destruct (Nat.eqb_spec j t) as [->|N].
  - rewrite own by exact T. field. now apply some.
  - rewrite others by assumption. ring.
Qed.
