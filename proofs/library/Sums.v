(* Sums over lists of any things. *)
From Coq Require Import Reals List Lra Permutation.
Import ListNotations.
Open Scope R_scope.

(* The sum of f over a list. *)
Fixpoint total {A : Type} (f : A -> R) (l : list A) : R :=
  match l with
  | [] => 0
  | x :: rest => f x + total f rest
  end.

(* The product of f over a list. *)
Fixpoint multiplied {A : Type} (f : A -> R) (l : list A) : R :=
  match l with
  | [] => 1
  | x :: rest => f x * multiplied f rest
  end.

Section Sums.
Context {A : Type}.
Implicit Types (f g : A -> R) (l : list A).

Lemma total_app f l k : total f (l ++ k) = total f l + total f k.
Proof. induction l; simpl; lra. Qed.

Lemma total_ext f g l : (forall x, In x l -> f x = g x) -> total f l = total g l.
Proof.
  induction l; simpl; intros same; [reflexivity|].
  rewrite (same a), IHl; auto.
Qed.

Lemma total_le f g l : (forall x, In x l -> f x <= g x) -> total f l <= total g l.
Proof.
  induction l; simpl; intros below; [lra|].
  apply Rplus_le_compat; auto.
Qed.

Lemma total_nonneg f l : (forall x, In x l -> 0 <= f x) -> 0 <= total f l.
Proof.
  induction l; simpl; intros above; [lra|].
  apply Rplus_le_le_0_compat; auto.
Qed.

Lemma total_plus f g l : total (fun x => f x + g x) l = total f l + total g l.
Proof. induction l; simpl; lra. Qed.

Lemma total_minus f g l : total (fun x => f x - g x) l = total f l - total g l.
Proof. induction l; simpl; lra. Qed.

Lemma total_scale c f l : total (fun x => c * f x) l = c * total f l.
Proof. induction l; simpl; [|rewrite IHl]; ring. Qed.

Lemma total_permutation f l k : Permutation l k -> total f l = total f k.
Proof. induction 1; simpl; lra. Qed.
End Sums.

Lemma total_map {A B : Type} (f : A -> R) (h : B -> A) k : total f (map h k) = total (fun y => f (h y)) k.
Proof. induction k; simpl; [|rewrite IHk]; reflexivity. Qed.

Lemma total_flat_map {A B : Type} (f : B -> R) (h : A -> list B) l :
  total f (flat_map h l) = total (fun x => total f (h x)) l.
Proof. induction l; simpl; [|rewrite total_app, IHl]; reflexivity. Qed.

Lemma total_swap {A B : Type} (f : A -> B -> R) l k :
  total (fun x => total (f x) k) l = total (fun y => total (fun x => f x y) l) k.
Proof.
  induction l; simpl.
  - induction k; simpl; lra.
  - rewrite IHl, <- total_plus. reflexivity.
Qed.
