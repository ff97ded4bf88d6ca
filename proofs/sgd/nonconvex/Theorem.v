(* Stochastic gradient descent on a smooth function: how small the gradients are on average. *)
(* Arguments: (steps : nat). *)
From Coq Require Import Reals Lra List Psatz Lia.
From DP Require Import Descent.
Require Import Here.Generated.
Import ListNotations.
Open Scope R_scope.

Definition sum_over {A} (h : A -> R) (l : list A) : R := fold_right (fun x s => h x + s) 0 l.

(* `past` holds x_0, ..., x_(T-1), so the left side is the mean of their expected |g|^2. *)
Theorem proved :
  (forall eta L, assumption_1 eta L <-> 0 < eta /\ 0 < eta * L < 2) /\
  (forall gap V, assumption_2 gap V <-> 0 <= gap /\ 0 <= V) /\
  forall (V : space) (f : vector V -> R) (g : vector V -> vector V) (least : R)
    (x0 : vector V) (noise : vector V -> law V) (L eta variance : R) (steps : nat),
    assumption_1 eta L -> assumption_2 (f x0 - least) variance -> (1 <= steps)%nat ->
    (forall x y, f y <= f x + dot (g x) (sub y x) + L / 2 * square (sub y x)) ->
    (forall x, least <= f x) ->
    (forall x, unbiased (noise x) variance) ->
    let step x e := sub x (scale eta (add (g x) e)) in
    walk noise step steps (fun past _ => sum_over (fun x => square (g x)) past / INR steps) [] x0
    <= formula (f x0 - least) L eta variance steps.
Proof.
  split; [intros; unfold assumption_1; lra|].
  split; [intros; unfold assumption_2; lra|].
  intros V f g least x0 noise L eta variance steps.
  intros [P [small0 small1]] [_ V0] some smooth bounded unbiased_noise step.
  assert (T : 0 < INR steps) by (apply lt_0_INR; lia).
  assert (room : 0 < 2 - eta * L) by lra.
  assert (S0 : forall past, 0 <= sum_over (fun x => square (g x)) past).
  { intros past. induction past as [|y past IH]; simpl; [lra|]. pose proof (dot_nonneg _ (g y)).
    unfold square in *. lra. }
  set (start x := 2 * (f x - least) / (eta * (2 - eta * L))).
  set (each := eta * L * variance / (2 - eta * L)).
  replace (formula (f x0 - least) L eta variance steps)
    with ((0 + (start x0 + INR steps * each)) / INR steps)
    by (unfold formula, start, each; field; lra).
  apply (walk_below noise step variance (fun _ _ _ => True)
    (fun past _ => sum_over (fun x => square (g x)) past / INR steps)
    (fun n past x => (sum_over (fun x => square (g x)) past + (start x + INR n * each))
                     / INR steps)); trivial.
  - intros past x _. specialize (S0 past). pose proof (bounded x). simpl. rewrite Rmult_0_l.
    assert (0 <= start x).
    { unfold start. apply Rmult_le_pos; [lra|]. apply Rlt_le, Rinv_0_lt_compat. nra. }
    split; unfold Rdiv.
    + apply Rmult_le_pos; [exact S0|]. now apply Rlt_le, Rinv_0_lt_compat.
    + apply Rmult_le_compat_r; [now apply Rlt_le, Rinv_0_lt_compat|lra].
  - intros n past x _.
    set (c := 2 / (eta * (2 - eta * L)) / INR steps).
    assert (C : 0 < c).
    { unfold c. repeat apply Rdiv_lt_0_compat; try lra. nra. }
    exists (c * (L * eta * eta / 2)), (scale (- (c * (eta * (1 - eta * L)))) (g x)),
      ((square (g x) + sum_over (fun x => square (g x)) past + INR n * each) / INR steps
       + c * (f x - least - eta * (1 - eta * L / 2) * square (g x))).
    repeat split.
    + apply Rmult_le_pos; [lra|]. assert (0 < eta * L) by lra. nra.
    + rewrite S_INR. apply Req_le. unfold c, start, each. field. lra.
    + intros e. pose proof (descent f g L eta x e smooth) as D. fold (step x e) in D.
      apply Rmult_le_compat_l with (r := c) in D; [|lra].
      rewrite dot_scale. simpl. unfold start.
      replace ((square (g x) + sum_over (fun x => square (g x)) past
                + (2 * (f (step x e) - least) / (eta * (2 - eta * L)) + INR n * each)) / INR steps)
        with ((square (g x) + sum_over (fun x => square (g x)) past + INR n * each) / INR steps
              + c * (f (step x e) - least)) by (unfold c; field; lra).
      lra.
Qed.
