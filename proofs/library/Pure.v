(* Pairs whose loss is bounded by eps in both directions. *)
From Coq Require Import Reals List Lra Psatz.
From Coquelicot Require Import Coquelicot.
From DP Require Import Sums Finite Convex.
Open Scope R_scope.

Section Pure.
Context {A : Type}.
Implicit Types (eps : R) (d : pair A).

Lemma pure_ratio eps d : dp eps 0 d -> forall x, In x (points d) -> P d x <= exp eps * Q d x.
Proof.
  rewrite dp_hockey. unfold hockey. induction (points d) as [|y l IH]; simpl; [contradiction|].
  intros none x [<- | listed].
  - pose proof (Rmax_r 0 (P d y - exp eps * Q d y)).
    assert (0 <= total (fun x => Rmax 0 (P d x - exp eps * Q d x)) l).
    { apply total_nonneg. intros z _. apply Rmax_l. }
    lra.
  - apply IH; [|exact listed]. pose proof (Rmax_l 0 (P d y - exp eps * Q d y)). lra.
Qed.

Lemma pure_continuous eps d :
  (forall x, In x (points d) -> P d x <= exp eps * Q d x) -> continuous d.
Proof.
  intros near x listed positive. specialize (near x listed). pose proof (exp_pos eps).
  destruct (Rle_dec (Q d x) 0); [nra | lra].
Qed.

Lemma pure_loss eps d :
  (forall x, In x (points d) -> P d x <= exp eps * Q d x) ->
  forall x, In x (points d) -> 0 < P d x -> loss d x <= eps.
Proof.
  intros near x listed positive. pose proof (pure_continuous eps d near x listed positive).
  unfold loss. specialize (near x listed).
  cut (ln (P d x) <= ln (exp eps * Q d x)).
  - rewrite ln_mult, ln_exp by (auto using exp_pos). lra.
  - destruct near as [less | ->]; [apply Rlt_le, ln_increasing; lra | lra].
Qed.
End Pure.
