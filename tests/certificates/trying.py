"""Nasty witnesses put to an evaluator: the real one, or one with something wrong in it."""

from __future__ import annotations

import math

from certificates.axis import Axis, log_beyond
from certificates.nasty import AtOnce, Beyond, Question, Step, Sum, cases
from certificates.truths import delta_of, excludes, moments
from flint import acb, arb, ctx

from dpaccount.certificates.inversion import is_closed
from dpaccount.certificates.numbers import enclose

__all__ = ["missed"]


def missed(evaluator, family: str) -> str | None:
    """How an evaluator (it has Sampled, waves and Inversion) misses a truth of a family, if so."""
    for case in cases(family):
        ask = _ask_line if isinstance(case, Question) else _ask_release
        if isinstance(case, Step) and case.pieces:
            ask = _ask_pieces
        if isinstance(case, Sum):
            ask = _ask_sum
        if isinstance(case, AtOnce):
            ask = _ask_at_once
        if isinstance(case, Beyond):
            ask = _ask_beyond
        found = ask(evaluator, case)
        if found:
            return f"{found}: {case}"
    return None


def _ask_release(evaluator, case: Step) -> str | None:
    with ctx.workprec(100):
        sampled = evaluator.Sampled(case.release, case.grid)
        s, h = enclose(case.s), enclose(case.height)
        for core in (False, True) if case.grid.core else (False,):
            window = case.grid.core if core else None
            heights = tuple(case.height * k for k in range(case.count + 1))
            values, radius = moments(case.release, case.grid.cut, window, False, case.s, heights)
            found = sampled.moment(s, core=core)
            if not found.overlaps(arb(values[0].real, radius)):
                return f"moment {found} misses {values[0]}"
            for sign in (1, -1) if case.height else ():
                boxes = sampled.transform(s, sign * h, case.count, core=core)
                for k, (box, value) in enumerate(zip(boxes, values, strict=True)):
                    real, imag = arb(value.real, radius), arb(sign * value.imag, radius)
                    if not (box.real.overlaps(real) and (k == 0 or box.imag.overlaps(imag))):
                        return f"transform {box} misses {value} at k = {k}"
        for top in (0.0, case.height, 3.0):
            bound = sampled.decay(s, enclose(top))
            outer = case.grid.core is not None
            above = tuple(top + more for more in (0.0, 0.2, 1.0, 5.0))
            values, radius = moments(
                case.release, case.grid.cut, case.grid.core, outer, case.s, above
            )
            if any(bound < abs(value) - radius for value in values):
                return f"decay {bound} is below {values}"
    return None


def _ask_pieces(evaluator, case: Step) -> str | None:
    with ctx.workprec(100):
        sampled = evaluator.Sampled(case.release, case.grid)
        s, axis = enclose(case.s), Axis.of(case)
        shift, spacing = case.grid.shift, case.grid.spacing
        a = shift * axis.sigma**2
        windows = [(case.grid.cut, False, sampled.cut), (case.grid.core, False, sampled.core),
                   (case.grid.core, True, sampled.outer)]  # fmt: skip
        chosen = [w for w in windows if w[0] is not None]
        kinds = [[], *([w] for w in chosen)]
        if len(chosen) == 3:
            kinds += [[chosen[0], chosen[1]], [chosen[0], chosen[2]]]
        for kind in kinds:
            weights = [w for _, _, w in kind]
            spreads = [w.spread(enclose(shift) * sampled.variance) for w in weights]
            v = axis.majorant(kind, a)
            for turn in (0.0, case.height):
                f = axis.mass * axis.power(case.s, turn) * v
                bound = sampled._cells(s, enclose(turn), enclose(shift) * sampled.variance, weights)
                if bound < f.sum() * (1 - 1e-9):
                    return f"cells {bound} below {f.sum()} with {kind}"
                bound = sampled._outside(s, enclose(turn), spreads, weights)
                beyond = f[axis.x < axis.low].sum() + f[axis.x > axis.high].sum()
                # the cells at the two ends are counted by half
                if bound < beyond * (1 - 1e-9) - axis.slack(f):
                    return f"outside {bound} below {beyond} with {kind} and turn {turn}"
            nodes = axis.beyond(spacing, case.grid)
            f = nodes.mass * nodes.power(case.s, 0.0) * nodes.majorant(kind, 0.0)
            bound = sampled._outside(s, arb(0), weights=weights)
            if bound < f.sum() * (1 - 1e-9):
                return f"outside {bound} below the sum {f.sum()} with {kind}"
        # a window may be both cut and core: the decay has the cut and what the core leaves
        kind = [w for w in chosen if w[2] in (sampled.cut, sampled.outer)]
        for top in (0.0, case.height):
            f = axis.mass * axis.moved(case.s, shift, top) * axis.majorant(kind, a)
            truth = f.sum() * math.exp((shift * axis.sigma) ** 2 / 2)
            bound = sampled.decay(s, enclose(top))
            if bound < truth * (1 - 1e-9):
                return f"decay {bound} below the moved integral {truth}"
        return _ask_strips(sampled, case, axis, kind)


