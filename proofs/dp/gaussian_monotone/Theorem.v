(* delta of a Gaussian release rises with mu, and its slope is the formula. *)
From Coq Require Import Reals Lra Psatz.
From Coquelicot Require Import Coquelicot.
From DP Require Import Normal.
Require Import Here.Generated.
Open Scope R_scope.

(* The formula of dp.gaussian_exact. *)
Definition delta (cdf : R -> R) (eps mu : R) : R :=
  cdf (mu / 2 - eps / mu) - exp eps * cdf (- mu / 2 - eps / mu).

Lemma formula_positive mu eps : 0 < formula mu eps.
Proof.
  unfold formula. apply Rdiv_lt_0_compat; [apply exp_pos|].
  apply sqrt_lt_R0. pose proof PI_RGT_0. lra.
Qed.

(* The two tails end where their densities are in the ratio e^eps. *)
Lemma tails_balance mu eps : 0 < mu ->
  exp eps * phi (- mu / 2 - eps / mu) = phi (mu / 2 - eps / mu).
Proof.
  intros H. unfold phi, Rdiv. rewrite <- Rmult_assoc, <- exp_plus. f_equal. f_equal. field. lra.
Qed.

Lemma slope (cdf : R -> R) mu eps : distribution cdf -> 0 < mu ->
  is_derive (delta cdf eps) mu (formula mu eps).
Proof.
  intros [D _] H. unfold delta.
  assert (F : formula mu eps
              = (1 / 2 + eps / (mu * mu)) * phi (mu / 2 - eps / mu)
                - exp eps * ((- 1 / 2 + eps / (mu * mu)) * phi (- mu / 2 - eps / mu))).
  { rewrite <- Rmult_assoc, (Rmult_comm (exp eps)), Rmult_assoc, tails_balance by exact H.
    unfold formula. fold (phi (mu / 2 - eps / mu)).
    assert (E : exp (- (mu / 2 - eps / mu) * (mu / 2 - eps / mu) / 2) / sqrt (2 * PI)
                = phi (mu / 2 - eps / mu)) by (unfold phi; do 3 f_equal; ring).
    rewrite E. field. lra. }
  rewrite F.
  apply (is_derive_minus (fun m => cdf (m / 2 - eps / m))
    (fun m => exp eps * cdf (- m / 2 - eps / m))).
  - apply (is_derive_comp cdf (fun m => m / 2 - eps / m)); [apply D|].
    auto_derive; [lra|field; lra].
  - apply (is_derive_scal (fun m => cdf (- m / 2 - eps / m))).
    apply (is_derive_comp cdf (fun m => - m / 2 - eps / m)); [apply D|].
    auto_derive; [lra|field; lra].
Qed.

Theorem proved :
  (forall mu, assumption_1 mu <-> 0 < mu) /\
  forall (cdf : R -> R) (eps : R),
    distribution cdf ->
    (forall mu, assumption_1 mu -> is_derive (delta cdf eps) mu (formula mu eps)) /\
    (forall low high, assumption_1 low -> low < high -> delta cdf eps low < delta cdf eps high).
Proof.
  split; [intros; unfold assumption_1; lra|].
  intros cdf eps.
  intros normal. split.
  - intros mu H. now apply slope.
  - intros low high H less. unfold assumption_1 in H.
    apply (incr_function_le (delta cdf eps) low high (fun mu => formula mu eps)); simpl; try lra.
    + intros mu A _. apply slope; [exact normal|simpl in A; lra].
    + intros mu _ _. apply formula_positive.
Qed.
