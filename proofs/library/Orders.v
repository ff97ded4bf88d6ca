(* The orders of words of which some are equal: which they are, and how many. *)
From Coq Require Import List Arith Lia Permutation Factorial.
Import ListNotations.

(* Some copies of one word put into a list of others, in every way. *)
Fixpoint mixed (a copies : nat) : list nat -> list (list nat) :=
  match copies with
  | O => fun l => [l]
  | S fewer => fix more l :=
      match l with
      | [] => [repeat a copies]
      | b :: rest => map (cons a) (mixed a fewer l) ++ map (cons b) (more rest)
      end
  end.

Lemma mixed_step a k b l :
  mixed a (S k) (b :: l) = map (cons a) (mixed a k (b :: l)) ++ map (cons b) (mixed a (S k) l).
Proof. reflexivity. Qed.

Definition others (a : nat) (l : list nat) : list nat := filter (fun b => negb (b =? a)) l.

Lemma fact_step n : fact (S n) = S n * fact n.
Proof. reflexivity. Qed.

Lemma mixed_count a k l : length (mixed a k l) * (fact k * fact (length l)) = fact (k + length l).
Proof.
  revert l. induction k as [|k IHk]; [intros; simpl; lia|].
  induction l as [|b l IHl]; [simpl; rewrite !Nat.add_0_r; ring|].
  rewrite mixed_step, app_length, !map_length. specialize (IHk (b :: l)).
  change (length (b :: l)) with (S (length l)) in *. set (n := length l) in *. set (x := length (mixed a k (b :: l))) in *.
  set (y := length (mixed a (S k) l)) in *.
  replace (S k + S n) with (S (k + S n)) by lia. rewrite (fact_step (k + S n)).
  replace (S k + n) with (k + S n) in IHl by lia.
  rewrite (fact_step k) in *. rewrite (fact_step n) in *.
  transitivity (S k * (x * (fact k * (S n * fact n))) + S n * (y * (S k * fact k * fact n)));
    [ring|]. rewrite IHk, IHl. ring.
Qed.

