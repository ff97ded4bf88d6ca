(* The aliases of the trapezoid sum with eps + m p: not negative, and small by Chernoff's bound. *)
From Coq Require Import Reals Lra Psatz List.
From DP Require Import Sums Geometric.
Require Import Here.Generated.
Open Scope R_scope.

Theorem proved :
  (forall c beyond, assumption_1 c beyond <-> 1 < c < beyond) /\
  (forall height, assumption_2 height <-> 0 < height) /\
  forall (c beyond height transform eps : R) (delta : R -> R) (n : nat),
    assumption_1 c beyond -> assumption_2 height -> 0 <= transform -> (forall e, 0 <= delta e) ->
    (forall e, delta e <= transform * exp (- ((beyond - 1) * e))) -> (* invert.chernoff *)
    let p := 2 * PI / height in
    0 <= total (fun m => exp (INR m * ((c - 1) * p)) * delta (eps + INR m * p)) (seq 1 n)
      <= formula c beyond height transform * exp (- ((beyond - 1) * eps)).
Proof.
  split; [intros; unfold assumption_1; lra|].
  split; [intros; unfold assumption_2; lra|].
  intros c beyond height transform eps delta n.
  intros [C B] H M sign chernoff p. unfold assumption_2 in H. split.
  - apply total_nonneg. intros m _. apply Rmult_le_pos; [apply Rlt_le, exp_pos|apply sign].
  - assert (P : 0 < (beyond - c) * p).
    { apply Rmult_lt_0_compat; [lra|]. apply Rdiv_lt_0_compat; [|lra]. pose proof PI_RGT_0. lra. }
    set (k := transform * exp (- ((beyond - 1) * eps))).
    apply Rle_trans with (total (fun m => k * exp (- (INR m * ((beyond - c) * p)))) (seq 1 n)).
    + apply total_le. intros m _.
      specialize (chernoff (eps + INR m * p)).
      apply Rmult_le_compat_l with (r := exp (INR m * ((c - 1) * p))) in chernoff;
        [|apply Rlt_le, exp_pos].
      refine (Rle_trans _ _ _ chernoff (Req_le _ _ _)). unfold k.
      replace (- ((beyond - 1) * (eps + INR m * p)))
        with (- ((beyond - 1) * eps) + (- (INR m * ((beyond - c) * p))
              + - (INR m * ((c - 1) * p)))) by ring.
      rewrite !exp_plus, (exp_Ropp (INR m * ((c - 1) * p))).
      pose proof (exp_pos (INR m * ((c - 1) * p))). field. lra.
    + rewrite total_scale.
      replace (formula c beyond height transform * exp (- ((beyond - 1) * eps)))
        with (k * (1 / (exp ((beyond - c) * p) - 1))).
      * apply Rmult_le_compat_l; [|now apply geometric].
        unfold k. apply Rmult_le_pos; [exact M|apply Rlt_le, exp_pos].
      * unfold formula, k, p.
        replace (2 * PI * (beyond - c) / height) with ((beyond - c) * (2 * PI / height))
          by (field; lra).
        pose proof (above_one _ P). unfold p in *. field. lra.
Qed.
