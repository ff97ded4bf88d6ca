(* Two adaptive runs, one inside the other: lower measures on the same outputs. *)
From Coq Require Import Reals List Lra Psatz Lia.
From DP Require Import Sums Finite Adaptive.
Import ListNotations.
Open Scope R_scope.

Section Inside.
Context {A : Type}.
Variables M N : list A -> pair A.
Hypothesis outer : forall h, laws (M h).
Hypothesis inner : forall h, measures (N h).
Hypothesis same : forall h, points (N h) = points (M h).
Hypothesis lower : forall h x, In x (points (M h)) -> P (N h) x <= P (M h) x /\ Q (N h) x <= Q (M h) x.

Lemma points_inside k : points (run N k) = points (run M k).
Proof.
  induction k as [|k IH]; [reflexivity|]. simpl. rewrite IH.
  apply flat_map_ext. intros h. rewrite same. reflexivity.
Qed.

Lemma lower_run k : forall l, In l (points (run M k)) ->
  P (run N k) l <= P (run M k) l /\ Q (run N k) l <= Q (run M k) l.
Proof.
  induction k as [|k IH]; intros l listed; [simpl; lra|].
  destruct (in_run M l k listed) as [x [h [-> [here before]]]]. simpl.
  destruct (IH h before), (lower h x here), (inner h) as [above_P above_Q].
  rewrite same in above_P, above_Q.
  destruct (measures_run N inner k) as [run_P run_Q]. rewrite points_inside in run_P, run_Q.
  split; apply Rmult_le_compat; auto.
Qed.

(* Each release loses no more mass than its own share. *)
Lemma mass_run (s : nat -> R) k :
  (forall h, (length h < k)%nat ->
    0 <= s (length h) /\ 1 - s (length h) <= total (P (N h)) (points (M h))) ->
  1 - total s (seq 0 k) <= total (P (run N k)) (points (run M k)) <= 1.
Proof.
  intros each. split.
  - induction k as [|k IH]; [simpl; lra|].
    assert (earlier : 1 - total s (seq 0 k) <= total (P (run N k)) (points (run M k))).
    { apply IH. intros h early. apply each. lia. }
    rewrite total_next, total_run. simpl.
    apply Rle_trans with (total (fun h => (1 - s k) * P (run N k) h) (points (run M k))).
    + rewrite total_scale.
      assert (most : total (P (run N k)) (points (run M k)) <= 1).
      { destruct (laws_run M outer k) as [[_ <-] _]. apply total_le. intros l listed.
        apply lower_run, listed. }
      assert (slack : 0 <= s k).
      { destruct (laws_run M outer k) as [[_ one] _].
        destruct (points (run M k)) as [|h rest] eqn:some; [simpl in one; lra|].
        assert (long : length h = k).
        { apply (length_run M). rewrite some. left. reflexivity. }
        rewrite <- long. apply each. lia. }
      assert (0 <= s k * (1 - total (P (run N k)) (points (run M k)))) by (apply Rmult_le_pos; lra).
      lra.
    + apply total_le. intros h before. rewrite total_scale, Rmult_comm.
      destruct (measures_run N inner k) as [run_P _]. rewrite points_inside in run_P.
      apply Rmult_le_compat_l; [auto|].
      pose proof (length_run M k h before) as long. destruct (each h) as [_ kept]; [lia|].
      rewrite long in kept. exact kept.
  - destruct (laws_run M outer k) as [[_ <-] _]. apply total_le. intros l listed.
    apply lower_run, listed.
Qed.

(* The hockey stick of the outer run, from that of the inner one and the mass between them. *)
Lemma hockey_inside eps k :
  hockey eps (run M k) <=
  1 - total (P (run N k)) (points (run M k)) + hockey eps (run N k).
Proof.
  destruct (laws_run M outer k) as [[_ one] _]. rewrite <- one at 1. unfold hockey.
  rewrite points_inside, <- total_minus, <- total_plus. apply total_le. intros l listed.
  destruct (lower_run k l listed) as [low_P low_Q].
  apply Rmult_le_compat_l with (r := exp eps) in low_Q; [|apply Rlt_le, exp_pos].
  unfold Rmax. repeat destruct (Rle_dec 0 _); lra.
Qed.
End Inside.
