(* Pairs whose loss is bounded by eps in both directions. *)
From Coq Require Import Reals List Lra Psatz.
From Coquelicot Require Import Coquelicot.
From DP Require Import Sums Finite Convex.
Open Scope R_scope.

Section Pure.
Context {A : Type}.
Implicit Types (eps : R) (d : pair A).

Lemma pure_ratio eps d : dp eps 0 d -> forall x, In x (points d) -> P d x <= exp eps * Q d x.
Proof.
  rewrite dp_hockey. unfold hockey. induction (points d) as [|y l IH]; simpl; [contradiction|].
  intros none x [<- | listed].
  - pose proof (Rmax_r 0 (P d y - exp eps * Q d y)).
    assert (0 <= total (fun x => Rmax 0 (P d x - exp eps * Q d x)) l).
    { apply total_nonneg. intros z _. apply Rmax_l. }
    lra.
  - apply IH; [|exact listed]. pose proof (Rmax_l 0 (P d y - exp eps * Q d y)). lra.
Qed.

Lemma pure_continuous eps d :
  (forall x, In x (points d) -> P d x <= exp eps * Q d x) -> continuous d.
Proof.
  intros near x listed positive. specialize (near x listed). pose proof (exp_pos eps).
  destruct (Rle_dec (Q d x) 0); [nra | lra].
Qed.

Lemma pure_loss eps d :
  (forall x, In x (points d) -> P d x <= exp eps * Q d x) ->
  forall x, In x (points d) -> 0 < P d x -> loss d x <= eps.
Proof.
  intros near x listed positive. pose proof (pure_continuous eps d near x listed positive).
  unfold loss. specialize (near x listed).
  cut (ln (P d x) <= ln (exp eps * Q d x)).
  - rewrite ln_mult, ln_exp by (auto using exp_pos). lra.
  - destruct near as [less | ->]; [apply Rlt_le, ln_increasing; lra | lra].
Qed.
End Pure.

