(* An (eps, delta)-DP release is dominated by the pair that with probability delta shows which of the
   two it is, and else is randomized response of parameter eps; and that pair is (eps, delta)-DP. *)
From Coq Require Import Reals List Lra Psatz.
From DP Require Import Sums Finite Dominance Failing Trim Response.
Open Scope R_scope.

Lemma hockey_small {A : Type} t (d small : pair A) :
  laws d -> points small = points d ->
  (forall x, In x (points d) -> P small x <= P d x /\ Q small x <= Q d x) ->
  hockey t d <= 1 - total (P small) (points d) + hockey t small.
Proof.
  intros [[_ one] _] same low. rewrite <- one at 1. unfold hockey.
  rewrite same, <- total_minus, <- total_plus. apply total_le. intros x listed.
  destruct (low x listed) as [low_P low_Q].
  apply Rmult_le_compat_l with (r := exp t) in low_Q; [|apply Rlt_le, exp_pos].
  unfold Rmax. repeat destruct (Rle_dec 0 _); lra.
Qed.

Theorem proved :
  forall eps delta : R,
    0 <= eps -> 0 <= delta <= 1 ->
    (forall (A : Type) (d : pair A), laws d -> dp eps delta d -> dp eps delta (swap d) ->
      dominates (failing delta (response eps)) d /\
      dominates (failing delta (response eps)) (swap d)) /\
    laws (failing delta (response eps)) /\
    dp eps delta (failing delta (response eps)) /\
    dp eps delta (swap (failing delta (response eps))).
Proof.
  intros eps delta above share.
  assert (one_way : forall (A : Type) (d : pair A), laws d -> dp eps delta d ->
    dp eps delta (swap d) -> dominates (failing delta (response eps)) d).
  { intros A d both forward backward t. rewrite hockey_failing, hockey_response by exact share.
    destruct (trim eps delta d above both forward backward)
      as [small [same [two [low [even [mass [near far]]]]]]].
    refine (Rle_trans _ _ _ (hockey_small t d small both same low) _).
    rewrite <- same in even, mass, near, far |- *. set (m := total (P small) (points small)) in *.
    pose proof (pure_hockey eps t m small above two eq_refl (eq_sym even) near far) as bound.
    pose proof (response_hockey_range eps t).
    assert (0 <= (m - (1 - delta)) * (1 - response_hockey eps t)) by (apply Rmult_le_pos; lra).
    lra. }
  split; [|split; [|split]].
  - intros A d both forward backward. split; apply one_way; auto.
    destruct both. split; assumption.
  - apply failing_laws; [exact share | apply response_laws].
  - apply dp_hockey. rewrite hockey_failing, hockey_response, response_private by assumption. lra.
  - apply dp_hockey. unfold hockey. simpl. pose proof (exp_above eps).
    assert (0 < / (1 + exp eps)) by (apply Rinv_0_lt_compat; lra).
    assert (0 <= (1 - delta) * / (1 + exp eps)) by (apply Rmult_le_pos; lra).
    set (r := (1 - delta) * / (1 + exp eps)) in *.
    replace ((1 - delta) * (1 / (1 + exp eps))) with r by (unfold r; field; lra).
    replace ((1 - delta) * (exp eps / (1 + exp eps))) with (exp eps * r) by (unfold r; field; lra).
    assert (0 <= (exp eps - 1) * r) by (apply Rmult_le_pos; lra).
    assert (exp eps * r <= exp eps * (exp eps * r)) by (apply Rmult_le_compat_l; lra).
    assert (0 <= exp eps * delta) by (apply Rmult_le_pos; lra).
    replace (delta - exp eps * 0) with delta by ring.
    rewrite (Rmax_left 0 (0 - _)), (Rmax_right 0 delta), !Rmax_left by lra. lra.
Qed.
