(* zCDP on a Poisson sample: the rho of the unsampled release holds, and for the Gaussian no
   smaller one does. *)
From Coq Require Import Reals Lra Psatz List.
From Coquelicot Require Import Coquelicot.
From DP Require Import Sums Finite Convex Normal.
Open Scope R_scope.

Definition sampled {A} (q : R) (d : pair A) : pair A :=
  Pair (points d) (fun x => (1 - q) * Q d x + q * P d x) (Q d).

Section Upper.
  Context {A : Type} (d : pair A) (q : R).
  Hypothesis both : laws d.
  Hypothesis positive : forall x, In x (points d) -> 0 < P d x /\ 0 < Q d x.
  Hypothesis rate : 0 < q <= 1.

  (* The power of the mixed ratio is at most the mixture of the powers. *)
  Lemma power_of_mixture c x : 1 <= c \/ c <= 0 -> In x (points d) ->
    Q d x * exp (c * loss (sampled q d) x) <= q * (Q d x * exp (c * loss d x)) + (1 - q) * Q d x.
  Proof.
    intros C I. destruct (positive x I) as [p0 q0].
    assert (mixed : 0 < (1 - q) * Q d x + q * P d x) by nra.
    pose proof (chord c q (loss d x) 0 (loss (sampled q d) x) C ltac:(lra)) as H.
    rewrite exp_0, Rmult_0_r, exp_0 in H.
    assert (E : exp (loss (sampled q d) x) = q * exp (loss d x) + (1 - q) * 1).
    { unfold loss, sampled, Rminus. simpl. rewrite !exp_plus, exp_Ropp, !exp_ln by assumption.
      field. lra. }
    specialize (H E). apply Rmult_le_compat_l with (r := Q d x) in H; lra.
  Qed.

  Lemma sums_of_powers c k : 1 <= c \/ c <= 0 -> 1 <= k ->
    total (fun x => Q d x * exp (c * loss d x)) (points d) <= k ->
    total (fun x => Q d x * exp (c * loss (sampled q d) x)) (points d) <= k.
  Proof.
    intros C K H. destruct both as [_ [_ one]].
    apply Rle_trans with (total
      (fun x => q * (Q d x * exp (c * loss d x)) + (1 - q) * Q d x) (points d)).
    - apply total_le. intros x I. now apply power_of_mixture.
    - rewrite total_plus, !total_scale, one. nra.
  Qed.

  Lemma moment_as_power a (e : pair A) : (forall x, In x (points e) -> 0 < P e x /\ 0 < Q e x) ->
    moment a e = total (fun x => Q e x * exp (a * loss e x)) (points e).
  Proof.
    intros pos. apply total_ext. intros x I. destruct (pos x I).
    replace (a * loss e x) with (loss e x + (a - 1) * loss e x) by ring.
    rewrite exp_plus. unfold loss at 2, Rminus. rewrite exp_plus, exp_Ropp, !exp_ln by assumption.
    field. lra.
  Qed.

  Lemma moment_reversed a (e : pair A) : (forall x, In x (points e) -> 0 < P e x /\ 0 < Q e x) ->
    moment a (swap e) = total (fun x => Q e x * exp ((1 - a) * loss e x)) (points e).
  Proof.
    intros pos. apply total_ext. intros x I. unfold loss, swap. simpl. do 2 f_equal. ring.
  Qed.

  Lemma sampled_positive : forall x, In x (points (sampled q d)) ->
    0 < P (sampled q d) x /\ 0 < Q (sampled q d) x.
  Proof. intros x I. destruct (positive x I). simpl. split; [nra|assumption]. Qed.
End Upper.

Lemma integral_le f g l m : (forall x, 0 <= f x <= g x) -> integral f l -> integral g m -> l <= m.
Proof.
  intros H F G. apply Rle_trans with (norm l); [apply Rle_abs|].
  apply (@RInt_gen_norm R_CompleteNormedModule (Rbar_locally m_infty) (Rbar_locally p_infty) _ _ f g l m);
    [| |exact F|exact G].
  - apply (Filter_prod _ _ _ (fun x => x < 0) (fun x => 0 < x)); [now exists 0|now exists 0|].
    simpl. intros; lra.
  - apply (Filter_prod _ _ _ (fun _ => True) (fun _ => True)); [now exists 0|now exists 0|].
    intros x y _ _ z _. simpl. specialize (H z). unfold norm. simpl. unfold abs. simpl.
    rewrite Rabs_right; lra.
Qed.

(* The sampled Gaussian's moment of every order is at least q^a times the unsampled one's. *)
Lemma sampled_moment_above sigma q a M : 0 < sigma -> 0 < q <= 1 -> 1 < a -> integral phi 1 ->
  let p x := phi ((x - 1) / sigma) / sigma in
  let q0 x := phi (x / sigma) / sigma in
  integral (fun x => q0 x * Rpower (((1 - q) * q0 x + q * p x) / q0 x) a) M ->
  Rpower q a * exp ((a - 1) * (a * / (sigma * sigma) / 2)) <= M.