def _ask_strips(sampled, case: Step, axis: Axis, kind) -> str | None:
    """Quadrature errors, against the strip theorem with the integrals that it asks for."""
    grid, sigma = case.grid, axis.sigma
    s, nodes = enclose(case.s), Axis.all_nodes(axis, grid)

    def error(area, angle):
        return 2 * area / math.expm1(min(2 * math.pi * angle * sigma**2 / grid.spacing, 700.0))

    cut = [w for w in kind if w[0] is grid.cut]
    for height in (0.0, case.height):
        # the far side of the strip, where the angle helps the growth
        there = axis.moved(case.s, grid.strip, -height) * axis.majorant(cut, grid.strip * sigma**2)
        area = (axis.mass * there).sum() * math.exp((grid.strip * sigma) ** 2 / 2)
        bound = sampled._ripple(s, enclose(height), False)
        if bound < error(area, grid.strip) * (1 - 1e-9):
            return f"ripple {bound} below {error(area, grid.strip)} at height {height}"
    # on the two sides of the moved line the modulus is a mean of two
    a, shift, margin = grid.shift * sigma**2, grid.shift, grid.margin
    both = axis.moved(case.s / 2, shift + margin, 0.0) * axis.moved(case.s / 2, margin - shift, 0.0)
    area = (axis.mass * both * axis.majorant(kind, a)).sum() * math.exp((margin * sigma) ** 2 / 2)
    terms = nodes.mass * nodes.moved(case.s, shift, 0.0) * nodes.majorant(kind, a)
    truth = (terms.sum() + error(area, margin)) * math.exp((shift * sigma) ** 2 / 2)
    bound = sampled.decay(s, arb(0))
    if bound < truth * (1 - 1e-9):
        return f"decay {bound} below {truth}: its nodes and its strip"
    return None


def _ask_beyond(evaluator, case: Beyond) -> str | None:
    with ctx.workprec(100):
        sampled = evaluator.Sampled(case.release, case.grid)
        bound = sampled._outside(enclose(case.s), enclose(case.turn)).log()
        truth = log_beyond(case)
        return f"outside e^{bound} below e^{truth}" if bound < truth - 1e-9 else None


def _ask_sum(evaluator, case: Sum) -> str | None:
    with ctx.workprec(120):
        weights, losses = [arb(w) for w in case.weights], [arb(x) for x in case.losses]
        height = arb(case.height)
        found, left_out = evaluator.waves(weights, losses, height, case.count, arb(case.allowed))
        for k, box in enumerate(found):
            turns = [acb(0, height * k * x).exp() for x in losses]
            truth = sum((w * z for w, z in zip(weights, turns, strict=True)), acb(0))
            if abs(box - truth) > left_out:
                return f"waves {box} misses {truth} by more than {left_out} at k = {k}"
        if not left_out <= case.allowed:
            return f"waves leave out {left_out}"
    return None


def _ask_at_once(evaluator, case: AtOnce) -> str | None:
    with ctx.workprec(200):
        for eps in case.epsilons:
            truth = delta_of(case.run, eps)
            for ask in (evaluator.trivial, evaluator.closed_form):
                if ask is evaluator.trivial or is_closed(case.run):
                    low, high = ask(case.run, arb(eps))
                    if excludes(low, high, truth):
                        return f"[{low}, {high}] misses {truth} at eps = {eps}"
    return None


def _ask_line(evaluator, case: Question) -> str | None:
    inversion = evaluator.Inversion(case.run, case.line)
    for eps in case.epsilons:
        low, high = inversion.delta(arb(eps))
        truth = delta_of(case.run, eps)
        if excludes(low, high, truth):
            return f"[{low}, {high}] misses {truth} at eps = {eps}"
    return None
