(* Poisson sampling, for every mechanism on lists of records and every event of its output. *)
From Coq Require Import Reals List Lra Psatz.
From DP Require Import Sums Finite Sampling.
Require Import Here.Generated.
Import ListNotations.
Open Scope R_scope.

(* The two inequalities for one sample of the others: m without the record, n with it. *)
Lemma one_sample eps delta q m n :
  0 <= eps -> 0 <= q <= 1 -> 0 <= delta -> 0 <= m ->
  n <= exp eps * m + delta -> m <= exp eps * n + delta ->
  (1 - q) * m + q * n <= (1 + q * (exp eps - 1)) * m + q * delta /\
  m <= (1 + q * (exp eps - 1)) * ((1 - q) * m + q * n) + q * delta.
Proof.
  intros above rate slack chance with_record without_record.
  pose proof (exp_above eps) as grown. set (u := exp eps - 1).
  replace (exp eps) with (1 + u) in * by (unfold u; ring). assert (0 <= u) by lra.
  split; [nra|].
  apply Rmult_le_reg_l with (1 + u); [lra|].
  apply Rle_trans with ((1 + q * u) * ((1 - q) * (1 + u) * m + q * (m - delta))
                        + (1 + u) * (q * delta)).
  - assert (0 <= q * (1 - q) * (u * u) * m) by (repeat apply Rmult_le_pos; lra).
    assert (0 <= q * delta * ((1 - q) * u)) by (repeat apply Rmult_le_pos; lra). nra.
  - assert (0 <= (1 + q * u) * q) by (apply Rmult_le_pos; [nra | lra]).
    assert (0 <= (1 + q * u) * q * ((1 + u) * n + delta - m)) by (apply Rmult_le_pos; lra). nra.
Qed.

Theorem proved :
  (forall eps, assumption_1 eps <-> 0 <= eps) /\
  forall (Rec Event : Type) (M : list Rec -> Event -> R) (eps delta q : R),
    assumption_1 eps -> 0 <= q <= 1 -> 0 <= delta ->
    (forall s E, 0 <= M s E) ->
    (forall z s E, M (z :: s) E <= exp eps * M s E + delta /\
                   M s E <= exp eps * M (z :: s) E + delta) ->
    forall z others E,
      let without_record := sampled q (fun s => M s E) others in
      let with_record := sampled q (fun s => M s E) (z :: others) in
      with_record <= exp (formula eps q) * without_record + q * delta /\
      without_record <= exp (formula eps q) * with_record + q * delta.
Proof.
  unfold assumption_1, formula. split; [intros; lra|].
  intros Rec Event M eps delta q above rate slack chance private z others E. simpl.
  pose proof (exp_above eps) as grown.
  rewrite exp_ln by (assert (0 <= q * (exp eps - 1)) by (apply Rmult_le_pos; lra); lra).
  set (c := 1 + q * (exp eps - 1)).
  assert (each : forall s, (1 - q) * M s E + q * M (z :: s) E <= c * M s E + q * delta /\
                           M s E <= c * ((1 - q) * M s E + q * M (z :: s) E) + q * delta).
  { intros s. destruct (private z s E). apply one_sample; auto; lra. }
  set (absent := fun s => M s E). set (present := fun s => M (z :: s) E).
  pose proof (sampled_le q others rate
    (fun s => (1 - q) * absent s + q * present s + 0)
    (fun s => c * absent s + 0 * present s + q * delta)) as first.
  pose proof (sampled_le q others rate
    (fun s => 1 * absent s + 0 * present s + 0)
    (fun s => c * (1 - q) * absent s + c * q * present s + q * delta)) as second.
  rewrite !sampled_affine in first, second.
  split.
  - refine (Rle_trans _ _ _ _ (Rle_trans _ _ _ (first _) _)); [lra | | lra].
    intros s. specialize (each s). unfold absent, present. lra.
  - refine (Rle_trans _ _ _ _ (Rle_trans _ _ _ (second _) _)); [lra | | lra].
    intros s. specialize (each s). unfold absent, present. lra.
Qed.
