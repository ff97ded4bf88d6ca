"""The formula is the hockey stick of a product of randomized responses, summed over all outputs."""

import itertools

import sympy

from dpaccount.proving import NotProved
from dpaccount.proving.symbols import branches, identical


def prove(theorem):
    epsilon, share = sympy.symbols("epsilon share", positive=True)
    e = sympy.exp(epsilon)
    right, wrong = e / (1 + e), 1 / (1 + e)
    for steps in range(1, 5):
        # between two neighbouring losses the same outputs count; below all, and above all
        for gap in range(-steps - 1, steps + 1):
            # share/(1 + share) runs through (0, 1): the target lies strictly inside the gap
            target = (gap + share / (1 + share)) * epsilon
            total = sympy.Integer(0)
            for outputs in itertools.product((True, False), repeat=steps):
                first = sympy.prod([right if output else wrong for output in outputs])
                second = sympy.prod([wrong if output else right for output in outputs])
                if sum(1 if output else -1 for output in outputs) > gap:
                    total += first - sympy.exp(target) * second
            claim = f"{steps} steps, target in gap {gap}"
            ways = list(
                branches(
                    lambda guided, ops, n=steps, at=target: theorem(
                        guided(epsilon), n, guided(at), ops
                    )
                )
            )
            if len(ways) != 1:
                raise NotProved(f"which outputs count is not decided: {claim}")
            identical(ways[0], total, what=claim)
