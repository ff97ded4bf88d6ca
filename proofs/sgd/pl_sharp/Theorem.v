(* Stochastic gradient descent under the Polyak-Lojasiewicz inequality, with all of the descent. *)
(* Arguments: (steps : nat). *)
From Coq Require Import Reals Lra List Psatz.
From DP Require Import Descent.
Require Import Here.Generated.
Import ListNotations.
Open Scope R_scope.

Definition kept mu L eta n := (1 - eta * mu * (2 - eta * L)) ^ n.

Lemma formula_is gap mu L eta variance n : 0 < mu -> 0 < eta * L < 2 ->
  formula gap mu L eta variance n =
  kept mu L eta n * gap
  + (1 - kept mu L eta n) * (eta * L * variance / (2 * mu * (2 - eta * L))).
Proof. intros. unfold formula, kept. field. lra. Qed.

Theorem proved :
  (forall mu L, assumption_1 mu L <-> 0 < mu <= L) /\
  (forall eta L, assumption_2 eta L <-> 0 < eta * L < 2) /\
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
  intros [mu0 muL] small [_ V0] smooth bounded pl unbiased_noise step.
  assert (small' : 0 < eta * L < 2) by (unfold assumption_2 in small; lra). clear small.
  assert (P : 0 < eta) by nra.
  set (k := 1 - eta * mu * (2 - eta * L)).
  assert (K : 0 <= k).
  { unfold k. assert (eta * mu * (2 - eta * L) <= eta * L * (2 - eta * L))
      by (apply Rmult_le_compat_r; nra).
    pose proof (Rle_0_sqr (1 - eta * L)) as N. unfold Rsqr in N. lra. }
  assert (Q : forall n, 0 <= k ^ n) by (intros n; now apply pow_le).
  set (c := eta * L * variance / (2 * mu * (2 - eta * L))).
  assert (C : c * (1 - k) = L * eta * eta / 2 * variance) by (unfold c, k; field; lra).
  apply (walk_below noise step variance (fun _ _ _ => True) (fun _ x => f x - least)
    (fun n _ x => formula (f x - least) mu L eta variance n)); trivial.
  - intros past x _. pose proof (bounded x). rewrite formula_is by lra. unfold kept. simpl. lra.
  - intros n past x _. specialize (Q n).
    exists (k ^ n * (L * eta * eta / 2)),
      (scale (- (k ^ n * (eta * (1 - eta * L)))) (g x)),
      (k ^ n * (f x - least - eta * (1 - eta * L / 2) * square (g x)) + (1 - k ^ n) * c).
    repeat split.
    + apply Rmult_le_pos; [exact Q|]. nra.
    + rewrite formula_is by lra. unfold kept. fold k c. change (k ^ S n) with (k * k ^ n).
      assert (D : eta * mu * (2 - eta * L) * (f x - least)
                  <= eta * (1 - eta * L / 2) * square (g x)).
      { pose proof (pl x) as G.
        apply Rmult_le_compat_l with (r := eta * (1 - eta * L / 2)) in G; [lra|].
        apply Rmult_le_pos; lra. }
      assert (E : f x - least - eta * (1 - eta * L / 2) * square (g x) <= k * (f x - least))
        by (unfold k; lra).
      apply Rmult_le_compat_l with (1 := Q) in E.
      replace (k ^ n * (L * eta * eta / 2) * variance) with (k ^ n * (c * (1 - k)))
        by (rewrite C; ring).
      lra.
    + intros e. rewrite formula_is by lra. unfold kept. fold k c.
      pose proof (descent f g L eta x e smooth) as S. fold (step x e) in S.
      rewrite dot_scale. apply Rmult_le_compat_l with (1 := Q) in S. lra.
Qed.
