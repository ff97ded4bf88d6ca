(* The order at which a Gaussian's Renyi curve gives the least epsilon. *)
From Coq Require Import Reals Lra Psatz.
Require Import Here.Generated.
Open Scope R_scope.

(* rdp.gaussian turned into epsilon by rdp.to_dp_mironov. *)
Definition epsilon (mu_squared log_delta order : R) : R :=
  order * mu_squared / 2 - log_delta / (order - 1).

Theorem proved :
  (forall mu_squared, assumption_1 mu_squared <-> 0 < mu_squared) /\
  (forall log_delta, assumption_2 log_delta <-> log_delta < 0) /\
  forall (mu_squared log_delta : R),
    assumption_1 mu_squared -> assumption_2 log_delta ->
    let best := formula mu_squared log_delta in
    1 < best /\
    epsilon mu_squared log_delta best = mu_squared / 2 + sqrt (mu_squared * (2 * - log_delta)) /\
    forall order, 1 < order -> order <> best ->
    epsilon mu_squared log_delta best < epsilon mu_squared log_delta order.
Proof.
  split; [intros; unfold assumption_1; lra|].
  split; [intros; unfold assumption_2; lra|].
  intros mu_squared log_delta.
  intros M L best. unfold assumption_1 in M. unfold assumption_2 in L.
  assert (Q : 0 < - (2) * log_delta / mu_squared) by (apply Rdiv_lt_0_compat; lra).
  set (e := sqrt (- (2) * log_delta / mu_squared)).
  assert (E0 : 0 < e) by now apply sqrt_lt_R0.
  assert (E2 : - log_delta = e * e * mu_squared / 2).
  { unfold e. rewrite sqrt_sqrt by lra. field. lra. }
  assert (B : best = 1 + e) by reflexivity.
  assert (V : epsilon mu_squared log_delta best = mu_squared / 2 + e * mu_squared).
  { unfold epsilon. rewrite B.
    replace (log_delta / (1 + e - 1)) with (- (e * mu_squared / 2))
      by (replace log_delta with (- (e * e * mu_squared / 2)) by lra; field; lra).
    field. }
  repeat split.
  - lra.
  - rewrite V. f_equal. rewrite E2.
    replace (mu_squared * (2 * (e * e * mu_squared / 2))) with (Rsqr (e * mu_squared))
      by (unfold Rsqr; field).
    rewrite sqrt_Rsqr; [reflexivity|nra].
  - intros order H other. rewrite V. rewrite B in other. unfold epsilon.
    replace log_delta with (- (e * e * mu_squared / 2)) by lra.
    apply Rminus_gt_0_lt. unfold Rgt.
    replace (order * mu_squared / 2 - - (e * e * mu_squared / 2) / (order - 1)
             - (mu_squared / 2 + e * mu_squared))
      with (mu_squared / 2 * ((order - 1 - e) * (order - 1 - e)) / (order - 1)) by (field; lra).
    apply Rdiv_lt_0_compat; [|lra]. apply Rmult_lt_0_compat; [lra|].
    assert (order - 1 - e <> 0) by lra. nra.
Qed.
