"""Proofs of the registered theorems: how a claim is built from a formula, and who checks it."""
