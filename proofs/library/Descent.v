(* Gradient descent under noise, in any real inner product space and for any law of the noise.

   A law is given by its mean: what it gives to a function that is never negative. For a function
   that has no finite mean it may give anything that is not negative, so every law is one. *)

From Coq Require Import Reals Lra List Psatz.
Import ListNotations.
Open Scope R_scope.

Record space := {
  vector : Type;
  add : vector -> vector -> vector;
  scale : R -> vector -> vector;
  dot : vector -> vector -> R;
  dot_symmetric : forall x y, dot x y = dot y x;
  dot_add : forall x y z, dot (add x y) z = dot x z + dot y z;
  dot_scale : forall a x y, dot (scale a x) y = a * dot x y;
  dot_nonneg : forall x, 0 <= dot x x }.

Arguments add {s}.
Arguments scale {s}.
Arguments dot {s}.

Section Vectors.
  Context {V : space}.
  Implicit Types x y z : vector V.

  Definition sub x y := add x (scale (-1) y).
  Definition square x := dot x x.

  Lemma dot_add_right x y z : dot x (add y z) = dot x y + dot x z.
  Proof. rewrite dot_symmetric, dot_add, (dot_symmetric _ y), (dot_symmetric _ z). lra. Qed.

  Lemma dot_scale_right a x y : dot x (scale a y) = a * dot x y.
  Proof. rewrite dot_symmetric, dot_scale, (dot_symmetric _ y). lra. Qed.

  (* A vector of length 0 is orthogonal to all. *)
  Lemma dot_of_null x y : square x = 0 -> dot x y = 0.
  Proof.
    intros H. unfold square in H.
    assert (P : forall t, 0 <= dot y y - 2 * t * dot x y).
    { intros t. pose proof (dot_nonneg _ (add y (scale (- t) x))) as N.
      rewrite dot_add, !dot_add_right, !dot_scale, !dot_scale_right, H, (dot_symmetric _ y x) in N.
      lra. }
    destruct (Req_dec (dot x y) 0) as [|D]; [assumption|exfalso].
    pose proof (P ((dot y y + 1) / dot x y)) as Q. pose proof (dot_nonneg _ y).
    replace (2 * _ * _) with (2 * (dot y y + 1)) in Q by now field. lra.
  Qed.
End Vectors.

#[export] Hint Rewrite @dot_add @dot_scale @dot_add_right @dot_scale_right : inner.
Ltac expand := unfold square, sub in *; autorewrite with inner in *.

Record law (V : space) := {
  mean : (vector V -> R) -> R;
  mean_nonneg : forall f, (forall e, 0 <= f e) -> 0 <= mean f }.

Arguments mean {V}.

(* Mean 0 and E|e|^2 <= variance: what is below a|e|^2 + v.e + b is in the mean at most
   a variance + b. *)
Definition unbiased {V} (noise : law V) (variance : R) : Prop :=
  forall f a v b, 0 <= a -> (forall e, 0 <= f e <= a * square e + dot v e + b) ->
  mean noise f <= a * variance + b.

Section Walks.
  Context {V : space} (noise : vector V -> law V) (step : vector V -> vector V -> vector V).

  (* The expectation, after n more steps from x, of a function of all iterates before the last and
     of the last. *)
  Fixpoint walk n (F : list (vector V) -> vector V -> R) past x : R :=
    match n with
    | O => F past x
    | S m => mean (noise x) (fun e => walk m F (x :: past) (step x e))
    end.

  (* A bound that falls in expectation, where the noise may depend on the iterate. *)
  Lemma walk_below_at (variance : vector V -> R) (inside : nat -> list (vector V) -> vector V -> Prop) F B :
    (forall n past x, inside (S n) past x -> unbiased (noise x) (variance x)) ->
    (forall n past x e, inside (S n) past x -> inside n (x :: past) (step x e)) ->
    (forall past x, inside O past x -> 0 <= F past x <= B O past x) ->
    (forall n past x, inside (S n) past x -> exists a v b,
       0 <= a /\ a * variance x + b <= B (S n) past x /\
       forall e, B n (x :: past) (step x e) <= a * square e + dot v e + b) ->
    forall n past x, inside n past x -> 0 <= walk n F past x <= B n past x.
  Proof.
    intros small stays start falls n. induction n as [|n IH]; intros past x I.
    - now apply start.
    - simpl. split.
      + apply mean_nonneg. intros e. now apply IH, stays.
      + destruct (falls n past x I) as (a & v & b & A & total & each).
        apply Rle_trans with (2 := total).
        apply (small n past x I) with (v := v); [exact A|].
        intros e. specialize (each e). destruct (IH (x :: past) (step x e) (stays n past x e I)).
        lra.
  Qed.

  (* A bound that falls in expectation. *)
  Lemma walk_below (variance : R) (inside : nat -> list (vector V) -> vector V -> Prop) F B :
    (forall n past x, inside (S n) past x -> unbiased (noise x) variance) ->
    (forall n past x e, inside (S n) past x -> inside n (x :: past) (step x e)) ->
    (forall past x, inside O past x -> 0 <= F past x <= B O past x) ->
    (forall n past x, inside (S n) past x -> exists a v b,
       0 <= a /\ a * variance + b <= B (S n) past x /\
       forall e, B n (x :: past) (step x e) <= a * square e + dot v e + b) ->
    forall n past x, inside n past x -> 0 <= walk n F past x <= B n past x.
  Proof. exact (walk_below_at (fun _ => variance) inside F B). Qed.
