(* A linear layer's gradients give its input away. *)
From Coq Require Import Reals Lra List Arith FunctionalExtensionality.
From Coquelicot Require Import Coquelicot.
From DP Require Import Sums.
Require Import Here.Generated.
Open Scope R_scope.

(* y = W x + b; any number of outputs, n inputs. *)
Definition layer n (W : nat -> nat -> R) (b x : nat -> R) : nat -> R :=
  fun row => total (fun k => W row k * x k) (seq 0 n) + b row.

Definition with_weight (W : nat -> nat -> R) i j w : nat -> nat -> R :=
  fun row k => if andb (row =? i) (k =? j) then w else W row k.

Definition with_bias (b : nat -> R) i c : nat -> R := fun row => if row =? i then c else b row.

Lemma total_with_one_changed (W x : nat -> R) j w l : NoDup l -> In j l ->
  total (fun k => (if k =? j then w else W k) * x k) l
  = total (fun k => W k * x k) l + (w - W j) * x j.
Proof.
  intros U I. induction U as [|k l out U IH]; simpl in *; [contradiction|].
  destruct I as [<-|I].
  - rewrite Nat.eqb_refl.
    rewrite (total_ext (fun k' => (if k' =? k then w else W k') * x k') (fun k' => W k' * x k') l).
    + ring.
    + intros k' I. destruct (Nat.eqb_spec k' k) as [->|]; [contradiction|reflexivity].
  - rewrite (IH I). destruct (Nat.eqb_spec k j) as [->|]; [contradiction|]. ring.
Qed.

(* A weight acts as the bias of its row does, times its input. *)
Lemma weight_as_bias n W b x i j w : (j < n)%nat ->
  layer n (with_weight W i j w) b x = layer n W (with_bias b i (b i + x j * (w - W i j))) x.
Proof.
  intros J. apply functional_extensionality. intros row. unfold layer, with_weight, with_bias.
  destruct (Nat.eqb_spec row i) as [->|]; simpl.
  - rewrite total_with_one_changed; [ring|apply seq_NoDup|].
    apply in_seq. split; [apply Nat.le_0_l|exact J].
  - reflexivity.
Qed.

Theorem proved :
  (forall gradient, assumption_1 gradient <-> gradient <> 0) /\
  forall (n : nat) (W : nat -> nat -> R) (b x : nat -> R) (loss : (nat -> R) -> R)
    (i j : nat) (weight_gradient bias_gradient : R),
    (j < n)%nat ->
    is_derive (fun w => loss (layer n (with_weight W i j w) b x)) (W i j) weight_gradient ->
    is_derive (fun c => loss (layer n W (with_bias b i c) x)) (b i) bias_gradient ->
    assumption_1 bias_gradient ->
    x j = formula weight_gradient bias_gradient.
Proof.
  split; [intros; unfold assumption_1; split;
    [intros H Z; rewrite Z, Rabs_R0 in H; lra|apply Rabs_pos_lt]|].
  intros n W b x loss i j weight_gradient bias_gradient.
  intros J by_weight by_bias some.
  assert (E : weight_gradient = x j * bias_gradient).
  { rewrite <- (is_derive_unique _ _ _ by_weight). apply is_derive_unique.
    apply is_derive_ext
      with (fun w => loss (layer n W (with_bias b i (b i + x j * (w - W i j))) x)).
    - intros w. now rewrite weight_as_bias.
    - apply (is_derive_comp (fun c => loss (layer n W (with_bias b i c) x))
        (fun w => b i + x j * (w - W i j))).
      + replace (b i + x j * (W i j - W i j)) with (b i) by ring. exact by_bias.
      + auto_derive; [trivial|ring]. }
  assert (N : bias_gradient <> 0).
  { intros Z. unfold assumption_1 in some. rewrite Z, Rabs_R0 in some. lra. }
  unfold formula. rewrite E. field. exact N.
Qed.