(* sinh t <= t cosh t, so cosh t e^(-t^2/2) falls. *)
Lemma falls (f f' : R -> R) y x :
  y <= x -> (forall t, y <= t -> is_derive f t (f' t)) -> (forall t, y <= t -> f' t <= 0) ->
  f x <= f y.
Proof.
  intros [less | ->] derivative negative; [|lra].
  destruct (MVT_cor2 f f' y x less) as [t [rise [low _]]].
  { intros t [low _]. apply is_derive_Reals, derivative, low. }
  specialize (negative t ltac:(lra)). nra.
Qed.

Lemma sinh_below t : 0 <= t -> exp t - exp (- t) <= t * (exp t + exp (- t)).
Proof.
  intros above.
  pose proof (falls (fun t => exp t - exp (- t) - t * (exp t + exp (- t)))
    (fun t => - (t * (exp t - exp (- t)))) 0 t above) as bound. simpl in bound.
  rewrite Ropp_0, exp_0 in bound. enough (exp t - exp (- t) - t * (exp t + exp (- t)) <= 0) by lra.
  replace 0 with (1 - 1 - 0 * (1 + 1)) at 1 by ring. apply bound.
  - intros s _. auto_derive; [easy | ring].
  - intros s positive. assert (exp (- s) <= exp s) by (apply exp_le; lra).
    assert (0 <= s * (exp s - exp (- s))) by (apply Rmult_le_pos; lra). lra.
Qed.

Lemma cosh_below y x :
  0 <= y <= x -> exp x + exp (- x) <= (exp y + exp (- y)) * exp ((x * x - y * y) / 2).
Proof.
  intros [above order].
  pose proof (falls (fun t => (exp t + exp (- t)) * exp (- (t * t) / 2))
    (fun t => (exp t - exp (- t) - t * (exp t + exp (- t))) * exp (- (t * t) / 2)) y x order)
    as bound. simpl in bound.
  replace ((x * x - y * y) / 2) with (- (y * y) / 2 + - (- (x * x) / 2)) by field.
  rewrite exp_plus, (exp_Ropp (- (x * x) / 2)). pose proof (exp_pos (- (x * x) / 2)) as positive.
  set (e := exp (- (x * x) / 2)) in *. set (f := exp (- (y * y) / 2)) in *.
  apply Rmult_le_reg_r with e; [exact positive|].
  replace ((exp y + exp (- y)) * (f * / e) * e) with ((exp y + exp (- y)) * f) by (field; lra).
  apply bound.
  - intros s _. auto_derive; [easy | unfold Rdiv; field].
  - intros s low. pose proof (sinh_below s ltac:(lra)). pose proof (exp_pos (- (s * s) / 2)). nra.
Qed.

(* The moment of order a of a pure pair is at most e^(a (a-1) eps^2 / 2); masses of at most 1. *)
Lemma pure_moment {A : Type} (d : pair A) a eps m :
  1 < a -> 0 < eps -> measures d -> m <= 1 ->
  total (P d) (points d) = m -> total (Q d) (points d) = m ->
  (forall x, In x (points d) -> P d x <= exp eps * Q d x) ->
  (forall x, In x (points d) -> Q d x <= exp eps * P d x) ->
  moment a d <= exp ((a - 1) * (a * (eps * eps / 2))).
Proof.
  intros order positive [above_P above_Q] small mass_P mass_Q near far.
  set (D := exp eps - exp (- eps)).
  assert (wide : 0 < D) by (unfold D; pose proof (exp_increasing (- eps) eps); lra).
  assert (whole : exp eps * exp (- eps) = 1) by (rewrite <- exp_plus, Rplus_opp_r; apply exp_0).
  pose proof (exp_pos eps) as top. pose proof (exp_pos (- eps)) as bottom.
  set (U := exp (a * eps)). set (V := exp (a * - eps)).
  (* on the chord of the power between the two ends of the ratio *)
  assert (below : moment a d <=
    total (fun x => U / D * (P d x - exp (- eps) * Q d x) + V / D * (exp eps * Q d x - P d x))
      (points d)).
  { apply total_le. intros x listed.
    specialize (above_P x listed). specialize (above_Q x listed).
    pose proof (pure_continuous eps d near x listed) as seen.
    specialize (near x listed). specialize (far x listed).
    destruct above_P as [mass | none].
    - specialize (seen mass).
      set (w := (P d x - exp (- eps) * Q d x) / (D * Q d x)).
      assert (Q d x * exp (- eps) <= P d x) by nra.
      pose proof (chord a w eps (- eps) (loss d x)) as curve.
      assert (ratio : exp (loss d x) = P d x / Q d x).
      { unfold loss, Rminus, Rdiv. rewrite exp_plus, exp_Ropp, !exp_ln by lra. reflexivity. }
      replace (P d x * exp ((a - 1) * loss d x)) with (Q d x * exp (a * loss d x)).
      + replace (U / D * (P d x - exp (- eps) * Q d x) + V / D * (exp eps * Q d x - P d x))
          with (Q d x * (w * U + (1 - w) * V)).
        * apply Rmult_le_compat_l; [lra|]. apply curve; [lra | | ].
          -- unfold w. split.
             ++ apply Rmult_le_pos; [lra | apply Rlt_le, Rinv_0_lt_compat; nra].
             ++ apply Rmult_le_reg_r with (D * Q d x); [nra|].
                unfold Rdiv. rewrite Rmult_assoc, Rinv_l by nra. unfold D. nra.
          -- rewrite ratio. unfold w, D. field. fold D. lra.
        * unfold w, D. field. fold D. lra.
      + replace (a * loss d x) with (loss d x + (a - 1) * loss d x) by ring.
        rewrite exp_plus, ratio. field. lra.
    - rewrite <- none in *. assert (zero : Q d x = 0) by nra. rewrite zero. lra. }
  refine (Rle_trans _ _ _ below _). clear below.
  rewrite total_plus, !total_scale, !total_minus, !total_scale, mass_P, mass_Q.
  set (x := a * eps - eps / 2). set (y := eps / 2).
  assert (cosh : exp x + exp (- x) <= (exp y + exp (- y)) * exp ((x * x - y * y) / 2)).
  { apply cosh_below. unfold x, y. nra. }
  replace ((a - 1) * (a * (eps * eps / 2))) with ((x * x - y * y) / 2) by (unfold x, y; field).
  assert (ends : exp eps = exp y * exp y) by (rewrite <- exp_plus; f_equal; unfold y; field).
  assert (inner : exp y * exp (- y) = 1) by (rewrite <- exp_plus, Rplus_opp_r; apply exp_0).
  assert (lower : exp (- eps) = exp (- y) * exp (- y))
    by (rewrite <- exp_plus; f_equal; unfold y; field).
  assert (U_is : U = exp x * exp y) by (unfold U; rewrite <- exp_plus; f_equal; unfold x, y; field).
  assert (V_is : V = exp (- x) * exp (- y))
    by (unfold V; rewrite <- exp_plus; f_equal; unfold x, y; field).
  pose proof (exp_pos y). pose proof (exp_pos (- y)). pose proof (exp_pos ((x * x - y * y) / 2)).
  pose proof (exp_pos x). pose proof (exp_pos (- x)).
  assert (D_is : D = (exp y - exp (- y)) * (exp y + exp (- y))) by (unfold D; rewrite ends, lower; ring).
  assert (gap : 0 < exp y - exp (- y)) by nra.
  replace (U / D * (m - exp (- eps) * m) + V / D * (exp eps * m - m))
    with (m * ((exp x + exp (- x)) / (exp y + exp (- y)))).
  - apply Rle_trans with (1 * ((exp x + exp (- x)) / (exp y + exp (- y)))).
    + apply Rmult_le_compat_r; [apply Rlt_le, Rdiv_lt_0_compat; lra | exact small].
    + rewrite Rmult_1_l. apply Rmult_le_reg_r with (exp y + exp (- y)); [lra|].
      unfold Rdiv. rewrite Rmult_assoc, Rinv_l by lra. lra.
  - rewrite U_is, V_is, D_is, ends, lower.
    replace (exp x * exp y / ((exp y - exp (- y)) * (exp y + exp (- y))) *
        (m - exp (- y) * exp (- y) * m))
      with (m * (exp x * (exp y - (exp y * exp (- y)) * exp (- y))) /
        ((exp y - exp (- y)) * (exp y + exp (- y)))) by (field; lra).
    replace (exp (- x) * exp (- y) / ((exp y - exp (- y)) * (exp y + exp (- y))) *
        (exp y * exp y * m - m))
      with (m * (exp (- x) * ((exp y * exp (- y)) * exp y - exp (- y))) /
        ((exp y - exp (- y)) * (exp y + exp (- y)))) by (field; lra).
    rewrite inner. field. lra.
Qed.

(* A pure pair is eps^2/2-zCDP; its two measures may have an equal mass below 1. *)
Lemma pure_renyi {A : Type} (d : pair A) a eps :
  1 < a -> 0 <= eps -> measures d -> total (P d) (points d) <= 1 ->
  total (P d) (points d) = total (Q d) (points d) ->
  (forall x, In x (points d) -> P d x <= exp eps * Q d x) ->
  (forall x, In x (points d) -> Q d x <= exp eps * P d x) ->
  renyi a (a * (eps * eps / 2)) d.
Proof.
  intros order [positive | <-] two small even near far.
  - split; [apply (pure_continuous eps), near|].
    apply (pure_moment d a eps (total (P d) (points d))); auto.
  - split; [apply (pure_continuous 0), near|].
    replace ((a - 1) * (a * (0 * 0 / 2))) with 0 by field.
    rewrite exp_0 in *. refine (Rle_trans _ _ _ _ small). apply total_le. intros x listed.
    unfold loss. replace (Q d x) with (P d x).
    + rewrite Rminus_eq_0, Rmult_0_r, exp_0. lra.
    + specialize (near x listed). specialize (far x listed). lra.
Qed.
