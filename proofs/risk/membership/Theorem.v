(* Whether a record is in the data: no attacker is right more often, and one is as often. *)
From Coq Require Import Reals List Lra Psatz.
From DP Require Import Sums Finite.
Require Import Here.Generated.
Import ListNotations.
Open Scope R_scope.

(* What an attacker who says yes with the chance test x on the output x is right with. *)
Definition right {A} (d : pair A) (prior : R) (test : A -> R) : R :=
  prior * mean (points d) (P d) test +
  (1 - prior) * mean (points d) (Q d) (fun x => 1 - test x).

Theorem proved :
  (forall prior, assumption_1 prior <-> 0 < prior < 1) /\
  forall (A : Type) (d : pair A) (prior eps : R),
    laws d -> assumption_1 prior -> exp eps = (1 - prior) / prior ->
    (forall test delta, (forall x, 0 <= test x <= 1) -> dp eps delta d ->
      right d prior test <= formula prior delta) /\
    exists test, (forall x, 0 <= test x <= 1) /\
      right d prior test = formula prior (hockey eps d).
Proof.
  unfold assumption_1, formula, right. split; [intros; lra|].
  intros A d prior eps [_ [_ whole]] chance odds.
  assert (split_mean : forall test, mean (points d) (Q d) (fun x => 1 - test x) =
    1 - mean (points d) (Q d) test).
  { intros test. unfold mean.
    rewrite (total_ext _ (fun x => Q d x - Q d x * test x)) by (intros x _; ring).
    rewrite total_minus, whole. reflexivity. }
  assert (scaled : prior * exp eps = 1 - prior) by (rewrite odds; field; lra).
  split.
  - intros test delta share private. rewrite split_mean.
    pose proof (dp_test eps delta d test private share) as bound.
    apply Rmult_le_compat_l with (r := prior) in bound; [|lra].
    rewrite Rmult_plus_distr_l, <- Rmult_assoc, scaled in bound. lra.
  - exists (fun x => if Rle_dec 0 (P d x - exp eps * Q d x) then 1 else 0). split.
    { intros x. destruct (Rle_dec 0 _); lra. }
    rewrite split_mean.
    set (test := fun x => if Rle_dec 0 (P d x - exp eps * Q d x) then 1 else 0).
    assert (best : hockey eps d =
      mean (points d) (P d) test - exp eps * mean (points d) (Q d) test).
    { unfold hockey, mean, test. rewrite <- total_scale, <- total_minus. apply total_ext.
      intros x _. unfold Rmax. destruct (Rle_dec 0 (P d x - exp eps * Q d x)); lra. }
    assert (moved : prior * (exp eps * mean (points d) (Q d) test) =
      (1 - prior) * mean (points d) (Q d) test) by (rewrite <- Rmult_assoc, scaled; ring).
    rewrite best. fold test. lra.
Qed.
