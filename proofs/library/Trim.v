(* A pair that is (eps, delta)-DP in both directions holds a pure pair of mass 1 - delta or more. *)
From Coq Require Import Reals List Lra Psatz.
From DP Require Import Sums Finite.
Open Scope R_scope.

Section Trim.
Context {A : Type}.

(* The heavier of two measures can be lowered to the mass of the other. *)
Lemma even eps (l : list A) (p q : A -> R) :
  0 <= eps -> (forall x, In x l -> 0 <= p x) ->
  (forall x, In x l -> p x <= exp eps * q x) -> (forall x, In x l -> q x <= exp eps * p x) ->
  total p l <= total q l ->
  { r | (forall x, In x l ->
          0 <= r x /\ r x <= q x /\ p x <= exp eps * r x /\ r x <= exp eps * p x)
        /\ total r l = total p l }.
Proof.
  intros above nonneg near far order. set (g := exp (- eps)).
  assert (whole : exp eps * g = 1) by (unfold g; rewrite <- exp_plus, Rplus_opp_r; apply exp_0).
  assert (0 < g) by apply exp_pos. pose proof (exp_above eps) as grown.
  assert (g <= 1) by nra.
  assert (low : forall x, In x l -> g * p x <= q x).
  { intros x listed. specialize (near x listed).
    replace (q x) with (g * (exp eps * q x)); [apply Rmult_le_compat_l; lra|].
    rewrite <- Rmult_assoc, (Rmult_comm g), whole. ring. }
  set (m := total p l) in *. set (n := total q l) in *.
  assert (0 <= m) by (apply total_nonneg, nonneg).
  destruct (Rle_dec (n - g * m) 0) as [same | wider].
  - exists q. split; [|fold n; nra]. intros x listed.
    specialize (nonneg x listed). specialize (low x listed). specialize (near x listed).
    specialize (far x listed). repeat split; try lra. nra.
  - set (t := (n - m) / (n - g * m)).
    assert (share : 0 <= t <= 1).
    { unfold t. split.
      - apply Rmult_le_pos; [lra | apply Rlt_le, Rinv_0_lt_compat; lra].
      - apply Rmult_le_reg_r with (n - g * m); [lra|].
        unfold Rdiv. rewrite Rmult_assoc, Rinv_l by lra. nra. }
    exists (fun x => (1 - t) * q x + t * (g * p x)). split.
    + intros x listed. specialize (nonneg x listed). specialize (low x listed).
      specialize (near x listed). specialize (far x listed).
      assert (0 <= g * p x) by (apply Rmult_le_pos; lra).
      assert (up : (1 - t) * q x + t * (g * p x) <= q x) by nra.
      assert (down : g * p x <= (1 - t) * q x + t * (g * p x)) by nra.
      repeat split; try lra.
      apply Rle_trans with (exp eps * (g * p x)).
      * rewrite <- Rmult_assoc, whole. lra.
      * apply Rmult_le_compat_l; [apply Rlt_le, exp_pos | exact down].
    + rewrite total_plus, !total_scale. fold m n. unfold t. field. lra.
Qed.

(* Inside d: smaller, of equal masses, pure. *)
Definition inside eps delta (d small : pair A) : Prop :=
  points small = points d /\ measures small /\
  (forall x, In x (points d) -> P small x <= P d x /\ Q small x <= Q d x) /\
  total (P small) (points d) = total (Q small) (points d) /\
  1 - delta <= total (P small) (points d) /\
  (forall x, In x (points d) -> P small x <= exp eps * Q small x) /\
  (forall x, In x (points d) -> Q small x <= exp eps * P small x).

(* What the cap e^eps Q leaves of P. *)
Lemma capped eps delta (d : pair A) :
  laws d -> dp eps delta d ->
  1 - delta <= total (fun x => Rmin (P d x) (exp eps * Q d x)) (points d).
Proof.
  intros [[_ one] _] private. apply dp_hockey in private.
  rewrite <- one. unfold hockey in private.
  cut (total (P d) (points d) - total (fun x => Rmin (P d x) (exp eps * Q d x)) (points d) <=
       total (fun x => Rmax 0 (P d x - exp eps * Q d x)) (points d)); [lra|].
  rewrite <- total_minus. apply total_le. intros x _.
  unfold Rmin, Rmax. repeat destruct (Rle_dec _ _); lra.
Qed.

Lemma trim eps delta (d : pair A) :
  0 <= eps -> laws d -> dp eps delta d -> dp eps delta (swap d) -> { small | inside eps delta d small }.
Proof.
  intros above both forward backward.
  pose proof (capped eps delta d both forward) as mass_p.
  assert (turned : laws (swap d)) by (destruct both; split; assumption).
  pose proof (capped eps delta (swap d) turned backward) as mass_q. simpl in mass_q.
  destruct both as [[above_P _] [above_Q _]]. pose proof (exp_above eps) as grown.
  set (p := fun x => Rmin (P d x) (exp eps * Q d x)) in *.
  set (q := fun x => Rmin (Q d x) (exp eps * P d x)) in *.
  assert (facts : forall x, In x (points d) ->
    0 <= p x /\ p x <= P d x /\ 0 <= q x /\ q x <= Q d x /\
    p x <= exp eps * q x /\ q x <= exp eps * p x).
  { intros x listed. specialize (above_P x listed). specialize (above_Q x listed).
    assert (0 <= exp eps * P d x) by (apply Rmult_le_pos; lra).
    assert (0 <= exp eps * Q d x) by (apply Rmult_le_pos; lra).
    assert (P d x <= exp eps * (exp eps * P d x)) by nra.
    assert (Q d x <= exp eps * (exp eps * Q d x)) by nra.
    unfold p, q, Rmin. repeat split; repeat destruct (Rle_dec _ _); lra. }
  destruct (Rle_dec (total p (points d)) (total q (points d))) as [order | order].
  - destruct (even eps (points d) p q above) as [r [close mass]]; auto;
      try (intros x listed; destruct (facts x listed) as (?&?&?&?&?&?); lra).
    exists (Pair (points d) p r). unfold inside, measures. simpl.
    repeat split; auto; try lra; intros;
      match goal with listed : In ?x (points d) |- _ =>
        destruct (close x listed) as (?&?&?&?), (facts x listed) as (?&?&?&?&?&?); lra
      end.
  - destruct (even eps (points d) q p above) as [r [close mass]]; auto; try lra;
      try (intros x listed; destruct (facts x listed) as (?&?&?&?&?&?); lra).
    exists (Pair (points d) r q). unfold inside, measures. simpl.
    repeat split; auto; try lra; intros;
      match goal with listed : In ?x (points d) |- _ =>
        destruct (close x listed) as (?&?&?&?), (facts x listed) as (?&?&?&?&?&?); lra
      end.
Qed.
End Trim.
