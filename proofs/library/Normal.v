(* The standard normal density and its distribution function, by what characterizes them. *)
From Coq Require Import Reals Lra Psatz.
From Coquelicot Require Import Coquelicot.
Open Scope R_scope.

Definition phi (x : R) : R := exp (- (x * x) / 2) / sqrt (2 * PI).

(* The integral over the whole line. *)
Definition integral (f : R -> R) (l : R) : Prop :=
  is_RInt_gen f (Rbar_locally m_infty) (Rbar_locally p_infty) l.

Lemma phi_positive x : 0 < phi x.
Proof.
  unfold phi. apply Rdiv_lt_0_compat; [apply exp_pos|].
  apply sqrt_lt_R0. pose proof PI_RGT_0. lra.
Qed.

Lemma phi_even x : phi (- x) = phi x.
Proof. unfold phi. do 3 f_equal. ring. Qed.

(* The law of mean mu against that of mean 0. *)
Lemma phi_shifted x mu : phi (x - mu) = phi x * exp (mu * x - mu * mu / 2).
Proof.
  unfold phi.
  replace (- ((x - mu) * (x - mu)) / 2) with (- (x * x) / 2 + (mu * x - mu * mu / 2)) by field.
  rewrite exp_plus. unfold Rdiv. ring.
Qed.

Lemma integral_affine f l u v : 0 < u -> integral f l -> integral (fun x => u * f (u * x + v)) l.
Proof.
  intros U H P N. specialize (H P N). unfold filtermapi in *.
  destruct H as [A B [M1 HA] [M2 HB] H].
  apply (Filter_prod _ _ _ (fun x => A (u * x + v)) (fun x => B (u * x + v))).
  - exists ((M1 - v) / u). intros x X. apply HA.
    apply Rmult_lt_compat_l with (1 := U) in X. replace (u * ((M1 - v) / u)) with (M1 - v) in X
      by (field; lra). lra.
  - exists ((M2 - v) / u). intros x X. apply HB.
    apply Rmult_lt_compat_l with (1 := U) in X. replace (u * ((M2 - v) / u)) with (M2 - v) in X
      by (field; lra). lra.
  - intros x y X Y. destruct (H _ _ X Y) as [z [I Z]]. exists z. split; [|exact Z].
    now apply (is_RInt_comp_lin f u v x y z).
Qed.

Lemma integral_times f l k : integral f l -> integral (fun x => k * f x) (k * l).
Proof. intros H. apply (is_RInt_gen_scal f k l H). Qed.

Lemma integral_same f g l : (forall x, f x = g x) -> integral f l -> integral g l.
Proof.
  intros E H P N. specialize (H P N). unfold filtermapi in *.
  destruct H as [A B HA HB H]. apply (Filter_prod _ _ _ A B HA HB).
  intros x y X Y. destruct (H _ _ X Y) as [z [I Z]]. exists z. split; [|exact Z].
  apply is_RInt_ext with (2 := I). intros. apply E.
Qed.

(* Completing the square: E_Q[(P/Q)^a] for P = N(1, sigma^2) and Q = N(0, sigma^2). *)
Lemma gaussian_moment sigma a : 0 < sigma -> integral phi 1 ->
  let p x := phi ((x - 1) / sigma) / sigma in
  let q x := phi (x / sigma) / sigma in
  integral (fun x => q x * Rpower (p x / q x) a) (exp ((a - 1) * (a * / (sigma * sigma) / 2))).
