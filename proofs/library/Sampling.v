(* Poisson sampling: each record is in the sample with probability q, by itself. *)
From Coq Require Import Reals List Lra Psatz.
From DP Require Import Sums.
Import ListNotations.
Open Scope R_scope.

(* Expectation of f over a sample that has each record with probability q. *)
Fixpoint sampled {Rec : Type} (q : R) (f : list Rec -> R) (records : list Rec) : R :=
  match records with
  | [] => f []
  | z :: rest => (1 - q) * sampled q f rest + q * sampled q (fun s => f (z :: s)) rest
  end.

Lemma sampled_le {Rec : Type} q (records : list Rec) : 0 <= q <= 1 ->
  forall f g, (forall s, f s <= g s) -> sampled q f records <= sampled q g records.
Proof.
  intros rate. induction records as [|z rest IH]; intros f g below; simpl; [auto|].
  apply Rplus_le_compat; apply Rmult_le_compat_l; try lra; apply IH; auto.
Qed.

Lemma sampled_affine {Rec : Type} q (records : list Rec) a b c : forall f g,
  sampled q (fun s => a * f s + b * g s + c) records =
  a * sampled q f records + b * sampled q g records + c.
Proof. induction records as [|z rest IH]; intros f g; simpl; [reflexivity|]. rewrite !IH. ring. Qed.

Lemma sampled_constant {Rec : Type} q (records : list Rec) c : sampled q (fun _ => c) records = c.
Proof. induction records as [|z rest IH]; simpl; [reflexivity|]. rewrite IH. ring. Qed.

Lemma sampled_total {Rec A : Type} q (records : list Rec) (f : A -> list Rec -> R) (l : list A) :
  total (fun x => sampled q (f x) records) l = sampled q (fun s => total (fun x => f x s) l) records.
Proof.
  revert f. induction records as [|z rest IH]; intros f; simpl; [reflexivity|].
  rewrite total_plus, !total_scale, !IH. reflexivity.
Qed.

(* The positive part of an expectation is at most the expectation of the positive part. *)
Lemma sampled_positive {Rec : Type} q (records : list Rec) f : 0 <= q <= 1 ->
  Rmax 0 (sampled q f records) <= sampled q (fun s => Rmax 0 (f s)) records.
Proof.
  intros rate. apply Rmax_lub.
  - rewrite <- (sampled_constant q records 0) at 1. apply sampled_le; [exact rate|].
    intros s. apply Rmax_l.
  - apply sampled_le; [exact rate|]. intros s. apply Rmax_r.
Qed.
