(* Chernoff's bound on the hockey stick with its best constant. *)
From Coq Require Import Reals Lra Psatz List.
From DP Require Import Sums.
Require Import Here.Generated.
Open Scope R_scope.

Lemma exp_tangent x : 1 + x <= exp x.
Proof.
  destruct (Req_dec x 0) as [->|N]; [rewrite exp_0; lra|]. now apply Rlt_le, exp_ineq1.
Qed.

Section Pointwise.
  Context (c : R).
  Hypothesis right_of_one : assumption_1 c.

  Lemma rest_positive : 0 < 1 + -1 / c.
  Proof.
    unfold assumption_1 in right_of_one.
    replace (1 + -1 / c) with ((c - 1) / c) by (field; lra). apply Rdiv_lt_0_compat; lra.
  Qed.

  Lemma formula_positive : 0 < formula c.
  Proof.
    unfold formula, assumption_1 in *. apply Rdiv_lt_0_compat; [apply exp_pos|lra].
  Qed.

  (* With e^y = e^v c/(c-1). *)
  Lemma at_distance v : formula c * exp (c * (v - ln (1 + -1 / c)))
    = exp (v - ln (1 + -1 / c)) * (exp ((c - 1) * v) / c).
  Proof.
    unfold formula, assumption_1 in *. set (l := ln (1 + -1 / c)).
    replace (exp (v - l) * (exp ((c - 1) * v) / c)) with (exp (v - l + (c - 1) * v) / c)
      by (rewrite exp_plus; field; lra).
    replace (v - l + (c - 1) * v) with ((c - 1) * l + c * (v - l)) by ring.
    rewrite exp_plus. field. lra.
  Qed.

  Lemma shifted_exp v : exp (v - ln (1 + -1 / c)) * (1 + -1 / c) = exp v.
  Proof.
    unfold Rminus. rewrite exp_plus, exp_Ropp, exp_ln by exact rest_positive.
    pose proof rest_positive. field. unfold assumption_1 in *. lra.
  Qed.

  Lemma stick_below y : exp y - 1 <= formula c * exp (c * y).
  Proof.
    set (l := ln (1 + -1 / c)). set (v := y + l).
    replace y with (v - l) by (unfold v; ring).
    pose proof (at_distance v) as A. fold l in A. rewrite A. clear A.
    pose proof (shifted_exp v) as S. fold l in S.
    assert (E : c <= (c - 1) * exp (- v) + exp ((c - 1) * v)).
    { pose proof (exp_tangent (- v)). pose proof (exp_tangent ((c - 1) * v)).
      unfold assumption_1 in *. nra. }
    pose proof (exp_pos (v - l)) as P. unfold assumption_1 in *.
    assert (N : exp (- v) * exp v = 1) by (rewrite <- exp_plus, Rplus_opp_l; apply exp_0).
    assert (U : (c - 1) * (exp (v - l) * exp (- v)) = c).
    { replace (exp v) with (exp (v - l) * ((c - 1) / c)) in N by (rewrite <- S; field; lra).
      replace (exp (- v) * (exp (v - l) * ((c - 1) / c)))
        with ((c - 1) * (exp (v - l) * exp (- v)) / c) in N by (field; lra).
      apply Rmult_eq_compat_r with (r := c) in N. unfold Rdiv in N.
      rewrite Rmult_assoc, Rinv_l in N; lra. }
    apply Rmult_le_reg_l with (r := c); [lra|].
    replace (c * (exp (v - l) * (exp ((c - 1) * v) / c)))
      with (exp (v - l) * exp ((c - 1) * v)) by (field; lra).
    apply Rmult_le_compat_l with (r := exp (v - l)) in E; [|lra]. nra.
  Qed.

  (* No smaller constant would do. *)
  Lemma stick_touches : exp (- ln (1 + -1 / c)) - 1 = formula c * exp (c * - ln (1 + -1 / c)).
  Proof.
    pose proof (at_distance 0) as A. rewrite Rminus_0_l, Rmult_0_r, exp_0 in A. rewrite A.
    rewrite exp_Ropp, exp_ln by exact rest_positive. pose proof rest_positive.
    unfold assumption_1 in *. field. lra.
  Qed.
End Pointwise.

(* For losses s_i of weights w_i under the law without the record, M(c) = sum w_i e^(c s_i). *)
Theorem proved :
  (forall c, assumption_1 c <-> 1 < c) /\
  forall (c eps : R),
    assumption_1 c ->
    (forall losses : list (R * R), (forall w s, In (w, s) losses -> 0 <= w) ->
       total (fun '(w, s) => w * Rmax 0 (exp s - exp eps)) losses
       <= formula c * exp (- ((c - 1) * eps)) * total (fun '(w, s) => w * exp (c * s)) losses) /\
    exists s, exp s - exp eps = formula c * exp (- ((c - 1) * eps)) * exp (c * s).
Proof.
  split; [intros; unfold assumption_1; lra|].
  intros c eps.
  intros C. split.
  - intros losses W. rewrite <- total_scale. apply total_le. intros [w s] I. specialize (W w s I).
    pose proof (stick_below c C (s - eps)) as B. pose proof (formula_positive c C) as F.
    assert (E : Rmax 0 (exp s - exp eps)
                <= formula c * exp (- ((c - 1) * eps)) * exp (c * s)).
    { apply Rmax_lub.
      - apply Rmult_le_pos; [apply Rmult_le_pos|]; apply Rlt_le; trivial; apply exp_pos.
      - pose proof (exp_pos eps) as P.
        apply Rmult_le_compat_l with (r := exp eps) in B; [|lra].
        replace (exp eps * (exp (s - eps) - 1)) with (exp s - exp eps) in B
          by (rewrite Rmult_minus_distr_l, <- exp_plus; f_equal; [f_equal|]; ring).
        refine (Rle_trans _ _ _ B (Req_le _ _ _)).
        rewrite Rmult_assoc, <- exp_plus, <- Rmult_assoc, (Rmult_comm (exp eps)), Rmult_assoc,
          <- exp_plus. f_equal. f_equal. ring. }
    apply Rmult_le_compat_l with (1 := W) in E. lra.
  - exists (eps + - ln (1 + -1 / c)).
    pose proof (stick_touches c C) as T.
    apply Rmult_eq_compat_l with (r := exp eps) in T.
    replace (exp eps * (exp (- ln (1 + -1 / c)) - 1))
      with (exp (eps + - ln (1 + -1 / c)) - exp eps) in T by (rewrite exp_plus; ring).
    rewrite T. rewrite Rmult_assoc, <- exp_plus, <- Rmult_assoc, (Rmult_comm (exp eps)),
      Rmult_assoc, <- exp_plus. f_equal. f_equal. ring.
Qed.
