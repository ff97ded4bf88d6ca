(* The mean and the second moment of a Poisson sample's estimate of the mean vector. *)
From Coq Require Import Reals Lra List Psatz Lia.
From DP Require Import Descent.
Require Import Here.Generated.
Import ListNotations.
Open Scope R_scope.

Section Samples.
  Context {V : space} (q : R).

  (* The expectation of F of the sum of the vectors taken, each with probability q by itself, after
     what was added before. *)
  Fixpoint sampled (vectors : list (vector V)) (F : vector V -> R) (before : vector V) : R :=
    match vectors with
    | [] => F before
    | v :: rest => q * sampled rest F (add before v) + (1 - q) * sampled rest F before
    end.

  Fixpoint total (zero : vector V) (vectors : list (vector V)) : vector V :=
    match vectors with [] => zero | v :: rest => add v (total zero rest) end.

  Fixpoint squares (vectors : list (vector V)) : R :=
    match vectors with [] => 0 | v :: rest => square v + squares rest end.

  Variable zero : vector V.
  Hypothesis nothing : square zero = 0.

  Lemma dot_nothing x : dot zero x = 0.
  Proof. now apply dot_of_null. Qed.

  (* Along every direction the estimate has the mean of what it estimates. *)
  Lemma mean_of_samples (c : R) (w : vector V) vectors : forall before,
    sampled vectors (fun s => c * dot s w) before
    = c * (dot before w + q * dot (total zero vectors) w).
  Proof.
    induction vectors as [|v rest IH]; intros before; simpl.
    - rewrite dot_nothing. ring.
    - rewrite !IH, !dot_add. ring.
  Qed.

  (* Of a sum that begins with `before`, and from which `off` and q times the total are taken. *)
  Lemma second_moment vectors : forall before off,
    sampled vectors (fun s => square (sub (sub s (scale q (total zero vectors))) off)) before
    = square (sub before off) + q * (1 - q) * squares vectors.
  Proof.
    induction vectors as [|v rest IH]; intros before off; simpl.
    - unfold square, sub. autorewrite with inner.
      rewrite !dot_nothing, !(dot_symmetric _ before zero), !(dot_symmetric _ off zero), !dot_nothing.
      pose proof nothing as Z. unfold square in Z. rewrite ?Z. ring.
    - assert (same : forall b,
        sampled rest (fun s => square (sub (sub s (scale q (add v (total zero rest)))) off)) b
        = sampled rest
            (fun s => square (sub (sub s (scale q (total zero rest))) (add off (scale q v)))) b).
      { clear IH. intros b. revert b.
        assert (E : forall t s,
          square (sub (sub s (scale q (add v t))) off)
          = square (sub (sub s (scale q t)) (add off (scale q v)))).
        { intros t s. expand. ring. }
        generalize (total zero rest) as t. intros t.
        induction rest as [|y others IH]; intros b; simpl; [apply E|]. now rewrite !IH. }
      rewrite !same, !IH. expand.
      rewrite ?(dot_symmetric _ off before), ?(dot_symmetric _ v before), ?(dot_symmetric _ v off).
      ring.
  Qed.
End Samples.

Theorem proved :
  (forall q, assumption_1 q <-> 0 < q <= 1) /\
  (forall s, assumption_3 s <-> 0 <= s) /\
  forall (V : space) (zero : vector V) (vectors : list (vector V)) (q : R),
    square zero = 0 -> assumption_1 q -> (1 <= length vectors)%nat ->
    let n := INR (length vectors) in
    (forall w, sampled q vectors (fun s => dot (scale (/ (q * n)) s) w) zero
               = dot (scale (/ n) (total zero vectors)) w) /\
    sampled q vectors
      (fun s => square (sub (scale (/ (q * n)) s) (scale (/ n) (total zero vectors)))) zero
    = formula q n (squares vectors).
Proof.
  split; [intros; unfold assumption_1; lra|].
  split; [intros; unfold assumption_3; lra|].
  intros V zero vectors q nothing range some n.
  assert (Q : 0 < q) by (unfold assumption_1 in range; lra).
  assert (N : 0 < n) by (apply lt_0_INR; lia).
  assert (ext : forall F G : vector V -> R, (forall s, F s = G s) -> forall l b,
    sampled q l F b = sampled q l G b).
  { intros F G E l. induction l as [|v rest IH]; intros b; simpl; [apply E|]. now rewrite !IH. }
  assert (times : forall (c : R) (F : vector V -> R) l b,
    sampled q l (fun s => c * F s) b = c * sampled q l F b).
  { intros c F l. induction l as [|v rest IH]; intros b; simpl; [reflexivity|]. rewrite !IH. ring. }
  split.
  - intros w.
    rewrite (ext (fun s => dot (scale (/ (q * n)) s) w) (fun s => / (q * n) * dot s w))
      by (intros s; apply dot_scale).
    rewrite (mean_of_samples q zero nothing), dot_nothing, dot_scale by exact nothing. field. lra.
  - rewrite (ext
      (fun s => square (sub (scale (/ (q * n)) s) (scale (/ n) (total zero vectors))))
      (fun s => / (q * n) * / (q * n)
      * square (sub (sub s (scale q (total zero vectors))) zero))).
    + rewrite times, (second_moment q zero nothing).
      replace (square (sub zero zero)) with 0.
      * unfold formula. field. lra.
      * unfold square, sub. autorewrite with inner. unfold square in nothing. rewrite nothing. ring.
    + intros s. unfold square, sub. autorewrite with inner.
      rewrite ?(dot_symmetric _ s zero), ?(dot_symmetric _ (total zero vectors) zero).
      rewrite ?(dot_nothing zero nothing). unfold square in nothing. rewrite ?nothing.
      rewrite ?(dot_symmetric _ (total zero vectors) s). field. lra.
Qed.
