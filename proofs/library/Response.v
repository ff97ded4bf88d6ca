(* The hockey stick of a pure pair is at most that of randomized response. *)
From Coq Require Import Reals List Lra Psatz.
From DP Require Import Sums Finite Dominance.
Import ListNotations.
Open Scope R_scope.

(* Two answers, the likelier one e^eps times as likely. *)
Definition response (eps : R) : pair bool :=
  Pair [true; false]
    (fun y => (if y then exp eps else 1) / (1 + exp eps))
    (fun y => (if y then 1 else exp eps) / (1 + exp eps)).

Definition response_hockey (eps t : R) : R :=
  (Rmax 0 (exp eps - exp t) + Rmax 0 (1 - exp t * exp eps)) / (1 + exp eps).

Lemma response_laws eps : laws (response eps).
Proof.
  pose proof (exp_pos eps). assert (0 < / (1 + exp eps)) by (apply Rinv_0_lt_compat; lra).
  split; (split; [|simpl; field; lra]); intros [|] _; simpl; apply Rmult_le_pos; lra.
Qed.

Lemma hockey_response eps t : hockey t (response eps) = response_hockey eps t.
Proof.
  pose proof (exp_pos eps). unfold hockey, response_hockey. simpl.
  assert (inside : 0 <= / (1 + exp eps)) by (apply Rlt_le, Rinv_0_lt_compat; lra).
  replace (exp eps / (1 + exp eps) - exp t * (1 / (1 + exp eps)))
    with (/ (1 + exp eps) * (exp eps - exp t)) by (field; lra).
  replace (1 / (1 + exp eps) - exp t * (exp eps / (1 + exp eps)))
    with (/ (1 + exp eps) * (1 - exp t * exp eps)) by (field; lra).
  rewrite !Rmax_scale by exact inside. field. lra.
Qed.

Lemma response_hockey_range eps t : 0 <= response_hockey eps t <= 1.
Proof.
  pose proof (exp_pos eps). pose proof (exp_pos t). unfold response_hockey, Rdiv.
  assert (0 < exp t * exp eps) by (apply Rmult_lt_0_compat; assumption).
  pose proof (Rmax_l 0 (exp eps - exp t)). pose proof (Rmax_l 0 (1 - exp t * exp eps)).
  assert (Rmax 0 (exp eps - exp t) <= exp eps) by (apply Rmax_lub; lra).
  assert (Rmax 0 (1 - exp t * exp eps) <= 1) by (apply Rmax_lub; lra).
  split.
  - apply Rmult_le_pos; [lra | apply Rlt_le, Rinv_0_lt_compat; lra].
  - apply Rmult_le_reg_r with (1 + exp eps); [lra|]. rewrite Rmult_assoc, Rinv_l by lra. lra.
Qed.

Lemma response_private eps : 0 <= eps -> response_hockey eps eps = 0.
Proof.
  intros above. pose proof (exp_above eps). unfold response_hockey.
  rewrite !Rmax_left by nra. field. lra.
Qed.

(* Measures of one mass m, within a factor e^eps of one another at each output. *)
Lemma pure_hockey {A : Type} eps t m (d : pair A) :
  0 <= eps -> measures d -> total (P d) (points d) = m -> total (Q d) (points d) = m ->
  (forall x, In x (points d) -> P d x <= exp eps * Q d x) ->
  (forall x, In x (points d) -> Q d x <= exp eps * P d x) ->
  hockey t d <= m * response_hockey eps t.
