(* The aliases of the trapezoid sum: none is negative, and those with eps - m p are small. *)
From Coq Require Import Reals Lra Psatz List.
From Coquelicot Require Import Coquelicot.
From DP Require Import Sums Geometric.
Require Import Here.Generated.
Open Scope R_scope.

(* The terms of Poisson's summation formula for 1 <= |m| <= n; p is the period 2 pi / h. *)
Definition left_aliases (c p eps : R) (delta : R -> R) n :=
  total (fun m => exp (- (INR m * ((c - 1) * p))) * delta (eps - INR m * p)) (seq 1 n).
Definition right_aliases (c p eps : R) (delta : R -> R) n :=
  total (fun m => exp (INR m * ((c - 1) * p)) * delta (eps + INR m * p)) (seq 1 n).

Theorem proved :
  (forall c, assumption_1 c <-> 1 < c) /\
  (forall height, assumption_2 height <-> 0 < height) /\
  forall (c height eps : R) (delta : R -> R),
    assumption_1 c -> assumption_2 height -> (forall e, 0 <= delta e <= 1) ->
    let left_sum := left_aliases c (2 * PI / height) eps delta in
    let right_sum := right_aliases c (2 * PI / height) eps delta in
    (forall n, 0 <= right_sum n /\ 0 <= left_sum n <= formula c height) /\
    forall sum bound : R,
      is_lim_seq (fun n => delta eps + right_sum n + left_sum n) sum ->
      (forall n, right_sum n <= bound) ->
      delta eps <= sum <= delta eps + bound + formula c height.
Proof.
  split; [intros; unfold assumption_1; lra|].
  split; [intros; unfold assumption_2; lra|].
  intros c height eps delta.
  intros C H range left_sum right_sum. unfold assumption_1 in C. unfold assumption_2 in H.
  assert (P : 0 < (c - 1) * (2 * PI / height)).
  { apply Rmult_lt_0_compat; [lra|]. apply Rdiv_lt_0_compat; [|lra]. pose proof PI_RGT_0. lra. }
  assert (sign : forall n, 0 <= right_sum n /\ 0 <= left_sum n <= formula c height).
  { intros n. repeat split.
    - apply total_nonneg. intros m _. apply Rmult_le_pos; [apply Rlt_le, exp_pos|apply range].
    - apply total_nonneg. intros m _. apply Rmult_le_pos; [apply Rlt_le, exp_pos|apply range].
    - apply Rle_trans
        with (total (fun m => exp (- (INR m * ((c - 1) * (2 * PI / height))))) (seq 1 n)).
      + apply total_le. intros m _.
        pose proof (exp_pos (- (INR m * ((c - 1) * (2 * PI / height))))) as E.
        destruct (range (eps - INR m * (2 * PI / height))). nra.
      + unfold formula.
        replace (2 * PI * (c - 1) / height) with ((c - 1) * (2 * PI / height)) by (field; lra).
        now apply geometric. }
  split; [exact sign|]. intros sum bound L small. split.
  - assert (B : Rbar_le (delta eps) sum); [|exact B].
    apply is_lim_seq_le with (2 := is_lim_seq_const (delta eps)) (3 := L).
    intros n. destruct (sign n). lra.
  - assert (B : Rbar_le sum (delta eps + bound + formula c height)); [|exact B].
    apply is_lim_seq_le
      with (2 := L) (3 := is_lim_seq_const (delta eps + bound + formula c height)).
    intros n. destruct (sign n). specialize (small n). lra.
Qed.
