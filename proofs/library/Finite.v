(* Pairs of laws on finitely many outputs: events, hockey stick, Renyi moments. *)
From Coq Require Import Reals List Lra Psatz.
From DP Require Import Sums.
Import ListNotations.
Open Scope R_scope.

(* The two laws of an output that are compared: P with the record, Q without it (or the reverse).
   An output that is listed twice counts twice. *)
Record pair (A : Type) := Pair { points : list A; P : A -> R; Q : A -> R }.
Arguments Pair {A}.
Arguments points {A}.
Arguments P {A}.
Arguments Q {A}.

(* Two measures: not negative, of any mass. *)
Definition measures {A} (d : pair A) : Prop :=
  (forall x, In x (points d) -> 0 <= P d x) /\ (forall x, In x (points d) -> 0 <= Q d x).

Definition law {A} (l : list A) (p : A -> R) : Prop :=
  (forall x, In x l -> 0 <= p x) /\ total p l = 1.

Definition laws {A} (d : pair A) : Prop := law (points d) (P d) /\ law (points d) (Q d).

Definition swap {A} (d : pair A) : pair A := Pair (points d) (Q d) (P d).

(* Probability of an event, and expectation. *)
Definition prob {A} (l : list A) (p : A -> R) (E : A -> bool) : R :=
  total (fun x => if E x then p x else 0) l.

Definition mean {A} (l : list A) (p f : A -> R) : R := total (fun x => p x * f x) l.

(* (eps, delta)-DP in the direction from P to Q. *)
Definition dp {A} (eps delta : R) (d : pair A) : Prop :=
  forall E, prob (points d) (P d) E <= exp eps * prob (points d) (Q d) E + delta.

(* delta(eps), the hockey stick. *)
Definition hockey {A} (eps : R) (d : pair A) : R :=
  total (fun x => Rmax 0 (P d x - exp eps * Q d x)) (points d).

(* The privacy loss; it is used where P is positive, and Q is then positive too. *)
Definition loss {A} (d : pair A) (x : A) : R := ln (P d x) - ln (Q d x).

Definition continuous {A} (d : pair A) : Prop :=
  forall x, In x (points d) -> 0 < P d x -> 0 < Q d x.

(* E_P[e^((a-1) loss)], which is E_Q[(P/Q)^a]. *)
Definition moment {A} (a : R) (d : pair A) : R :=
  total (fun x => P d x * exp ((a - 1) * loss d x)) (points d).

(* The Renyi divergence of order a is at most r. *)
Definition renyi {A} (a r : R) (d : pair A) : Prop :=
  continuous d /\ moment a d <= exp ((a - 1) * r).

(* rho-zCDP: the Renyi divergence of every order lies under rho times the order. *)
Definition zcdp {A} (rho : R) (d : pair A) : Prop :=
  forall order, 1 < order -> renyi order (order * rho) d.

Lemma exp_le x y : x <= y -> exp x <= exp y.
Proof. intros [less | ->]; [apply Rlt_le, exp_increasing, less | lra]. Qed.

Lemma exp_above x : 1 + x <= exp x.
Proof.
  destruct (Req_dec x 0) as [-> | nonzero]; [rewrite exp_0; lra|].
  apply Rlt_le, exp_ineq1, nonzero.
Qed.

(* The logarithm of a delta in (0, 1) is negative. *)
Lemma log_below_0 y : y < 0 <-> 0 < exp y < 1.
Proof.
  rewrite <- exp_0. split.
  - intros below. split; [apply exp_pos | apply exp_increasing, below].
  - intros [_ below]. apply exp_lt_inv, below.
Qed.

Section Pairs.
Context {A : Type}.
Implicit Types (d : pair A) (eps delta : R).

Lemma prob_nonneg l (p : A -> R) E : (forall x, In x l -> 0 <= p x) -> 0 <= prob l p E.
Proof. intros above. apply total_nonneg. intros x listed. destruct (E x); [auto | lra]. Qed.