Proof.
  intros above [above_P _] mass_P mass_Q near far. unfold hockey, response_hockey. set (c := exp t).
  assert (positive : 0 < c) by apply exp_pos. destruct above as [strict | <-].
  - set (e := exp eps) in *. set (g := exp (- eps)).
    assert (whole : e * g = 1) by (unfold e, g; rewrite <- exp_plus, Rplus_opp_r; apply exp_0).
    assert (0 < g) by apply exp_pos. pose proof (exp_above eps) as grown. fold e in grown.
    assert (g < 1) by nra. assert (wide : 0 < e - g) by lra.
    assert (inside : 0 < / (e - g)) by (apply Rinv_0_lt_compat; lra).
    (* below the chord between the two ends of the ratio *)
    apply Rle_trans with (total (fun x =>
      Rmax 0 (e - c) / (e - g) * (P d x - g * Q d x) +
      Rmax 0 (g - c) / (e - g) * (e * Q d x - P d x)) (points d)).
    + apply total_le. intros x listed. specialize (near x listed). specialize (far x listed).
      assert (low : 0 <= P d x - g * Q d x).
      { replace (P d x - g * Q d x) with (g * (e * P d x - Q d x)) by
          (transitivity (e * g * P d x - g * Q d x); [ring | rewrite whole; ring]).
        apply Rmult_le_pos; lra. }
      assert (high : 0 <= e * Q d x - P d x) by lra.
      replace (P d x - c * Q d x) with
        (((e - c) * (P d x - g * Q d x) + (g - c) * (e * Q d x - P d x)) * / (e - g))
        by (transitivity (((e - g) * (P d x) - c * (e - g) * Q d x) * / (e - g)); [ring | field; lra]).
      replace (Rmax 0 (e - c) / (e - g) * (P d x - g * Q d x) +
               Rmax 0 (g - c) / (e - g) * (e * Q d x - P d x))
        with ((Rmax 0 (e - c) * (P d x - g * Q d x) + Rmax 0 (g - c) * (e * Q d x - P d x)) *
              / (e - g)) by (unfold Rdiv; ring).
      pose proof (Rmax_l 0 (e - c)). pose proof (Rmax_r 0 (e - c)).
      pose proof (Rmax_l 0 (g - c)). pose proof (Rmax_r 0 (g - c)).
      set (u := Rmax 0 (e - c)) in *. set (v := Rmax 0 (g - c)) in *.
      assert (0 <= u * (P d x - g * Q d x)) by (apply Rmult_le_pos; lra).
      assert (0 <= v * (e * Q d x - P d x)) by (apply Rmult_le_pos; lra).
      assert (0 <= (u - (e - c)) * (P d x - g * Q d x)) by (apply Rmult_le_pos; lra).
      assert (0 <= (v - (g - c)) * (e * Q d x - P d x)) by (apply Rmult_le_pos; lra).
      set (f := P d x - g * Q d x) in *. set (h := e * Q d x - P d x) in *.
      apply Rmax_lub; [apply Rmult_le_pos | apply Rmult_le_compat_r]; lra.
    + rewrite total_plus, !total_scale, !total_minus, !total_scale, mass_P, mass_Q.
      assert (scaled : Rmax 0 (1 - c * e) = e * Rmax 0 (g - c)).
      { rewrite <- Rmax_scale by lra. f_equal. rewrite <- whole. ring. }
      rewrite scaled. right.
      replace (e - g) with ((1 - g) * (1 + e)) by
        (transitivity (1 + e - g - e * g); [ring | rewrite whole; ring]).
      replace (e * m - m) with (m * (e * (1 - g))) by
        (transitivity (m * (e - e * g)); [ring | rewrite whole; ring]).
      field. split; lra.
  - rewrite exp_0 in *. rewrite !Rmult_1_r.
    replace (m * ((Rmax 0 (1 - c) + Rmax 0 (1 - c)) / (1 + 1))) with (Rmax 0 (1 - c) * m) by field.
    rewrite <- mass_P, <- total_scale. apply total_le. intros x listed.
    specialize (near x listed). specialize (far x listed).
    replace (Q d x) with (P d x) by lra. right.
    rewrite (Rmult_comm (Rmax _ _)), <- Rmax_scale by (apply above_P, listed). f_equal. ring.
Qed.
