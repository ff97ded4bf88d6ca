(* Stochastic gradient descent under the inequality of Polyak and Lojasiewicz. *)
(* Arguments: (steps : nat). *)
From Coq Require Import Reals Lra List Psatz.
From DP Require Import Descent.
Require Import Here.Generated.
Import ListNotations.
Open Scope R_scope.

Theorem proved :
  (forall mu L, assumption_1 mu L <-> 0 < mu <= L) /\
  (forall eta L, assumption_2 eta L <-> 0 < eta * L <= 1) /\
  (forall gap V, assumption_3 gap V <-> 0 <= gap /\ 0 <= V) /\
  forall (V : space) (f : vector V -> R) (g : vector V -> vector V) (least : R)
    (x0 : vector V) (noise : vector V -> law V) (mu L eta variance : R) (steps : nat),
    assumption_1 mu L -> assumption_2 eta L -> assumption_3 (f x0 - least) variance ->
    (forall x y, f y <= f x + dot (g x) (sub y x) + L / 2 * square (sub y x)) ->
    (forall x, least <= f x) ->
    (forall x, 2 * mu * (f x - least) <= square (g x)) ->
    (forall x, unbiased (noise x) variance) ->
    let step x e := sub x (scale eta (add (g x) e)) in
    walk noise step steps (fun _ x => f x - least) [] x0
    <= formula (f x0 - least) mu L eta variance steps.
Proof.
  split; [intros; unfold assumption_1; lra|].
  split; [intros; unfold assumption_2; lra|].
  split; [intros; unfold assumption_3; lra|].
  intros V f g least x0 noise mu L eta variance steps.
  intros [mu0 muL] [small0 small1] [_ V0] smooth bounded pl unbiased_noise step.
  assert (P : 0 < eta) by nra.
  assert (K : 0 <= 1 - eta * mu) by nra.
  assert (Q : forall n, 0 <= (1 - eta * mu) ^ n) by (intros n; now apply pow_le).
  apply (walk_below noise step variance (fun _ _ _ => True) (fun _ x => f x - least)
    (fun n _ x => formula (f x - least) mu L eta variance n)); trivial.
  - intros past x _. pose proof (bounded x). unfold formula. simpl. unfold Rdiv. lra.
  - intros n past x _. specialize (Q n).
    exists ((1 - eta * mu) ^ n * (L * eta * eta / 2)),
      (scale (- ((1 - eta * mu) ^ n * (eta * (1 - eta * L)))) (g x)),
      ((1 - eta * mu) ^ n * (f x - least - eta * (1 - eta * L / 2) * square (g x))
       + eta * L * variance * (1 - (1 - eta * mu) ^ n) / (2 * mu)).
    repeat split.
    + apply Rmult_le_pos; [exact Q|]. assert (0 < eta * L) by lra. nra.
    + unfold formula. simpl.
      replace (eta * L * variance * (1 - (1 - eta * mu) * (1 - eta * mu) ^ n) / (2 * mu))
        with (eta * L * variance * (1 - (1 - eta * mu) ^ n) / (2 * mu)
              + (1 - eta * mu) ^ n * (L * eta * eta / 2) * variance) by (field; lra).
      assert (D : eta * mu * (f x - least) <= eta * (1 - eta * L / 2) * square (g x)).
      { pose proof (pl x). pose proof (bounded x).
        assert (eta / 2 * square (g x) <= eta * (1 - eta * L / 2) * square (g x)).
        { apply Rmult_le_compat_r; [apply dot_nonneg|]. nra. }
        nra. }
      nra.
    + intros e. pose proof (descent f g L eta x e smooth) as S. fold (step x e) in S.
      unfold formula. rewrite dot_scale.
      apply Rmult_le_compat_l with (1 := Q) in S. lra.
Qed.
