(* Laplace noise: the densities of any two centers within the sensitivity, 1, differ at most by the
   factor e^epsilon, so no event's probability grows by more. *)
From Coq Require Import Reals Lra Psatz.
From Coquelicot Require Import Coquelicot.
Require Import Here.Generated.
Open Scope R_scope.

Definition density (b center x : R) : R := exp (- Rabs (x - center) / b) / (2 * b).

Lemma density_ratio b center other x : 0 < b -> Rabs (center - other) <= 1 ->
  density b center x <= exp (formula b) * density b other x.
Proof.
  intros B near. unfold density, formula, Rdiv. rewrite <- Rmult_assoc, <- exp_plus.
  apply Rmult_le_compat_r; [apply Rlt_le, Rinv_0_lt_compat; lra|].
  assert (E : - Rabs (x - center) * / b <= 1 * / b + - Rabs (x - other) * / b).
  { rewrite <- Rmult_plus_distr_r. apply Rmult_le_compat_r; [now apply Rlt_le, Rinv_0_lt_compat|].
    pose proof (Rabs_triang (x - center) (center - other)) as T.
    replace (x - center + (center - other)) with (x - other) in T by ring. lra. }
  destruct E as [E|E]; [left; now apply exp_increasing|right; now rewrite E].
Qed.

(* The probability of an event within [low, high], and that the factor cannot be smaller. *)
Theorem proved (b : R) :
  0 < b ->
  (forall center other (event : R -> R) low high p q,
     Rabs (center - other) <= 1 -> (forall x, 0 <= event x <= 1) -> low <= high ->
     is_RInt (fun x => event x * density b center x) low high p ->
     is_RInt (fun x => event x * density b other x) low high q ->
     p <= exp (formula b) * q) /\
  (forall x, 1 <= x -> density b 1 x = exp (formula b) * density b 0 x).
Proof.
  intros B. split.
  - intros center other event low high p q near part order P Q.
    apply (is_RInt_le (fun x => event x * density b center x)
      (fun x => exp (formula b) * (event x * density b other x)) low high); trivial.
    + apply (is_RInt_scal (fun x => event x * density b other x) low high (exp (formula b)) q Q).
    + intros x _. pose proof (density_ratio b center other x B near). pose proof (part x). nra.
  - intros x X. unfold density, formula, Rdiv. rewrite <- Rmult_assoc, <- exp_plus.
    f_equal. f_equal. rewrite !Rabs_right by lra. ring.
Qed.
