(* A gradient step on a strongly convex and smooth function brings every point closer to the minimum. *)

From Coq Require Import Reals Lra List Psatz.
From DP Require Import Descent.
Open Scope R_scope.

(* The formula speaks of rho without a maximum. *)
Lemma factor_is_the_maximum mu L eta : mu <= L -> 0 < eta ->
  (eta * (L - mu) + Rabs (2 - eta * (L + mu))) / 2 = Rmax (Rabs (1 - eta * mu)) (Rabs (1 - eta * L)).
Proof.
  intros H P.
  assert (eta * mu <= eta * L) by nra.
  rewrite Rmult_minus_distr_l, Rmult_plus_distr_l.
  set (a := eta * mu) in *. set (b := eta * L) in *. clearbody a b.
  unfold Rmax, Rabs.
  destruct (Rcase_abs (2 - (b + a))), (Rcase_abs (1 - a)), (Rcase_abs (1 - b));
    match goal with |- context [Rle_dec ?u ?v] => destruct (Rle_dec u v) end; lra.
Qed.

Section Function.
  Context {V : space} (f : vector V -> R) (g : vector V -> vector V) (best : vector V) (mu L : R).
  Hypothesis range : 0 < mu <= L.
  Hypothesis strongly_convex :
    forall x y, f x + dot (g x) (sub y x) + mu / 2 * square (sub y x) <= f y.
  Hypothesis smooth :
    forall x y, f y <= f x + dot (g x) (sub y x) + L / 2 * square (sub y x).
  Hypothesis minimum : forall x, f best <= f x.

  Lemma gradient_at_minimum v : dot (g best) v = 0.
  Proof.
    apply dot_of_null.
    pose proof (smooth best (add best (scale (- / L) (g best)))) as S.
    pose proof (minimum (add best (scale (- / L) (g best)))) as M.
    pose proof (dot_nonneg _ (g best)) as N.
    expand.
    assert (P : 0 < / L) by (apply Rinv_0_lt_compat; lra).
    assert (E : L * / L = 1) by (apply Rinv_r; lra).
    rewrite (dot_symmetric _ best (g best)) in S.
    set (G := dot (g best) (g best)) in *. set (B := dot best best) in *.
    set (C := dot (g best) best) in *.
    assert (0 <= - (/ L * G) + (L * / L) * (/ L * G) / 2) by lra.
    rewrite E in *. nra.
  Qed.

  (* The gradient is co-coercive, after subtracting mu |x|^2 / 2 from f. *)
  Lemma cocoercive_one_way x y s : 0 < s ->
    let u := sub (sub (g y) (g x)) (scale mu (sub y x)) in
    f x + dot (g x) (sub y x) + mu / 2 * square (sub y x) + (s - (L - mu) * s * s / 2) * square u
    <= f y.
  Proof.
    intros s0 u.
    set (z := sub y (scale s u)).
    pose proof (strongly_convex x z) as A. pose proof (smooth y z) as B.
    subst z.
    assert (E : square u = dot (g y) u - dot (g x) u - mu * (dot y u - dot x u)).
    { unfold u at 1. unfold square, sub. unfold u. expand.
      rewrite ?(dot_symmetric _ (g x) (g y)), ?(dot_symmetric _ x (g y)), ?(dot_symmetric _ y (g y)),
        ?(dot_symmetric _ x (g x)), ?(dot_symmetric _ y (g x)), ?(dot_symmetric _ x y). ring. }
    clearbody u. expand.
    rewrite ?(dot_symmetric _ x y), ?(dot_symmetric _ u x), ?(dot_symmetric _ u y) in *.
    nra.
  Qed.

  Lemma cocoercive x y :
    let d := sub y x in let h := sub (g y) (g x) in
    square h + mu * L * square d <= (mu + L) * dot h d.
  Proof.
    intros d h.
    set (u := sub h (scale mu d)).
    assert (T : forall s, 0 < s -> (2 * s - (L - mu) * s * s) * square u <= dot u d).
    { intros s s0.
      pose proof (cocoercive_one_way x y s s0) as A. pose proof (cocoercive_one_way y x s s0) as B.
      cbv zeta in A, B. fold h d u in A.
      replace (square (sub (sub (g x) (g y)) (scale mu (sub x y)))) with (square u) in B.
      - unfold u, h, d in *. expand.
        rewrite ?(dot_symmetric _ x y), ?(dot_symmetric _ (g x) y), ?(dot_symmetric _ (g x) x),
          ?(dot_symmetric _ (g y) y), ?(dot_symmetric _ (g y) x) in *. lra.
      - unfold u, h, d. expand.
        rewrite ?(dot_symmetric _ x y), ?(dot_symmetric _ (g x) (g y)). ring. }
    assert (U : square u <= (L - mu) * dot u d).
    { pose proof (dot_nonneg _ u) as N. fold (square u) in N.
      destruct (Req_dec L mu) as [E|E].
      - rewrite E, Rminus_eq_0, Rmult_0_l.
        destruct (Req_dec (square u) 0) as [Z|Z]; [lra|exfalso].
        assert (P : 0 < Rabs (dot u d) + 1) by (pose proof (Rabs_pos (dot u d)); lra).
        pose proof (T ((Rabs (dot u d) + 1) / square u)) as Q.
        assert (0 < square u) by lra.
        assert (0 < (Rabs (dot u d) + 1) / square u) by (now apply Rdiv_lt_0_compat).
        specialize (Q ltac:(assumption)). rewrite E, Rminus_eq_0, !Rmult_0_l, Rminus_0_r in Q.
        replace (2 * _ * _) with (2 * (Rabs (dot u d) + 1)) in Q by (now field).
        pose proof (Rle_abs (dot u d)). lra.
      - assert (P : 0 < L - mu) by lra.
        pose proof (T (/ (L - mu)) (Rinv_0_lt_compat _ P)) as Q.
        replace ((2 * / (L - mu) - (L - mu) * / (L - mu) * / (L - mu)) * square u)
          with (square u / (L - mu)) in Q by (field; lra).
        apply Rmult_le_compat_l with (r := L - mu) in Q; [|lra].
        replace ((L - mu) * (square u / (L - mu))) with (square u) in Q by (field; lra).
        exact Q. }
    unfold u in U. clearbody h d. expand. rewrite (dot_symmetric _ d h) in *. lra.
  Qed.

  Variables (eta : R).
  Hypothesis small : 0 < eta * L < 2.

  Definition rho := Rmax (Rabs (1 - eta * mu)) (Rabs (1 - eta * L)).

  Lemma eta_positive : 0 < eta.
  Proof. destruct range, small. nra. Qed.

  Lemma rho_below_one : 0 <= rho < 1.
  Proof.
    pose proof eta_positive. destruct range, small. unfold rho. split.
    - apply Rle_trans with (2 := Rmax_l _ _), Rabs_pos.
    - apply Rmax_lub_lt; apply Rabs_def1; nra.
  Qed.

  Lemma square_below a : Rabs a <= rho -> a * a <= rho * rho.
  Proof.
    intros H. rewrite <- (Rabs_right (a * a)) by nra. rewrite Rabs_mult.
    pose proof (Rabs_pos a). nra.
  Qed.

  (* One step without noise brings every point closer to the minimum. *)
  Lemma contraction x :
    let d := sub x best in
    square (sub d (scale eta (g x))) <= rho * rho * square d.
  Proof.
    intros d. pose proof eta_positive as P. destruct range as [mu0 muL].
    pose proof (cocoercive best x) as C. cbv zeta in C. fold d in C.
    assert (E : square (sub (g x) (g best)) = square (g x) /\
                dot (sub (g x) (g best)) d = dot (g x) d).
    { expand. rewrite (dot_symmetric _ (g x) (g best)), !gradient_at_minimum. lra. }
    destruct E as [E1 E2]. rewrite E1, E2 in C. clear E1 E2.
    assert (W : forall t, 0 <= dot (sub (g x) (scale t d)) (sub (g x) (scale t d))).
    { intros t. apply dot_nonneg. }
    pose proof (W mu) as W1. pose proof (W L) as W2.
    pose proof (dot_of_null (sub (g x) (scale mu d)) d) as Z.
    pose proof (dot_nonneg _ d) as D.
    pose proof (square_below (1 - eta * mu) (Rmax_l _ _)) as M.
    pose proof (square_below (1 - eta * L) (Rmax_r _ _)) as N.
    clearbody d. expand. rewrite (dot_symmetric _ d (g x)) in *.
    set (G := dot (g x) (g x)) in *. set (C0 := dot (g x) d) in *. set (D0 := dot d d) in *.
    clearbody G C0 D0.
    (* |g| is between mu |d| and L |d| *)
    assert (between : mu * mu * D0 <= G <= L * L * D0).
    { destruct (Req_dec L mu) as [E|E].
      - rewrite E in *. assert (C0 + -1 * (mu * D0) = 0) as T by (apply Z; lra).
        replace C0 with (mu * D0) in * by lra. lra.
      - assert (0 < L - mu) by lra. split; apply Rmult_le_reg_l with (r := L - mu); nra. }
    clear Z W1 W2. destruct between as [low high].
    assert (sum : 0 < mu + L) by lra.
    apply Rmult_le_reg_l with (1 := sum).
    assert (S : 0 <= D0 * (mu + L)) by nra.
    apply Rmult_le_compat_r with (1 := S) in M. apply Rmult_le_compat_r with (1 := S) in N.
    apply Rmult_le_compat_l with (r := 2 * eta) in C; [|lra].
    destruct (Rle_dec (eta * (mu + L)) 2) as [H|H].
    - assert (0 <= (2 - eta * (mu + L)) * (eta * (G - mu * mu * D0)))
        by (apply Rmult_le_pos; [|apply Rmult_le_pos]; lra).
      lra.
    - assert (0 <= (eta * (mu + L) - 2) * (eta * (L * L * D0 - G)))
        by (apply Rmult_le_pos; [|apply Rmult_le_pos]; lra).
      lra.
  Qed.
End Function.
