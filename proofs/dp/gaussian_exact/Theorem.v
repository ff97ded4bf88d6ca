(* The hockey stick of N(mu, 1) against N(0, 1) is the formula, at every real epsilon. *)
From Coq Require Import Reals Lra Psatz.
From Coquelicot Require Import Coquelicot.
From DP Require Import Normal.
Require Import Here.Generated.
Open Scope R_scope.

Lemma exp_order x y : x <= y -> exp x <= exp y.
Proof. intros [H | ->]; [apply Rlt_le, exp_increasing, H|lra]. Qed.

Section Stick.
  Context (mu eps : R).
  Hypothesis positive : 0 < mu.

  Definition stick x := Rmax 0 (phi (x - mu) - exp eps * phi x).
  Definition edge := eps / mu + mu / 2.

  (* The loss at x, mu x - mu^2/2, is above epsilon where x is above the edge. *)
  Lemma loss_at x : mu * x - mu * mu / 2 - eps = mu * (x - edge).
  Proof. unfold edge. field. lra. Qed.

  Lemma stick_below x : x <= edge -> stick x = 0.
  Proof.
    intros H. unfold stick. apply Rmax_left. rewrite phi_shifted.
    pose proof (phi_positive x). pose proof (loss_at x).
    assert (exp (mu * x - mu * mu / 2) <= exp eps) by (apply exp_order; nra). nra.
  Qed.

  Lemma stick_above x : edge <= x -> stick x = phi (x - mu) - exp eps * phi x.
  Proof.
    intros H. unfold stick. apply Rmax_right. rewrite phi_shifted.
    pose proof (phi_positive x). pose proof (loss_at x).
    assert (exp eps <= exp (mu * x - mu * mu / 2)) by (apply exp_order; nra). nra.
  Qed.

  Context (cdf : R -> R).
  Hypothesis normal : distribution cdf.

  Definition up_to b :=
    (cdf (b - mu) - cdf (edge - mu)) - exp eps * (cdf b - cdf edge).

  Lemma stick_integral a b : a < edge < b -> is_RInt stick a b (up_to b).
  Proof.
    intros [A B]. rewrite <- (Rplus_0_l (up_to b)).
    apply (is_RInt_Chasles stick a edge b 0 (up_to b)).
    - apply is_RInt_ext with (fun _ => 0).
      + intros x. rewrite Rmin_left, Rmax_right by lra. intros X. symmetry. apply stick_below. lra.
      + pose proof (is_RInt_const a edge 0) as C. unfold scal in C. simpl in C.
        unfold mult in C. simpl in C. now rewrite Rmult_0_r in C.
    - apply is_RInt_ext with (fun x => phi (x - mu) - exp eps * phi x).
      + intros x. rewrite Rmin_left, Rmax_right by lra. intros X. symmetry. apply stick_above. lra.
      + apply (is_RInt_minus (fun x => phi (x - mu)) (fun x => exp eps * phi x)).
        * apply (density_integral cdf normal).
        * apply (is_RInt_scal phi edge b (exp eps) (cdf b - cdf edge)).
          pose proof (density_integral cdf normal 0 edge b) as I. rewrite !Rminus_0_r in I.
          apply is_RInt_ext with (2 := I). intros x _. now rewrite Rminus_0_r.
  Qed.

  Lemma up_to_limit : is_lim up_to p_infty
    ((1 - cdf (edge - mu)) - exp eps * (1 - cdf edge)).
  Proof.
    destruct normal as [_ [_ L]]. unfold up_to.
    assert (M : is_lim (fun b => cdf (b - mu)) p_infty 1).
    { apply (is_lim_comp cdf (fun b => b - mu) p_infty 1 p_infty L).
      - apply (is_lim_minus (fun b => b) (fun _ => mu) p_infty p_infty mu p_infty).
        + apply is_lim_id.
        + apply is_lim_const.
        + reflexivity.
      - exists 0. intros y _. discriminate. }
    apply is_lim_minus'.
    - apply is_lim_minus'; [exact M|apply is_lim_const].
    - apply (is_lim_scal_l (fun b => cdf b - cdf edge) (exp eps) p_infty (1 - cdf edge)).
      apply is_lim_minus'; [exact L|apply is_lim_const].
  Qed.
End Stick.

Theorem proved (cdf : R -> R) (mu eps : R) :
  0 < mu -> distribution cdf ->
  integral (fun x => Rmax 0 (phi (x - mu) - exp eps * phi x)) (formula cdf mu eps).
Proof.
  intros positive normal.
  assert (E : formula cdf mu eps
              = (1 - cdf (edge mu eps - mu)) - exp eps * (1 - cdf (edge mu eps))).
  { rewrite <- !(distribution_mirrored cdf normal). unfold formula, edge.
    replace (- (eps / mu + mu / 2 - mu)) with (mu / 2 - eps / mu) by (field; lra).
    replace (- (eps / mu + mu / 2)) with (- mu / 2 - eps / mu) by (field; lra). reflexivity. }
  rewrite E. intros P N.
  pose proof (up_to_limit mu eps cdf normal P N) as L. unfold filtermap in L.
  unfold filtermapi.
  apply (Filter_prod _ _ _ (fun a => a < edge mu eps)
    (fun b => edge mu eps < b /\ P (up_to mu eps cdf b))).
  - now exists (edge mu eps).
  - apply filter_and; [now exists (edge mu eps)|exact L].
  - intros a b A [B I]. exists (up_to mu eps cdf b). split; [|exact I].
    now apply (stick_integral mu eps positive cdf normal).
Qed.
