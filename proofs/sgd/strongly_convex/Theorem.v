(* Stochastic gradient descent on a strongly convex and smooth function. *)
(* Arguments: (steps : nat). *)
From Coq Require Import Reals Lra List Psatz.
From DP Require Import Descent Contraction.
Require Import Here.Generated.
Import ListNotations.
Open Scope R_scope.

Definition contracted D rho eta variance n :=
  (rho * rho) ^ n * D + eta * eta * variance * (1 - (rho * rho) ^ n) / (1 - rho * rho).

Lemma formula_is_contracted D mu L eta variance n : mu <= L -> 0 < eta ->
  formula D mu L eta variance n =
  contracted D (Rmax (Rabs (1 - eta * mu)) (Rabs (1 - eta * L))) eta variance n.
Proof. intros. unfold formula, contracted. now rewrite factor_is_the_maximum. Qed.

Theorem proved :
  (forall mu L, assumption_1 mu L <-> 0 < mu <= L) /\
  (forall eta L, assumption_2 eta L <-> 0 < eta * L < 2) /\
  (forall D V, assumption_3 D V <-> 0 <= D /\ 0 <= V) /\
  forall (V : space) (f : vector V -> R) (g : vector V -> vector V) (best x0 : vector V)
    (noise : vector V -> law V) (mu L eta variance : R) (steps : nat),
    assumption_1 mu L -> assumption_2 eta L ->
    assumption_3 (square (sub x0 best)) variance ->
    (forall x y, f x + dot (g x) (sub y x) + mu / 2 * square (sub y x) <= f y) ->
    (forall x y, f y <= f x + dot (g x) (sub y x) + L / 2 * square (sub y x)) ->
    (forall x, f best <= f x) ->
    (forall x, unbiased (noise x) variance) ->
    let step x e := sub x (scale eta (add (g x) e)) in
    walk noise step steps (fun _ x => square (sub x best)) [] x0
    <= formula (square (sub x0 best)) mu L eta variance steps.
Proof.
  split; [intros; unfold assumption_1; lra|].
  split; [intros; unfold assumption_2; lra|].
  split; [intros; unfold assumption_3; lra|].
  intros V f g best x0 noise mu L eta variance steps.
  intros range small positive convex smooth minimum unbiased_noise step.
  pose proof (eta_positive mu L range eta small) as P.
  pose proof (rho_below_one mu L range eta small) as R1.
  rewrite formula_is_contracted by (destruct range; assumption).
  fold (rho mu L eta). set (r := rho mu L eta) in *.
  assert (K : 0 < 1 - r * r) by nra.
  assert (Q : forall n, 0 <= (r * r) ^ n) by (intros n; apply pow_le; nra).
  apply (walk_below noise step variance (fun _ _ _ => True)
    (fun _ x => square (sub x best)) (fun n _ x => contracted (square (sub x best)) r eta variance n)).
  - intros. apply unbiased_noise.
  - trivial.
  - intros past x _. pose proof (dot_nonneg _ (sub x best)). unfold contracted, square in *. simpl.
    unfold Rdiv. rewrite Rminus_eq_0. lra.
  - intros n past x _.
    set (d := sub x best). set (u := sub d (scale eta (g x))).
    exists ((r * r) ^ n * (eta * eta)), (scale (- (2 * eta) * (r * r) ^ n) u),
      (contracted (square u) r eta variance n).
    pose proof (contraction f g best mu L range convex smooth minimum eta small x) as C.
    cbv zeta in C. fold r d u in C.
    repeat split.
    + specialize (Q n). nra.
    + unfold contracted. simpl.
      replace (eta * eta * variance * (1 - r * r * (r * r) ^ n) / (1 - r * r))
        with (eta * eta * variance * (1 - (r * r) ^ n) / (1 - r * r)
              + (r * r) ^ n * (eta * eta) * variance) by (field; lra).
      specialize (Q n). nra.
    + intros e. unfold contracted. apply Req_le.
      replace (square (sub (step x e) best))
        with (square u - 2 * eta * dot u e + eta * eta * square e).
      * rewrite dot_scale. ring.
      * unfold u, d, step. expand.
        rewrite ?(dot_symmetric _ e (g x)), ?(dot_symmetric _ x best), ?(dot_symmetric _ x (g x)),
          ?(dot_symmetric _ x e), ?(dot_symmetric _ best (g x)), ?(dot_symmetric _ best e).
        ring.
  - trivial.
Qed.
