(* Projected stochastic gradient descent on a convex function: the value at the mean iterate. *)
(* Arguments: (steps : nat). *)
From Coq Require Import Reals Lra List Psatz Lia.
From DP Require Import Descent.
Require Import Here.Generated.
Import ListNotations.
Open Scope R_scope.

(* The mean of a list that begins with x. *)
Fixpoint average {V : space} (x : vector V) (others : list (vector V)) : vector V :=
  match others with
  | [] => x
  | y :: rest =>
      let m := average y rest in add m (scale (/ INR (S (length others))) (sub x m))
  end.

Section Domain.
  Context {V : space} (domain : vector V -> Prop) (f : vector V -> R) (g : vector V -> vector V).
  Hypothesis convex_domain : forall x y t, domain x -> domain y -> 0 <= t <= 1 ->
    domain (add x (scale t (sub y x))).

  (* The nearest point of a convex set is no farther from any of its points. *)
  Lemma projection_is_closer (p y z : vector V) :
    domain p -> domain z ->
    (forall w, domain w -> square (sub y p) <= square (sub y w)) ->
    square (sub p z) <= square (sub y z).
  Proof.
    intros Dp Dz nearest.
    set (a := dot (sub y p) (sub z p)).
    assert (A : a <= 0).
    { destruct (Rle_dec a 0) as [|H]; [assumption|exfalso].
      pose proof (dot_nonneg _ (sub z p)) as N. set (s := dot (sub z p) (sub z p)) in *.
      assert (E : forall t, 0 <= t <= 1 -> 2 * t * a <= t * t * s).
      { intros t I. pose proof (nearest _ (convex_domain p z t Dp Dz I)) as W.
        unfold a, s in *. clear a s H N nearest. expand.
        rewrite ?(dot_symmetric _ p y), ?(dot_symmetric _ z y), ?(dot_symmetric _ z p) in *. lra. }
      assert (t1 : 0 < a / (s + a)) by (apply Rdiv_lt_0_compat; lra).
      assert (t2 : a / (s + a) <= 1) by (apply Rmult_le_reg_r with (s + a); [lra|];
        unfold Rdiv; rewrite Rmult_assoc, Rinv_l; lra).
      assert (F : a / (s + a) * s <= a).
      { apply Rmult_le_reg_r with (s + a); [lra|].
        replace (a / (s + a) * s * (s + a)) with (a * s) by (field; lra). nra. }
      specialize (E _ (conj (Rlt_le _ _ t1) t2)). nra. }
    unfold a in A. clear a. pose proof (dot_nonneg _ (sub y p)) as N. clear nearest. expand.
    rewrite ?(dot_symmetric _ p y), ?(dot_symmetric _ z y), ?(dot_symmetric _ z p) in *. lra.
  Qed.

  Hypothesis subgradient : forall x y, domain x -> domain y ->
    f x + dot (g x) (sub y x) <= f y.

  Lemma share n : 0 <= / INR (S (S n)) <= 1.
  Proof.
    assert (2 <= INR (S (S n))) by (rewrite !S_INR; pose proof (pos_INR n); lra).
    split; [apply Rlt_le, Rinv_0_lt_compat; lra|]. rewrite <- Rinv_1. apply Rinv_le_contravar; lra.
  Qed.

  Lemma average_inside others : forall x,
    Forall domain (x :: others) -> domain (average x others).
  Proof.
    induction others as [|y rest IH]; intros x I; inversion I as [|? ? Dx Dr]; subst;
      cbn [average length]; [exact Dx|].
    apply convex_domain; [now apply IH|exact Dx|]. apply share.
  Qed.

  Fixpoint excess best l : R := match l with [] => 0 | x :: r => f x - f best + excess best r end.

  (* Jensen's inequality. *)
  Lemma value_at_average best others : forall x,
    Forall domain (x :: others) ->
    INR (S (length others)) * (f (average x others) - f best) <= excess best (x :: others).
  Proof.
    induction others as [|y rest IH]; intros x I; inversion I as [|? ? Dx Dr]; subst.
    - simpl. lra.
    - specialize (IH y Dr). pose proof (average_inside rest y Dr) as Dm.
      pose proof (average_inside (y :: rest) x I) as Dw. cbn [average length] in *.
      set (m := average y rest) in *.
      set (t := / INR (S (S (length rest)))) in *.
      set (w := add m (scale t (sub x m))) in *.
      pose proof (subgradient w m Dw Dm) as A. pose proof (subgradient w x Dw Dx) as B.
      assert (E : dot (g w) (sub m w) = - t * dot (g w) (sub x m) /\
                  dot (g w) (sub x w) = (1 - t) * dot (g w) (sub x m)).
      { generalize (g w). intros v. unfold w, sub. autorewrite with inner. split; ring. }
      destruct E as [E1 E2]. rewrite E1 in A. rewrite E2 in B.
      destruct (share (length rest)) as [t0 t1]. fold t in t0, t1.
      assert (C : f w <= (1 - t) * f m + t * f x).
      { apply Rmult_le_compat_l with (r := 1 - t) in A; [|lra].
        apply Rmult_le_compat_l with (1 := t0) in B. lra. }
      change (excess best (x :: y :: rest)) with (f x - f best + excess best (y :: rest)).
      set (N := INR (S (length rest))) in *.
      assert (N0 : 0 <= N) by apply pos_INR.
      assert (NS : INR (S (S (length rest))) = N + 1) by apply S_INR.
      assert (T : t * (N + 1) = 1) by (unfold t; rewrite NS; apply Rinv_l; lra).
      rewrite NS. apply Rmult_le_compat_l with (r := N + 1) in C; [|lra].
      replace ((N + 1) * ((1 - t) * f m + t * f x))
        with ((N + 1 - t * (N + 1)) * f m + t * (N + 1) * f x) in C by ring.
      rewrite T in C. lra.
  Qed.
End Domain.

(* f at the mean of x_0, ..., x_(T-1), above its least value on the domain. *)
Definition gap {V : space} (f : vector V -> R) best (past : list (vector V)) : R :=
  match past with [] => 0 | x :: rest => f (average x rest) - f best end.

Theorem proved :
  (forall eta, assumption_1 eta <-> 0 < eta) /\
  (forall D G V, assumption_2 D G V <-> 0 <= D /\ 0 <= G /\ 0 <= V) /\
  forall (V : space) (domain : vector V -> Prop) (f : vector V -> R)
    (g : vector V -> vector V) (project : vector V -> vector V) (best x0 : vector V)
    (noise : vector V -> law V) (gradient_squared eta variance : R) (steps : nat),
    assumption_1 eta -> assumption_2 (square (sub x0 best)) gradient_squared variance ->
    (1 <= steps)%nat -> domain x0 -> domain best ->
    (forall x y t, domain x -> domain y -> 0 <= t <= 1 -> domain (add x (scale t (sub y x)))) ->
    (forall x y, domain x -> domain y -> f x + dot (g x) (sub y x) <= f y) ->
    (forall x, domain x -> f best <= f x) ->
    (forall x, domain x -> square (g x) <= gradient_squared) ->
    (forall y, domain (project y)) ->
    (forall y w, domain w -> square (sub y (project y)) <= square (sub y w)) ->
    (forall x, domain x -> unbiased (noise x) variance) ->
    let step x e := project (sub x (scale eta (add (g x) e))) in
    walk noise step steps (fun past _ => gap f best past) [] x0
    <= formula (square (sub x0 best)) gradient_squared eta variance steps.
Proof.
  split; [intros; unfold assumption_1; lra|].
  split; [intros; unfold assumption_2; lra|].
  intros V domain f g project best x0 noise gradient_squared eta variance steps.
  intros P _ some D0 Db convex subgradient least bounded inside nearest unbiased_noise step.
  assert (T : 0 < INR steps) by (apply lt_0_INR; lia). unfold assumption_1 in P.
  set (c := / (2 * eta * INR steps)).
  assert (C : 0 < c) by (apply Rinv_0_lt_compat; nra).
  set (each := eta * eta * (gradient_squared + variance)).
  assert (CT : c * (2 * eta) = / INR steps) by (unfold c; field; lra).
  replace (formula (square (sub x0 best)) gradient_squared eta variance steps)
    with (0 / INR steps + c * (square (sub x0 best) + INR steps * each))
    by (unfold formula, c, each; field; lra).
  apply (walk_below noise step variance
    (fun n past x => (n + length past)%nat = steps /\ Forall domain (x :: past))
    (fun past _ => gap f best past)
    (fun n past x => excess f best past / INR steps
                     + c * (square (sub x best) + INR n * each))).
  - intros n past x [_ I]. inversion I; subst. now apply unbiased_noise.
  - intros n past x e [E I]. split; [simpl; lia|]. constructor; [apply inside|exact I].
  - intros past x [E I]. inversion I as [|? ? _ Dp]; subst.
    destruct past as [|y rest]; [simpl in some; lia|].
    pose proof (average_inside domain convex rest y Dp) as Dm.
    pose proof (value_at_average domain f g convex subgradient best rest y Dp) as J.
    split; [pose proof (least _ Dm); simpl; lra|].
    cbn [gap]. change (INR 0) with 0. rewrite Rmult_0_l, Rplus_0_r.
    pose proof (dot_nonneg _ (sub x best)) as far. fold (square (sub x best)) in far.
    change (0 + length (y :: rest))%nat with (S (length rest)) in *.
    apply Rmult_le_compat_l with (r := / INR (S (length rest))) in J;
      [|now apply Rlt_le, Rinv_0_lt_compat].
    rewrite <- Rmult_assoc, Rinv_l, Rmult_1_l in J by lra. unfold Rdiv. nra.
  - intros n past x [_ I]. inversion I as [|? ? Dx Dp]; subst.
    set (d := sub x best).
    exists (c * (eta * eta)), (scale (c * (2 * eta)) (sub (scale eta (g x)) d)),
      (excess f best past / INR steps + (f x - f best) / INR steps
       + c * (square d - 2 * eta * dot (g x) d + eta * eta * square (g x) + INR n * each)).
    pose proof (subgradient x best Dx Db) as U.
    assert (U' : f x - f best <= dot (g x) d) by (unfold d; expand; lra).
    repeat split.
    + apply Rmult_le_pos; nra.
    + rewrite S_INR. unfold Rdiv. rewrite <- CT. pose proof (bounded x Dx) as G.
      assert (eta * eta * square (g x) <= eta * eta * gradient_squared)
        by (apply Rmult_le_compat_l; nra).
      assert (M : c * (2 * eta * (f x - f best) + eta * eta * variance + square d
                  - 2 * eta * dot (g x) d + eta * eta * square (g x) + INR n * each)
              <= c * (square d + (INR n + 1) * each)).
      { apply Rmult_le_compat_l; [lra|]. unfold each. nra. }
      lra.
    + intros e. cbn [excess].
      pose proof (projection_is_closer domain convex _ _ best (inside _) Db (nearest
        (sub x (scale eta (add (g x) e))))) as N. fold (step x e) in N.
      assert (E : square (sub (sub x (scale eta (add (g x) e))) best)
                  = square d - 2 * eta * dot (g x) d + eta * eta * square (g x)
                    + eta * eta * square e + 2 * eta * dot (sub (scale eta (g x)) d) e).
      { unfold d. expand.
        rewrite ?(dot_symmetric _ e (g x)), ?(dot_symmetric _ x best), ?(dot_symmetric _ x (g x)),
          ?(dot_symmetric _ x e), ?(dot_symmetric _ best (g x)), ?(dot_symmetric _ best e).
        ring. }
      rewrite E in N. rewrite dot_scale. clearbody d.
      apply Rmult_le_compat_l with (r := c) in N; [|lra]. unfold Rdiv. lra.
  - split; [simpl; lia|]. now repeat constructor.
Qed.