End Walks.

(* A step on a function whose gradient g changes by at most L times the way. *)
Lemma descent {V : space} (f : vector V -> R) (g : vector V -> vector V) L eta x e :
  (forall x y, f y <= f x + dot (g x) (sub y x) + L / 2 * square (sub y x)) ->
  f (sub x (scale eta (add (g x) e)))
  <= f x - eta * (1 - eta * L / 2) * square (g x) - eta * (1 - eta * L) * dot (g x) e
     + L * eta * eta / 2 * square e.
Proof.
  intros smooth. pose proof (smooth x (sub x (scale eta (add (g x) e)))) as S.
  expand. rewrite (dot_symmetric _ x (g x)), (dot_symmetric _ x e), (dot_symmetric _ e (g x)) in S.
  lra.
Qed.

(* Laws that take finitely many values, to show what the words above mean. *)

Fixpoint weighted {A} (f : A -> R) (values : list (R * A)) : R :=
  match values with [] => 0 | (w, e) :: rest => w * f e + weighted f rest end.

Lemma weighted_mono {A} (f g : A -> R) values :
  Forall (fun we => 0 <= fst we) values -> (forall e, f e <= g e) ->
  weighted f values <= weighted g values.
Proof.
  intros W H. induction W as [|(w, e) rest P W IH]; simpl in *; [lra|].
  specialize (H e). nra.
Qed.

Definition finite_law {V : space} (values : list (R * vector V))
  (W : Forall (fun we => 0 <= fst we) values) : law V.
Proof.
  refine {| mean := fun f => weighted f values |}.
  intros f P. replace 0 with (weighted (fun _ : vector V => 0) values).
  - now apply weighted_mono.
  - clear W. induction values as [|(w, e) rest IH]; simpl; lra.
Defined.

Lemma finite_laws_are_unbiased {V : space} (values : list (R * vector V)) W variance :
  weighted (fun _ => 1) values = 1 -> (forall v, weighted (dot v) values = 0) ->
  weighted square values <= variance -> unbiased (finite_law values W) variance.
Proof.
  intros one zero second f a v b A H. simpl.
  apply Rle_trans with (weighted (fun e => a * square e + dot v e + b) values).
  - apply weighted_mono; [exact W|]. intros e. now destruct (H e).
  - replace (weighted (fun e => a * square e + dot v e + b) values)
      with (a * weighted square values + weighted (dot v) values
            + b * weighted (fun _ => 1) values).
    + rewrite one, zero. nra.
    + clear. induction values as [|(w, e) rest IH]; simpl; [|rewrite <- IH]; ring.
Qed.

(* R^d, to show that there are such spaces. *)

Fixpoint coordinates (x y : nat -> R) d : R :=
  match d with O => 0 | S k => coordinates x y k + x k * y k end.

Definition reals (d : nat) : space.
Proof.
  refine {| vector := nat -> R; add := fun x y i => x i + y i; scale := fun a x i => a * x i;
            dot := fun x y => coordinates x y d |}; intros; induction d; simpl; try lra.
  all: try nra.
  all: rewrite IHd; ring.
Defined.