(* The event {P >= e^eps Q} has all of the hockey stick, and no event has more. *)
Lemma dp_hockey eps delta d : dp eps delta d <-> hockey eps d <= delta.
Proof.
  unfold dp, hockey, prob. split; intros private.
  - specialize (private (fun x => if Rle_dec 0 (P d x - exp eps * Q d x) then true else false)).
    rewrite <- total_scale in private. apply Rle_minus in private.
    cut (total (fun x => Rmax 0 (P d x - exp eps * Q d x)) (points d) - delta <= 0); [lra|].
    refine (Rle_trans _ _ _ _ private).
    match goal with |- _ <= ?a - (?b + ?c) => replace (a - (b + c)) with (a - b - c) by ring end.
    rewrite <- total_minus. apply Rplus_le_compat_r, total_le. intros x _.
    unfold Rmax. destruct (Rle_dec 0 _); lra.
  - intros E. rewrite <- total_scale.
    apply Rle_trans with (2 := Rplus_le_compat_l _ _ _ private).
    rewrite <- total_plus. apply total_le. intros x _.
    pose proof (Rmax_l 0 (P d x - exp eps * Q d x)).
    pose proof (Rmax_r 0 (P d x - exp eps * Q d x)).
    destruct (E x); lra.
Qed.

(* A randomized test is an event with shares: DP bounds it as well. *)
Lemma dp_test eps delta d (f : A -> R) :
  dp eps delta d -> (forall x, 0 <= f x <= 1) ->
  mean (points d) (P d) f <= exp eps * mean (points d) (Q d) f + delta.
Proof.
  rewrite dp_hockey. unfold hockey, mean. intros private share.
  rewrite <- total_scale.
  apply Rle_trans with (2 := Rplus_le_compat_l _ _ _ private).
  rewrite <- total_plus. apply total_le. intros x _.
  pose proof (Rmax_l 0 (P d x - exp eps * Q d x)).
  pose proof (Rmax_r 0 (P d x - exp eps * Q d x)).
  specialize (share x). nra.
Qed.

Lemma laws_measures d : laws d -> measures d.
Proof. intros [[above_P _] [above_Q _]]. split; assumption. Qed.

Lemma dp_weaken eps larger delta d :
  measures d -> eps <= larger -> dp eps delta d -> dp larger delta d.
Proof.
  intros [_ above] order private E. refine (Rle_trans _ _ _ (private E) _).
  apply Rplus_le_compat_r, Rmult_le_compat_r; [apply prob_nonneg, above | apply exp_le, order].
Qed.

(* Where P is positive, Q is P e^(-loss). *)
Lemma ratio d x : continuous d -> In x (points d) -> 0 < P d x -> Q d x = P d x * exp (- loss d x).
Proof.
  intros bounded listed positive. unfold loss.
  replace (- (ln (P d x) - ln (Q d x))) with (- ln (P d x) + ln (Q d x)) by ring.
  rewrite exp_plus, exp_Ropp, !exp_ln by auto. field. lra.
Qed.

(* A bound c e^((a-1) u) on 1 - e^-u turns a Renyi moment into a bound on the hockey stick. *)
Lemma hockey_from_moment a c eps d :
  0 <= c -> (forall u, 1 - exp (- u) <= c * exp ((a - 1) * u)) -> measures d -> continuous d ->
  hockey eps d <= c * exp (- (a - 1) * eps) * moment a d.
Proof.
  intros c_pos pointwise [above_P above_Q] bounded.
  unfold hockey, moment. rewrite <- total_scale. apply total_le. intros x listed.
  specialize (above_P x listed). specialize (above_Q x listed).
  pose proof (exp_pos eps). pose proof (exp_pos ((a - 1) * loss d x)).
  assert (above : 0 <= c * exp (- (a - 1) * eps) * (P d x * exp ((a - 1) * loss d x))).
  { repeat apply Rmult_le_pos; auto using Rlt_le, exp_pos. }
  apply Rmax_lub; [exact above|].
  destruct above_P as [positive | zero]; [|rewrite <- zero in *; nra].
  rewrite (ratio d x bounded listed positive).
  specialize (pointwise (loss d x - eps)).
  replace (- (loss d x - eps)) with (eps + - loss d x) in pointwise by ring.
  replace ((a - 1) * (loss d x - eps)) with (- (a - 1) * eps + (a - 1) * loss d x)
    in pointwise by ring.
  rewrite !exp_plus in pointwise. nra.
Qed.
End Pairs.