Proof.
  intros S total p q.
  apply integral_affine with (u := / sigma) (v := - a / sigma) in total;
    [|now apply Rinv_0_lt_compat].
  apply integral_times with (k := exp ((a - 1) * (a * / (sigma * sigma) / 2))) in total.
  rewrite Rmult_1_r in total. apply integral_same with (2 := total).
  intros x. unfold p, q.
  assert (R : phi ((x - 1) / sigma) / sigma / (phi (x / sigma) / sigma)
              = exp (/ sigma * (x / sigma) - / sigma * / sigma / 2)).
  { pose proof (phi_positive (x / sigma)).
    replace ((x - 1) / sigma) with (x / sigma - / sigma) by (field; lra).
    rewrite phi_shifted. field. lra. }
  rewrite R. unfold Rpower. rewrite ln_exp.
  replace (/ sigma * x + - a / sigma) with (x / sigma - a / sigma) by (field; lra).
  rewrite phi_shifted.
  replace (a * (/ sigma * (x / sigma) - / sigma * / sigma / 2))
    with ((a - 1) * (a * / (sigma * sigma) / 2)
          + (a / sigma * (x / sigma) - a / sigma * (a / sigma) / 2)) by (field; lra).
  rewrite (exp_plus ((a - 1) * _)). field. lra.
Qed.

(* The distribution function: the antiderivative of the density that goes from 0 to 1. *)
Definition distribution (cdf : R -> R) : Prop :=
  (forall x, is_derive cdf x (phi x)) /\ is_lim cdf m_infty 0 /\ is_lim cdf p_infty 1.

Section Distribution.
  Context (cdf : R -> R).
  Hypothesis normal : distribution cdf.

  Lemma phi_continuous x : continuous phi x.
  Proof.
    apply (ex_derive_continuous phi). unfold phi. auto_derive. exact I.
  Qed.

  (* Mirror images have the same size. *)
  Lemma distribution_mirrored x : cdf (- x) = 1 - cdf x.
  Proof.
    destruct normal as [D [L0 L1]].
    set (h y := cdf y + cdf (- y)).
    assert (E : forall y, is_derive h y 0).
    { intros y. unfold h.
      pose proof (D y) as A. pose proof (D (- y)) as B.
      replace 0 with (phi y + - 1 * phi (- y)) by (rewrite phi_even; ring).
      apply (is_derive_plus cdf (fun t => cdf (- t)) y (phi y) (- 1 * phi (- y)) A).
      apply (is_derive_comp cdf Ropp y (phi (- y)) (- 1) B). auto_derive; [trivial|ring]. }
    assert (C : forall y, h y = h x).
    { intros y. destruct (MVT_gen h x y (fun _ => 0)) as [c [_ H]].
      - intros. apply E.
      - intros z _. apply continuity_pt_filterlim.
        apply (ex_derive_continuous h). now exists 0.
      - lra. }
    assert (L : is_lim h p_infty 1).
    { unfold h. replace 1 with (1 + 0) by ring. apply is_lim_plus'; [exact L1|].
      apply (is_lim_comp cdf Ropp p_infty 0 m_infty L0).
      - apply (is_lim_opp (fun y => y) p_infty p_infty). apply is_lim_id.
      - exists 0. intros y _. discriminate. }
    assert (K : is_lim h p_infty (h x)).
    { apply is_lim_ext with (fun _ => h x); [intros; symmetry; apply C|]. apply is_lim_const. }
    apply is_lim_unique in L. apply is_lim_unique in K. rewrite L in K. injection K.
    unfold h. lra.
  Qed.

  Lemma density_integral mu a b : is_RInt (fun x => phi (x - mu)) a b (cdf (b - mu) - cdf (a - mu)).
  Proof.
    destruct normal as [D _].
    apply (is_RInt_derive (fun x => cdf (x - mu)) (fun x => phi (x - mu))).
    - intros x _. replace (phi (x - mu)) with (1 * phi (x - mu)) by ring.
      apply (is_derive_comp cdf (fun t => t - mu) x (phi (x - mu)) 1 (D (x - mu))).
      auto_derive; [trivial|ring].
    - intros x _. apply continuous_comp with (f := fun t => t - mu).
      + apply (continuous_minus (fun t : R => t) (fun _ => mu)); [apply continuous_id|].
        apply continuous_const.
      + apply phi_continuous.
  Qed.
End Distribution.