Lemma mixed_permutation a k l m : In m (mixed a k l) -> Permutation m (repeat a k ++ l).
Proof.
  revert l m. induction k as [|k IHk]; [intros l m [<-|[]]; reflexivity|].
  induction l as [|b l IHl]; intros m I.
  - destruct I as [<-|[]]. rewrite app_nil_r. reflexivity.
  - rewrite mixed_step in I. apply in_app_iff in I.
    destruct I as [I|I]; apply in_map_iff in I; destruct I as [m' [<- I]].
    + simpl. apply perm_skip. now apply IHk.
    + apply IHl in I. rewrite I. apply Permutation_middle.
Qed.

Lemma others_app a l m : others a (l ++ m) = others a l ++ others a m.
Proof. apply filter_app. Qed.

Lemma others_same a l : ~ In a l -> others a l = l.
Proof.
  induction l as [|b l IH]; intros out; [reflexivity|]. simpl.
  destruct (Nat.eqb_spec b a) as [->|]; [destruct out; now left|].
  simpl. rewrite IH; [reflexivity|]. intros I. apply out. now right.
Qed.

Lemma others_copies a k : others a (repeat a k) = [].
Proof. induction k; [reflexivity|]. simpl. now rewrite Nat.eqb_refl. Qed.

Lemma mixed_others a k l m : ~ In a l -> In m (mixed a k l) -> others a m = l.
Proof.
  revert l m. induction k as [|k IHk]; [intros l m out [<-|[]]; now apply others_same|].
  induction l as [|b l IHl]; intros m out I.
  - destruct I as [<-|[]]. apply (others_copies a (S k)).
  - rewrite mixed_step in I. apply in_app_iff in I.
    destruct I as [I|I]; apply in_map_iff in I; destruct I as [m' [<- I]]; simpl.
    + rewrite Nat.eqb_refl. simpl. now apply IHk.
    + destruct (Nat.eqb_spec b a) as [->|]; [destruct out; now left|]. simpl. f_equal.
      apply IHl; [|exact I]. intros J. apply out. now right.
Qed.

Lemma NoDup_cons_each b (ls : list (list nat)) : NoDup ls -> NoDup (map (cons b) ls).
Proof.
  induction 1 as [|l ls out U IH]; simpl; constructor; [|exact IH].
  intros I. apply in_map_iff in I. destruct I as [l' [E I]]. injection E as ->. contradiction.
Qed.

Lemma NoDup_both {A : Type} (l m : list A) :
  NoDup l -> NoDup m -> (forall x, In x l -> ~ In x m) -> NoDup (l ++ m).
Proof.
  intros L M apart. induction L as [|x l out L IH]; [exact M|]. simpl. constructor.
  - rewrite in_app_iff. intros [I|I]; [contradiction|]. apply (apart x); [now left|exact I].
  - apply IH. intros y I. apply apart. now right.
Qed.

Lemma mixed_NoDup a k l : ~ In a l -> NoDup (mixed a k l).
Proof.
  revert l. induction k as [|k IHk]; [intros; constructor; [auto|constructor]|].
  induction l as [|b l IHl]; intros out.
  - constructor; [auto|constructor].
  - rewrite mixed_step. apply NoDup_both.
    + now apply NoDup_cons_each, IHk.
    + apply NoDup_cons_each, IHl. intros I. apply out. now right.
    + intros m I J. apply in_map_iff in I, J. destruct I as [i [<- _]], J as [j [E _]].
      injection E as -> _. apply out. now left.
Qed.

Lemma mixed_every a l : In l (mixed a (count_occ Nat.eq_dec l a) (others a l)).
Proof.
  induction l as [|b l IH]; [now left|]. simpl. destruct (Nat.eq_dec b a) as [->|other].
  - rewrite Nat.eqb_refl. simpl negb. cbv iota. set (k := count_occ Nat.eq_dec l a) in *.
    destruct (others a l) as [|c rest] eqn:E.
    + destruct k; destruct IH as [<-|[]]; now left.
    + rewrite mixed_step. apply in_app_iff. left. now apply in_map.
  - apply Nat.eqb_neq in other. rewrite other. simpl negb. cbv iota.
    destruct (count_occ Nat.eq_dec l a) as [|k].
    + destruct IH as [E|[]]. rewrite E. now left.
    + rewrite mixed_step. apply in_app_iff. right. now apply in_map.
Qed.

(* Words and how often each occurs; one list that has them so often; every such list. *)
Fixpoint spelled (kinds : list (nat * nat)) : list nat :=
  match kinds with
  | [] => []
  | (a, k) :: rest => repeat a k ++ spelled rest
  end.

Fixpoint orders (kinds : list (nat * nat)) : list (list nat) :=
  match kinds with
  | [] => [[]]
  | (a, k) :: rest => flat_map (mixed a k) (orders rest)
  end.

Lemma spelled_kind kinds b : In b (spelled kinds) -> In b (map fst kinds).
Proof.
  induction kinds as [|[a k] rest IH]; [trivial|]. simpl. rewrite in_app_iff. intros [I|I].
  - left. now apply repeat_spec in I.
  - right. now apply IH.
Qed.

Lemma orders_permutation kinds l : In l (orders kinds) -> Permutation l (spelled kinds).
Proof.
  revert l. induction kinds as [|[a k] rest IH]; [intros l [<-|[]]; reflexivity|].
  intros l I. simpl in I. apply in_flat_map in I. destruct I as [m [M I]].
  apply mixed_permutation in I. rewrite I. simpl. now rewrite (IH m M).
Qed.

Lemma others_permutation a l m : Permutation l m -> Permutation (others a l) (others a m).
Proof.
  induction 1 as [|b l m P IH|b c l|l m r _ IHl _ IHr]; simpl.
  - constructor.
  - destruct (negb (b =? a)); [now constructor|exact IH].
  - destruct (negb (b =? a)), (negb (c =? a)); try reflexivity. apply perm_swap.
  - now transitivity (others a m).
Qed.

Lemma orders_every kinds l : NoDup (map fst kinds) ->
  Permutation l (spelled kinds) -> In l (orders kinds).
Proof.
  revert l. induction kinds as [|[a k] rest IH]; intros l U P.
  - apply Permutation_sym, Permutation_nil in P. rewrite P. now left.
  - simpl in U. inversion U as [|? ? out U']; subst. simpl in *. apply in_flat_map.
    assert (absent : ~ In a (spelled rest)) by (intros I; now apply out, spelled_kind).
    exists (others a l). split.
    + apply IH; [exact U'|]. apply (others_permutation a) in P.
      rewrite others_app, others_copies, (others_same a (spelled rest) absent) in P.
      exact P.
    + replace k with (count_occ Nat.eq_dec l a); [apply mixed_every|].
      rewrite (proj1 (Permutation_count_occ Nat.eq_dec _ _) P), count_occ_app.
      rewrite count_occ_repeat_eq by reflexivity.
      apply (count_occ_not_In Nat.eq_dec) in absent. lia.
Qed.

Lemma orders_NoDup kinds : NoDup (map fst kinds) -> NoDup (orders kinds).
Proof.
  induction kinds as [|[a k] rest IH]; intros U; [constructor; [auto|constructor]|].
  simpl in U. inversion U as [|? ? out U']; subst. specialize (IH U'). simpl.
  assert (absent : forall l, In l (orders rest) -> ~ In a l).
  { intros l L I. apply out, spelled_kind. now apply (Permutation_in a (orders_permutation _ _ L)). }
  induction IH as [|l ls fresh _ IH]; [constructor|]. simpl. apply NoDup_both.
  - apply mixed_NoDup, absent. now left.
  - apply IH. intros m M. apply absent. now right.
  - intros m I J. apply in_flat_map in J. destruct J as [l' [L J]]. apply fresh.
    rewrite <- (mixed_others a k l m), (mixed_others a k l' m); auto.
    + apply absent. now right.
    + apply absent. now left.
Qed.

Definition repeats (kinds : list (nat * nat)) : nat :=
  fold_right (fun kind rest => fact (snd kind) * rest) 1 kinds.

Lemma length_each {A B : Type} (f : A -> list B) l m n :
  (forall x, In x l -> length (f x) * m = n) -> length (flat_map f l) * m = length l * n.
Proof.
  induction l as [|x l IH]; intros each; [reflexivity|]. simpl.
  rewrite app_length, Nat.mul_add_distr_r, each by now left.
  rewrite IH; [ring|]. intros y I. apply each. now right.
Qed.

Lemma orders_count kinds : length (orders kinds) * repeats kinds = fact (length (spelled kinds)).
Proof.
  induction kinds as [|[a k] rest IH]; [reflexivity|]. simpl.
  rewrite app_length, repeat_length. set (n := length (spelled rest)) in *.
  assert (L : length (flat_map (mixed a k) (orders rest)) * (fact k * fact n)
    = length (orders rest) * fact (k + n)).
  { apply length_each. intros l I. pose proof (mixed_count a k l) as E.
    rewrite (Permutation_length (orders_permutation _ _ I)) in E. exact E. }
  pose proof (lt_O_fact n).
  assert (some : length (orders rest) <> 0) by (intros Z; rewrite Z in IH; simpl in IH; lia).
  apply (Nat.mul_cancel_l _ _ (length (orders rest)) some). rewrite <- L, <- IH.
  fold (repeats rest). ring.
Qed.
