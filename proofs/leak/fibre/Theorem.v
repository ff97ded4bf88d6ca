(* Without positions and mask, the orders of a group of tokens share one gradient: how many. *)
(* Arguments: (multiplicities : list nat). *)
From Coq Require Import Reals Lra Lia List Arith Permutation Factorial FunctionalExtensionality.
From DP Require Import Sums Gradient Softmax Orders.
Require Import Here.Generated.
Import ListNotations.
Open Scope R_scope.

Notation vector := (nat -> R).

(* A layer has the weights, all in one matrix, and a vector of each token. The one kind acts on each
   token alone. In attention, a head has a score of any two vectors and values of one; what the
   heads add up goes, with the token's own vector, into its next one. *)
Inductive layer :=
  | Each (next : matrix -> vector -> vector)
  | Attention (score : matrix -> nat -> vector -> vector -> R)
      (value : matrix -> nat -> vector -> vector)
      (next : matrix -> vector -> (nat -> vector) -> vector).

Section Network.
  Context (n : nat) (mask : matrix).

  Definition attended (score : nat -> vector -> vector -> R) (value : nat -> vector -> vector)
    (X : nat -> vector) (i h : nat) : vector :=
    fun c => total (fun j => softmax n mask (fun i j => score h (X i) (X j)) i j
                             * value h (X j) c) (seq 0 n).

  Definition step (W : matrix) (X : nat -> vector) (l : layer) : nat -> vector :=
    match l with
    | Each next => fun i => next W (X i)
    | Attention score value next => fun i => next W (X i) (attended (score W) (value W) X i)
    end.

  (* The last vectors of an input, a word in each place. *)
  Definition last (layers : list layer) (first : matrix -> nat -> nat -> vector) (W : matrix)
    (input : nat -> nat) : nat -> vector :=
    fold_left (step W) layers (fun i => first W i (input i)).

  (* Attention as a function of a word and of all words, in any order. *)
  Definition pooled (score : nat -> vector -> vector -> R) (value : nat -> vector -> vector)
    (F : nat -> vector) (words : list nat) (w h : nat) : vector :=
    fun c => total (fun v => exp (score h (F w) (F v))
                             / total (fun u => exp (score h (F w) (F u))) words
                             * value h (F v) c) words.

  Lemma attended_pooled score value F X input i : (forall i j, mask i j = 1) ->
    (forall i, X i = F (input i)) ->
    attended score value X i = pooled score value F (map input (seq 0 n)) (input i).
  Proof.
    intros open same. apply functional_extensionality. intros h.
    apply functional_extensionality. intros c. unfold attended, pooled, softmax, weight.
    rewrite !total_map. apply total_ext. intros j _. rewrite open, 2!same.
    rewrite (total_ext (fun k => mask i k * _)
      (fun k => exp (score h (F (input i)) (F (input k))))).
    - unfold Rdiv. ring.
    - intros k _. rewrite open, same. ring.
  Qed.

  Lemma pooled_permutation score value F words words' w :
    Permutation words words' -> pooled score value F words w = pooled score value F words' w.
  Proof.
    intros P. apply functional_extensionality. intros h.
    apply functional_extensionality. intros c. unfold pooled.
    rewrite (total_permutation _ _ _ P). apply total_ext. intros v _.
    now rewrite (total_permutation (fun u => exp (score h (F w) (F u))) _ _ P).
  Qed.

  (* The same words in another order: what a token becomes depends on its word alone. *)
  Lemma alike W layers input input' : (forall i j, mask i j = 1) ->
    Permutation (map input (seq 0 n)) (map input' (seq 0 n)) ->
    forall X X' F, (forall i, X i = F (input i)) -> (forall i, X' i = F (input' i)) ->
    exists G : nat -> vector, (forall i, fold_left (step W) layers X i = G (input i)) /\
      (forall i, fold_left (step W) layers X' i = G (input' i)).
  Proof.
    intros open P. induction layers as [|l layers IH]; intros X X' F own own'.
    - exists F. split; assumption.
    - simpl. destruct l as [next|score value next]; simpl.
      + apply (IH _ _ (fun w => next W (F w))); intros i; now f_equal.
      + apply (IH _ _ (fun w => next W (F w)
          (pooled (score W) (value W) F (map input (seq 0 n)) w))); intros i.
        * now rewrite (attended_pooled _ _ F X input), own.
        * rewrite (attended_pooled _ _ F X' input'), own' by assumption.
          now rewrite (pooled_permutation _ _ _ _ _ _ P).
  Qed.
End Network.

(* A loss is symmetric in a group: vectors that change places in it leave the loss as it is. *)
Definition symmetric (n : nat) (group : list nat) (loss : (nat -> vector) -> R) : Prop :=
  forall Y Z, (forall i, (i < n)%nat -> ~ In i group -> Y i = Z i) ->
    Permutation (map Y group) (map Z group) -> loss Y = loss Z.

(* The inputs that have the words of a group in another order. *)
Definition rearranged (group : list nat) (input other : nat -> nat) : Prop :=
  (forall i, ~ In i group -> other i = input i) /\
  Permutation (map other group) (map input group).

Fixpoint placed (group words : list nat) (input : nat -> nat) (i : nat) : nat :=
  match group, words with
  | place :: places, word :: rest => if i =? place then word else placed places rest input i
  | _, _ => input i
  end.

Lemma placed_outside group words input i : ~ In i group -> placed group words input i = input i.
Proof.
  revert words. induction group as [|p group IH]; intros [|w words] out; try reflexivity. simpl.
  destruct (Nat.eqb_spec i p) as [->|]; [destruct out; now left|].
  apply IH. intros I. apply out. now right.
Qed.

Lemma placed_inside group words input : NoDup group -> length words = length group ->
  map (placed group words input) group = words.
Proof.
  intros U. revert words. induction U as [|p group out U IH]; intros [|w words] L;
    try discriminate; [reflexivity|].
  simpl. rewrite Nat.eqb_refl. f_equal. injection L as L.
  transitivity (map (placed group words input) group); [|now apply IH].
  apply map_ext_in. intros i I. destruct (Nat.eqb_spec i p) as [->|]; [contradiction|reflexivity].
Qed.

Lemma placed_back group input other : (forall i, ~ In i group -> other i = input i) ->
  placed group (map other group) input = other.
Proof.
  intros outside. apply functional_extensionality. intros i.
  destruct (in_dec Nat.eq_dec i group) as [I|O].
  - clear outside. induction group as [|p group IH]; [destruct I|]. simpl.
    destruct (Nat.eqb_spec i p) as [->|N]; [reflexivity|].
    apply IH. destruct I as [E|I]; [now destruct N|exact I].
  - now rewrite placed_outside, outside.
Qed.

(* All places: those of the group, and the rest. *)
Definition rest (n : nat) (group : list nat) : list nat :=
  filter (fun i => if in_dec Nat.eq_dec i group then false else true) (seq 0 n).

Lemma rest_outside n group i : In i (rest n group) -> (i < n)%nat /\ ~ In i group.
Proof.
  unfold rest. rewrite filter_In. intros [I O]. apply below in I. split; [exact I|].
  destruct (in_dec Nat.eq_dec i group); [discriminate|assumption].
Qed.

Lemma all_places n group : NoDup group -> (forall i, In i group -> (i < n)%nat) ->
  Permutation (seq 0 n) (group ++ rest n group).
Proof.
  intros U inside. apply NoDup_Permutation; [apply seq_NoDup| |].
  - apply NoDup_both; [exact U|apply NoDup_filter, seq_NoDup|].
    intros i I O. now apply rest_outside in O.
  - intros i. rewrite in_app_iff. unfold rest. rewrite filter_In, in_seq.
    destruct (in_dec Nat.eq_dec i group) as [I|O].
    + specialize (inside i I). split; [now left|lia].
    + split; [now right|]. intros [I|[I _]]; [contradiction|exact I].
Qed.

Lemma rearranged_all n group input other : NoDup group ->
  (forall i, In i group -> (i < n)%nat) -> rearranged group input other ->
  Permutation (map input (seq 0 n)) (map other (seq 0 n)).
Proof.
  intros U inside [outside P]. pose proof (all_places n group U inside) as E.
  rewrite (Permutation_map input E), (Permutation_map other E), !map_app, P.
  apply Permutation_app_head. erewrite map_ext_in; [reflexivity|].
  intros i I. symmetry. apply outside. now apply rest_outside in I.
Qed.

(* A loss of the mean of all, and one of each token where the group has one label. *)
Lemma symmetric_mean n (f : vector -> R) :
  symmetric n (seq 0 n) (fun Y => f (fun c => total (fun i => Y i c) (seq 0 n) / INR n)).
Proof.
  intros Y Z _ P. f_equal. apply functional_extensionality. intros c. f_equal.
  rewrite <- (total_map (fun y => y c) Y), <- (total_map (fun y => y c) Z).
  now apply total_permutation.
Qed.

Lemma symmetric_each n (f : nat -> vector -> R) (label : nat -> nat) group : NoDup group ->
  (forall i, In i group -> (i < n)%nat) ->
  (forall i j, In i group -> In j group -> label i = label j) ->
  symmetric n group (fun Y => total (fun i => f (label i) (Y i)) (seq 0 n)).
Proof.
  intros U inside one Y Z outside P.
  rewrite 2!(total_permutation _ _ _ (all_places n group U inside)), 2!total_app. f_equal.
  - destruct group as [|p group]; [reflexivity|].
    assert (E : forall V : nat -> vector,
      total (fun i => f (label i) (V i)) (p :: group) = total (f (label p)) (map V (p :: group))).
    { intros V. rewrite total_map. apply total_ext. intros i I.
      now rewrite (one i p I (or_introl eq_refl)). }
    rewrite 2!E. now apply total_permutation.
  - apply total_ext. intros i I. apply rest_outside in I. now rewrite outside.
Qed.

Lemma repeats_product (factorial : R -> R) kinds : (forall k, factorial (INR k) = INR (fact k)) ->
  multiplied (fun k => factorial (INR k)) (map snd kinds) = INR (repeats kinds).
Proof.
  intros F. induction kinds as [|[a k] kinds IH]; [reflexivity|]. simpl.
  rewrite F, IH, <- mult_INR. reflexivity.
Qed.

Lemma spelled_length kinds :
  total (fun k => INR k) (map snd kinds) = INR (length (spelled kinds)).
Proof.
  induction kinds as [|[a k] kinds IH]; [reflexivity|]. simpl.
  now rewrite IH, app_length, repeat_length, plus_INR.
Qed.

Lemma count_is_formula factorial kinds : (forall k, factorial (INR k) = INR (fact k)) ->
  INR (length (orders kinds)) = formula factorial (map snd kinds).
Proof.
  intros F. unfold formula. rewrite repeats_product, spelled_length, F by exact F.
  rewrite <- orders_count, mult_INR.
  assert (some : INR (repeats kinds) <> 0).
  { apply not_0_INR. intros Z. pose proof (orders_count kinds) as E. rewrite Z in E.
    pose proof (lt_O_fact (length (spelled kinds))). lia. }
  unfold Rdiv. rewrite Rmult_assoc, Rinv_r, Rmult_1_r by exact some.
  now rewrite Int_part_INR, <- INR_IZR_INZ.
Qed.

(* The words of the group are those of `kinds`, each with how often it occurs. The numbers
   `positions`, `masked` and `outputs_differ` are 0 only where there is no such thing. *)
Theorem proved :
  (forall n f,
    symmetric n (seq 0 n) (fun Y => f (fun c => total (fun i => Y i c) (seq 0 n) / INR n))) /\
  (forall n f (label : nat -> nat) group, NoDup group -> (forall i, In i group -> (i < n)%nat) ->
    (forall i j, In i group -> In j group -> label i = label j) ->
    symmetric n group (fun Y => total (fun i => f (label i) (Y i)) (seq 0 n))) /\
  forall (n rows columns : nat) (layers : list layer) (mask : matrix)
    (first : matrix -> nat -> nat -> vector) (loss : matrix -> (nat -> vector) -> R)
    (input : nat -> nat) (group : list nat) (kinds : list (nat * nat))
    (positions masked outputs_differ : R) (factorial : R -> R),
  (forall k, factorial (INR k) = INR (fact k)) ->
  NoDup group -> (forall i, In i group -> (i < n)%nat) ->
  NoDup (map fst kinds) -> Permutation (map input group) (spelled kinds) ->
  kinds <> [] -> (forall m, In m (map snd kinds) -> (1 <= m)%nat) ->
  (positions = 0 -> forall W i j w, first W i w = first W j w) ->
  (masked = 0 -> forall i j, mask i j = 1) ->
  (outputs_differ = 0 -> forall W, symmetric n group (loss W)) ->
  assumption_1 positions -> assumption_2 masked -> assumption_3 outputs_differ ->
  exists inputs : list (nat -> nat), NoDup inputs /\
    (forall other, In other inputs <-> rearranged group input other) /\
    INR (length inputs) = formula factorial (map snd kinds) /\
    forall other, In other inputs -> forall W G,
      gradient (fun W => loss W (last n mask layers first W other)) rows columns W G <->
      gradient (fun W => loss W (last n mask layers first W input)) rows columns W G.
Proof.
  split; [exact symmetric_mean|]. split; [exact symmetric_each|].
  intros n rows columns layers mask first loss input group kinds positions masked outputs_differ
    factorial F U inside distinct words _ _ no_positions open alike_outputs one two three.
  specialize (no_positions one). specialize (open two). specialize (alike_outputs three).
  assert (size : forall l, In l (orders kinds) -> length l = length group).
  { intros l I. apply orders_permutation, Permutation_length in I.
    now rewrite I, <- (Permutation_length words), map_length. }
  assert (known : forall other, In other (map (fun l => placed group l input) (orders kinds))
    <-> rearranged group input other).
  { intros other. rewrite in_map_iff. split.
    - intros [l [<- I]]. split; [intros; now apply placed_outside|].
      rewrite placed_inside by auto. now rewrite (orders_permutation _ _ I).
    - intros [outside P]. exists (map other group). split; [now apply placed_back|].
      apply orders_every; [exact distinct|]. now rewrite P. }
  exists (map (fun l => placed group l input) (orders kinds)). split; [|split; [exact known|split]].
  - apply (NoDup_map_inv (fun other => map other group)). rewrite map_map.
    rewrite (map_ext_in _ (fun l => l)) by (intros l I; apply placed_inside; auto).
    rewrite map_id. now apply orders_NoDup.
  - rewrite map_length. now apply count_is_formula.
  - intros other I. apply known in I.
    replace (fun W => loss W (last n mask layers first W other))
      with (fun W => loss W (last n mask layers first W input)); [reflexivity|].
    apply functional_extensionality. intros W. unfold last.
    destruct (alike n mask W layers input other open (rearranged_all n group input other U inside I)
      (fun i => first W i (input i)) (fun i => first W i (other i)) (fun w => first W 0%nat w))
      as [G [own own']]; try (intros i; apply no_positions).
    apply alike_outputs; destruct I as [outside P].
    + intros i _ O. now rewrite own, own', outside.
    + rewrite (map_ext _ _ own), (map_ext _ _ own').
      rewrite <- (map_map input G), <- (map_map other G). apply Permutation_map. now symmetry.
Qed.
