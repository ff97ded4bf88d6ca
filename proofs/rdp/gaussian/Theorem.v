(* The Renyi divergence of a Gaussian release, given that the normal density integrates to 1. *)
From Coq Require Import Reals Lra.
From Coquelicot Require Import Coquelicot.
From DP Require Import Normal.
Require Import Here.Generated.
Open Scope R_scope.

Theorem proved (sigma order : R) :
  0 < sigma -> 1 < order -> integral phi 1 ->
  let p x := phi ((x - 1) / sigma) / sigma in
  let q x := phi (x / sigma) / sigma in
  exists moment, integral (fun x => q x * Rpower (p x / q x) order) moment /\
    ln moment / (order - 1) = formula order (/ (sigma * sigma)).
Proof.
  intros S A total p q.
  exists (exp ((order - 1) * (order * / (sigma * sigma) / 2))). split.
  - exact (gaussian_moment sigma order S total).
  - rewrite ln_exp. unfold formula. field. lra.
Qed.