Proof.
  intros S rate order normal p q0 moment.
  pose proof (integral_times _ _ (Rpower q a) (gaussian_moment sigma a S normal)) as low.
  cbv zeta in low. refine (integral_le _ _ _ _ _ low moment).
  intros x. fold (p x) (q0 x).
  assert (P0 : 0 < p x) by (apply Rdiv_lt_0_compat; [apply phi_positive|exact S]).
  assert (Q0 : 0 < q0 x) by (apply Rdiv_lt_0_compat; [apply phi_positive|exact S]).
  assert (R0 : 0 < p x / q0 x) by now apply Rdiv_lt_0_compat.
  split.
  - apply Rmult_le_pos; [|apply Rmult_le_pos]; try lra; apply Rlt_le, exp_pos.
  - replace (Rpower q a * (q0 x * Rpower (p x / q0 x) a))
      with (q0 x * (Rpower q a * Rpower (p x / q0 x) a)) by ring.
    apply Rmult_le_compat_l; [lra|]. rewrite Rpower_mult_distr by lra.
    apply Rle_Rpower_l; [lra|]. split; [nra|].
    replace (((1 - q) * q0 x + q * p x) / q0 x) with (1 - q + q * (p x / q0 x)) by (field; lra).
    lra.
Qed.

Theorem proved :
  (forall (A : Type) (d : pair A) (q order rho : R),
     laws d -> (forall x, In x (points d) -> 0 < P d x /\ 0 < Q d x) ->
     0 < q <= 1 -> 1 < order -> 0 <= rho ->
     let bound := exp ((order - 1) * (rho * order)) in
     (moment order d <= bound -> moment order (sampled q d) <= bound) /\
     (moment order (swap d) <= bound -> moment order (swap (sampled q d)) <= bound)) /\
  (forall sigma q rho : R,
     0 < sigma -> 0 < q <= 1 -> integral phi 1 ->
     let p x := phi ((x - 1) / sigma) / sigma in
     let q0 x := phi (x / sigma) / sigma in
     (forall order, 1 < order -> exists M,
        integral (fun x => q0 x * Rpower (((1 - q) * q0 x + q * p x) / q0 x) order) M /\
        ln M / (order - 1) <= rho * order) ->
     / (2 * (sigma * sigma)) <= rho).
Proof.
  split.
  - intros A d q a rho both positive rate order small bound.
    assert (K : 1 <= bound).
    { unfold bound. apply Rle_trans with (exp 0); [rewrite exp_0; lra|]. apply exp_le.
      apply Rmult_le_pos; [lra|].
      apply Rmult_le_pos; lra. }
    pose proof (sampled_positive d q positive rate) as positive'.
    split.
    + rewrite (moment_as_power a d positive), (moment_as_power a _ positive').
      apply (sums_of_powers d q both positive rate); [left; lra|exact K].
    + rewrite (moment_reversed a d positive), (moment_reversed a _ positive').
      apply (sums_of_powers d q both positive rate); [right; lra|exact K].
  - intros sigma q rho S rate normal p q0 private.
    destruct (Rle_dec (/ (2 * (sigma * sigma))) rho) as [|H]; [assumption|exfalso].
    set (g := / (2 * (sigma * sigma)) - rho). assert (G : 0 < g) by (unfold g; lra).
    assert (Lq : ln q <= 0).
    { rewrite <- ln_1. destruct (Req_dec q 1) as [->|]; [lra|]. apply Rlt_le, ln_increasing; lra. }
    set (e := (- ln q + 1) / g). assert (E : 0 < e) by (apply Rdiv_lt_0_compat; lra).
    destruct (private (1 + e) ltac:(lra)) as [M [moment small]].
    pose proof (sampled_moment_above sigma q (1 + e) M S rate ltac:(lra) normal moment) as low.
    replace (1 + e - 1) with e in * by ring.
    assert (M0 : 0 < Rpower q (1 + e) * exp (e * ((1 + e) * / (sigma * sigma) / 2)))
      by (apply Rmult_lt_0_compat; apply exp_pos).
    assert (L : (1 + e) * ln q + e * ((1 + e) * / (sigma * sigma) / 2) <= ln M).
    { rewrite <- (ln_exp ((1 + e) * ln q + _)), exp_plus. fold (Rpower q (1 + e)).
      destruct low as [low|<-]; [apply Rlt_le, ln_increasing; assumption|lra]. }
    assert (U : ln M <= e * (rho * (1 + e))).
    { apply Rmult_le_compat_l with (r := e) in small; [|lra].
      replace (e * (ln M / e)) with (ln M) in small by (field; lra). exact small. }
    assert (D : ln q + e * g <= 0).
    { apply Rmult_le_reg_l with (1 + e); [lra|]. unfold g.
      replace (/ (2 * (sigma * sigma))) with (/ (sigma * sigma) / 2) by (field; lra). lra. }
    assert (V : e * g = - ln q + 1) by (unfold e; field; lra). lra.
Qed.
