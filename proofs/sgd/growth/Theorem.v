(* Projected descent on a strongly convex and smooth function, under noise that grows. *)
(* Arguments: (steps : nat). *)
From Coq Require Import Reals Lra List Psatz.
From DP Require Import Descent Contraction.
Require Import Here.Generated.
Import ListNotations.
Open Scope R_scope.

Definition kappa mu L eta growth := rho mu L eta * rho mu L eta + eta * eta * growth.

Definition contracted D k eta variance n :=
  k ^ n * D + eta * eta * variance * (1 - k ^ n) / (1 - k).

Lemma formula_is_contracted D mu L eta variance growth n : mu <= L -> 0 < eta ->
  formula D mu L eta variance growth n = contracted D (kappa mu L eta growth) eta variance n.
Proof. intros. unfold formula, contracted, kappa, rho. now rewrite factor_is_the_maximum. Qed.

Theorem proved :
  (forall mu L, assumption_1 mu L <-> 0 < mu <= L) /\
  (forall eta, assumption_2 eta <-> 0 < eta) /\
  (forall eta growth mu L, assumption_3 eta growth mu L <->
     eta * growth < mu * (2 - eta * mu) /\ eta * growth < L * (2 - eta * L)) /\
  (forall D V W, assumption_4 D V W <-> 0 <= D /\ 0 <= V /\ 0 <= W) /\
  forall (V : space) (f : vector V -> R) (g : vector V -> vector V)
    (project : vector V -> vector V) (best x0 : vector V) (noise : vector V -> law V)
    (mu L eta variance growth : R) (steps : nat),
    assumption_1 mu L -> assumption_2 eta -> assumption_3 eta growth mu L ->
    assumption_4 (square (sub x0 best)) variance growth ->
    (forall x y, f x + dot (g x) (sub y x) + mu / 2 * square (sub y x) <= f y) ->
    (forall x y, f y <= f x + dot (g x) (sub y x) + L / 2 * square (sub y x)) ->
    (forall x, f best <= f x) ->
    (forall y, square (sub (project y) best) <= square (sub y best)) ->
    (forall x, unbiased (noise x) (variance + growth * square (sub x best))) ->
    let step x e := project (sub x (scale eta (add (g x) e))) in
    walk noise step steps (fun _ x => square (sub x best)) [] x0
    <= formula (square (sub x0 best)) mu L eta variance growth steps.
Proof.
  split; [intros; unfold assumption_1; lra|].
  split; [intros; unfold assumption_2; lra|].
  split; [intros; unfold assumption_3; lra|].
  split; [intros; unfold assumption_4; lra|].
  intros V f g project best x0 noise mu L eta variance growth steps.
  intros range P' below positive convex smooth minimum closer unbiased_noise step.
  assert (P : 0 < eta) by (unfold assumption_2 in P'; lra). clear P'.
  destruct positive as (D0 & V0 & W0). destruct below as [B1 B2].
  assert (range' : 0 < mu <= L) by exact range.
  assert (small : 0 < eta * L < 2).
  { destruct range'. split; [nra|]. assert (0 <= eta * growth) by nra.
    assert (0 < L * (2 - eta * L)) by lra. nra. }
  pose proof (rho_below_one mu L range' eta small) as R1.
  rewrite formula_is_contracted by (destruct range'; assumption).
  set (k := kappa mu L eta growth).
  assert (K0 : 0 <= k) by (unfold k, kappa; nra).
  assert (K1 : k < 1).
  { unfold k, kappa, rho, Rmax.
    assert (S1 : eta * (eta * growth) < eta * (mu * (2 - eta * mu)))
      by (now apply Rmult_lt_compat_l).
    assert (S2 : eta * (eta * growth) < eta * (L * (2 - eta * L)))
      by (now apply Rmult_lt_compat_l).
    assert (A : forall a, Rabs a * Rabs a = a * a)
      by (intros a; rewrite <- Rabs_mult; apply Rabs_right; nra).
    destruct Rle_dec; rewrite A; lra. }
  assert (Q : forall n, 0 <= k ^ n) by (intros n; now apply pow_le).
  apply (walk_below_at noise step (fun x => variance + growth * square (sub x best))
    (fun _ _ _ => True) (fun _ x => square (sub x best))
    (fun n _ x => contracted (square (sub x best)) k eta variance n)).
  - intros. apply unbiased_noise.
  - trivial.
  - intros past x _. pose proof (dot_nonneg _ (sub x best)). unfold contracted, square in *. simpl.
    unfold Rdiv. rewrite Rminus_eq_0. lra.
  - intros n past x _. specialize (Q n).
    set (d := sub x best). set (u := sub d (scale eta (g x))).
    exists (k ^ n * (eta * eta)), (scale (- (2 * eta) * k ^ n) u),
      (contracted (square u) k eta variance n).
    pose proof (contraction f g best mu L range' convex smooth minimum eta small x) as C.
    cbv zeta in C. fold d u in C.
    repeat split.
    + nra.
    + unfold contracted. change (k ^ S n) with (k * k ^ n).
      replace (eta * eta * variance * (1 - k * k ^ n) / (1 - k))
        with (eta * eta * variance * (1 - k ^ n) / (1 - k) + k ^ n * (eta * eta) * variance)
        by (field; lra).
      assert (E : square u + eta * eta * (growth * square d) <= k * square d)
        by (unfold k, kappa; lra).
      apply Rmult_le_compat_l with (1 := Q) in E. lra.
    + intros e. unfold contracted.
      pose proof (closer (sub x (scale eta (add (g x) e)))) as N. fold (step x e) in N.
      assert (F : square (sub (sub x (scale eta (add (g x) e))) best)
                  = square u - 2 * eta * dot u e + eta * eta * square e).
      { unfold u, d. expand.
        rewrite ?(dot_symmetric _ e (g x)), ?(dot_symmetric _ x best), ?(dot_symmetric _ x (g x)),
          ?(dot_symmetric _ x e), ?(dot_symmetric _ best (g x)), ?(dot_symmetric _ best e).
        ring. }
      rewrite F in N. rewrite dot_scale.
      apply Rmult_le_compat_l with (1 := Q) in N. lra.
  - trivial.
Qed.
