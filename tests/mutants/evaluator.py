"""The checker's source with one thing wrong: a term dropped, an error halved, an end exchanged.

A mutant names a function, an expression or statement in it, and what stands there instead. The
match is on syntax trees, so that only the meaning has to stay.
"""

from __future__ import annotations

import ast
import copy
import inspect
from dataclasses import dataclass
from types import ModuleType, SimpleNamespace

from dpaccount.certificates import inversion, release

__all__ = ["MUTANTS", "Mutant", "evaluator"]


@dataclass(frozen=True)
class Mutant:
    """One change, and the families of witnesses that matter for it.

    Args:
        module: `release` or `inversion`.
        where: The function, as Class.name.
        old: What stands there.
        new: What is put in its place; nothing removes a statement.
        families: Where it is noticed, the quickest first.
        why: Why it cannot be noticed, where that is so.
    """

    module: ModuleType
    where: str
    old: str
    new: str
    families: tuple[str, ...] = ()
    why: str = ""

    @property
    def name(self) -> str:
        return f"{self.where}: {self.old} -> {self.new or 'nothing'}"


def evaluator(mutant: Mutant) -> SimpleNamespace:
    """The module, changed, under another name; `inversion` is loaded again on top of it."""
    changed = _load(mutant.module, _changed(mutant))
    below, above = vars(release), changed
    if mutant.module is release:
        below, above = changed, _load(inversion, ast.parse(inspect.getsource(inversion)))
        above["Sampled"] = changed["Sampled"]
    names = ("Inversion", "closed_form", "trivial")
    return SimpleNamespace(
        Sampled=below["Sampled"], waves=below["waves"], **{name: above[name] for name in names}
    )


def _load(module: ModuleType, tree: ast.AST) -> dict:
    found = ModuleType(f"mutant_of_{module.__name__}")
    exec(compile(tree, found.__name__, "exec"), vars(found))  # our own text, one thing changed
    return vars(found)


def _parse(text: str) -> list[ast.stmt]:
    return ast.parse(text).body if text else []


def _changed(mutant: Mutant) -> ast.Module:
    tree = ast.parse(inspect.getsource(mutant.module))
    body = tree.body
    for name in mutant.where.split("."):
        node = next(n for n in body if getattr(n, "name", "") == name)
        body = node.body
    old, new = _parse(mutant.old), _parse(mutant.new)
    if isinstance(old[0], ast.Expr):
        swap = _Swap(ast.dump(old[0].value), new[0].value, None)
    else:
        swap = _Swap(ast.dump(old[0]), None, new or [ast.Pass()])
    swap.visit(node)
    assert swap.count == 1, f"{mutant.name}: found {swap.count} times"
    return ast.fix_missing_locations(tree)


class _Swap(ast.NodeTransformer):
    """Put one expression or statement in the place of another."""

    def __init__(self, old: str, value: ast.expr | None, body: list[ast.stmt] | None) -> None:
        self.old, self.value, self.body, self.count = old, value, body, 0

    def visit(self, node):
        if isinstance(node, ast.expr if self.body is None else ast.stmt):  # noqa: SIM102
            if ast.dump(node) == self.old:
                self.count += 1
                return copy.deepcopy(self.value if self.body is None else self.body)
        return self.generic_visit(node)


_GRIDS = ("coarse spacing", "short range", "steep")
_WINDOWS = ("pieces", "coarse windows", "short windows", "steep windows")
_ALL = ("pieces", *_GRIDS, *_WINDOWS[1:])
_FAR = ("far core",)

_CORES = ("core tail", "flat tail", "wide cores", "ends", "large tilt", "cores")


def _release(where, old, new, *families, why=""):
    return Mutant(release, where, old, new, families, why)


def _inversion(where, old, new, *families, why=""):
    return Mutant(inversion, where, old, new, families, why)


MUTANTS = [
    # the weights
    _release("_Weight.__init__", "p if complement else -p", "-p if complement else p", *_WINDOWS),
    _release("_Weight.__init__", "a.max(b)", "a.min(b)", *_WINDOWS),
    _release("_Weight.__init__", "p > 0 or n < 0", "True", *_WINDOWS),
    _release("_Weight.__init__", "self.values[1:]", "self.values[:-1]", *_WINDOWS),
    _release("_Weight.__init__", "self.values[1:] if complement else self.values[:-1]",
             "self.values[:-1] if complement else self.values[1:]", *_WINDOWS),
    _release("_Weight.__init__", "self.values[1:] if complement else self.values[:-1]",
             "self.values[1:]", *_WINDOWS),
    _release("_Weight.spread", "invert.WINDOW(a, self.width, ops=BALLS)", "arb(0)", *_WINDOWS),
    _release("_Weight.spread", "invert.WINDOW(a, self.width, ops=BALLS)", "a / self.width",
             *_WINDOWS),
    _release("_Weight.left", "self.values[0] if self.complement else arb(1)", "self.values[0]",
             *_WINDOWS),
    _release("_Weight.left", "spread * bump", "0", *_WINDOWS),
    _release("_Weight.left", "self.bumps[0] if self.before else arb(1)", "self.bumps[0]",
             *_WINDOWS),
    _release("_Weight.right", "self.complement and self.after", "self.after", *_WINDOWS),
    _release("_Weight.right", "self.complement and self.after", "self.complement", *_WINDOWS),
    _release("_Weight.right", "1 + spread * bump", "self.values[-1] + spread * bump", *_WINDOWS),
    _release("_Weight.right", "1 + spread * bump", "arb(1)", *_WINDOWS),
    _release("_Weight.growth", "(b * b / (2 * self.width * self.width)).exp()", "arb(1)",
             *_WINDOWS),
    # the grid
    _release("Sampled.__init__", "b if j < zero else a", "a if j < zero else b", *_ALL),
    _release("Sampled.__init__", "peak if j in (zero - 1, zero) else (b if j < zero else a)", "b",
             *_ALL),
    _release("Sampled.__init__", "peak if j in (zero - 1, zero) else (b if j < zero else a)", "a",
             *_ALL),
    _release("Sampled.__init__", "self.turns[1:]", "self.turns[:-1]", *_ALL),
    _release("Sampled.__init__", "self.spacing / self.variance", "self.spacing / self.sigma", *_ALL),  # noqa: E501
    _release("Sampled._cells", "self.losses[1:] if s >= 0 else self.losses[:-1]",
             "self.losses[:-1] if s >= 0 else self.losses[1:]", *_ALL),
    _release("Sampled._cells", "self.losses[1:] if s >= 0 else self.losses[:-1]",
             "self.losses[1:]", *_ALL),
    _release("Sampled._cells", "s * loss + turn * m", "s * loss", *_ALL),
    _release("Sampled._cells", "s * loss + turn * m", "s * loss - turn * m", *_ALL),
    _release("Sampled._cells", "w.cell_values[j] + spread * w.cell_bumps[j]", "w.cell_values[j]",
             *_WINDOWS),
    _release("Sampled._cells", "total + self._outside(s, turn, spreads, weights)", "total", *_ALL),
    # beyond the grid
    _release("Sampled._outside", "s if s >= 0 else arb(0)", "s", *_ALL),
    _release("Sampled._outside", "base * (left + right * base_right)", "base * right * base_right",
             "short range", *_ALL),
    _release("Sampled._outside", "base * (left + right * base_right)", "base * left",
             "short range", *_ALL),
    _release("Sampled._outside", "base * (left + right * base_right)",
             "base * left.max(right * base_right)", "short range", *_ALL),
    _release("Sampled._outside", "base * (left + right * base_right)", "left + right * base_right",
             "short range", *_ALL),
    _release("Sampled._outside", "power + turn / 2 if last else power * high / (1 + high)",
             "arb(0)", *_ALL),
    _release("Sampled._outside", "power + turn / 2 if last else power * high / (1 + high)",
             "power if last else power * high / (1 + high)", *_ALL),
    _release("Sampled._outside", "low if s >= 0 else low + s * grown / (1 + grown)", "low", *_ALL),
    _release("Sampled._outside", "s * self.excess[0]", "arb(0)", *_ALL),
    _release("Sampled._outside", "fall, start = low, arb(0)", "fall = low", *_ALL),
    _release("Sampled._outside", "(-fall * step).exp().max(arb(1))", "(-fall * step).exp()", *_ALL),
    _release("Sampled._outside", "_turn(grown if last else high)", "_turn(grown)", "thin bump"),
    _release("Sampled._outside", "turn * angle", "0", *_ALL),
    _release("Sampled._outside", "(x - w.center).max(arb(0))", "(x - w.center)", *_WINDOWS),
    _release("Sampled._outside", "left * w.left(spread)", "left", *_WINDOWS),
    _release("Sampled._outside", "base_right * w.right(spread)", "base_right", *_WINDOWS),
    _release("Sampled._outside", "[w for w in weights or [] if not w.complement]", "weights or []",
             *_WINDOWS),
    _release("Sampled._outside", "bool(x > reach)", "True", "short range", *_ALL),
    # quadrature
    _release("Sampled._grid_error", "invert.STRIP(area, half_width, self._unit, ops=BALLS)",
             "invert.STRIP(area, half_width, self._unit, ops=BALLS) / 2", "coarse spacing", *_ALL),
    _release("Sampled._grid_error", "invert.STRIP(area, half_width, self._unit, ops=BALLS)",
             "arb(0)", *_ALL),
    _release("Sampled._ripple", "s if s >= 0 else s * cosine", "s", *_ALL),
    _release("Sampled._ripple", "height * angle", "arb(0)", *_ALL),
    _release("Sampled._ripple", "area *= (s * (1 - cosine) * self.log_rest).exp()", "", *_ALL),
    _release("Sampled._ripple", "area *= (a * a / (2 * self.variance)).exp()", "", *_ALL),
    _release("Sampled._ripple", "self._cells(power, height * angle, a, weights)",
             "self._cells(power, height * angle, arb(0), weights)", *_WINDOWS),
    _release("Sampled._ripple", "self._cells(power, height * angle, a, weights)",
             "self._cells(power, height * angle, a, [])", *_WINDOWS),
    _release("Sampled._ripple", "self._grid_error(angle, area)", "0", *_ALL),
    _release("Sampled._ripple", "self._outside(s, arb(0), weights=weights)", "0", "short range",
             *_ALL),
    _release("Sampled.moment", "arb(0, error)", "0", *_GRIDS),
    _release("Sampled.transform", "abs(height) * count", "height * count", *_GRIDS),
    _release("Sampled.transform", "abs(height) * count", "abs(height)", *_GRIDS),
    _release("Sampled.transform", "[z + disc for z in found]", "found", *_GRIDS),
    _release("Sampled.transform", "acb(arb(0, error + left_out), arb(0, error + left_out))",
             "acb(arb(0, error + left_out))", *_GRIDS),
    _release("Sampled.transform", "acb(arb(0, error + left_out), arb(0, error + left_out))",
             "acb(arb(0, left_out), arb(0, left_out))", *_GRIDS),
    _release("Sampled.transform", "acb(arb(0, error + left_out), arb(0, error + left_out))",
             "acb(arb(0, error), arb(0, error))", *_GRIDS,
             why="at most a thousandth of an error whose bound has more room than that"),
    _release("Sampled.transform", "[z.conjugate() for z in found]", "found", *_GRIDS),
    _release("Sampled.transform", "self._ripple(s, abs(height) * count, core)",
             "self._ripple(s, abs(height) * count, False)", *_WINDOWS[1:]),
    _release("waves", "largest.max(abs(phase))", "largest.min(abs(phase))", "waves"),
    _release("waves", "(total * invert.TAYLOR(largest, orders)).upper()", "arb(0)", "waves"),
    _release("waves", "(total * invert.TAYLOR(largest, orders)).upper()",
             "(total * invert.TAYLOR(largest, orders + 2)).upper()", "waves"),
    _release("waves", "(total * invert.TAYLOR(largest, orders)).upper()",
             "invert.TAYLOR(largest, orders).upper()", "waves"),
    _release("waves", "-((arb(k) / count) ** 2)", "(arb(k) / count) ** 2", "waves"),
    _release("waves", "v * x / (m + 1)", "v * x / (m + 2)", "waves"),
    _release("waves", "v * x / (m + 2)", "v * x / (m + 3)", "waves"),
    _release("waves", "ahead[k] += factor * wave[k]", "ahead[k] += factor * wave[-k % n]", "waves"),
    _release("waves", "other.conjugate() * (1 - t)", "other * (1 - t)", "waves"),
    _release("waves", "one * (1 + t)", "one", "waves"),
    # decay
    _release("Sampled.decay", "self.log_rest + (grown * (2 * cosine + grown)).log1p() / 2",
             "self.log_rest + (grown * (2 * cosine + grown)).log1p()", *_ALL),
    _release("Sampled.decay", "self.log_rest + (grown * (2 * cosine + grown)).log1p() / 2",
             "(grown * (2 * cosine + grown)).log1p() / 2", *_ALL),
    _release("Sampled.decay", "s * modulus - height * angle", "s * modulus - 2 * height * angle",
             *_ALL),
    _release("Sampled.decay", "arb.atan2(grown * sine, 1 + grown * cosine)", "self.shift", *_ALL),
    _release("Sampled.decay", "w.values[j] + spread * w.bumps[j]", "w.values[j]", *_WINDOWS),
    _release("Sampled.decay", "(self.shift + self.margin).cos()", "self.shift.cos()", *_ALL),
    _release("Sampled.decay", "s if s >= 0 else s * widest", "s", *_FAR),
    _release("Sampled.decay", "area *= (s * (1 - widest) * self.log_rest).exp()", "", *_ALL),
    _release("Sampled.decay", "area *= (b * b / (2 * self.variance)).exp()", "", *_ALL),
    _release("Sampled.decay", "area *= w.growth(b)", "", *_WINDOWS),
    _release("Sampled.decay", "self._cells(power, arb(0), a, weights)",
             "self._cells(power, arb(0), arb(0), weights)", *_WINDOWS),
    _release("Sampled.decay", "self._grid_error(self.margin, area) + outside", "outside", *_ALL),
    _release("Sampled.decay", "self._grid_error(self.margin, area) + outside",
             "self._grid_error(self.margin, area)", "short range", *_ALL),
    _release("Sampled.decay", "s if s >= 0 else s * cosine", "s", *_FAR),
    _release("Sampled.decay", "outside *= (s * (1 - cosine) * self.log_rest).exp()", "", *_ALL),
    _release("Sampled.decay", "(a * a / (2 * self.variance)).exp()", "1", *_ALL),
    _release("Sampled.decay", "self._weights(core=False)", "self._weights(core=True)", *_WINDOWS),
    # what the line adds of one release
    _release("Sampled.mass", "self.q * BALLS.ncdf((center - 1) / scale)", "0", *_CORES),
    _release("Sampled.mass", "(self.variance + enclose(window.width) ** 2).sqrt()", "self.sigma",
             *_CORES),
    _release("Sampled.excess_at", "enclose(window.center) + reach * enclose(window.width)",
             "enclose(window.center)", *_CORES),
    _release("Sampled.lost", "(self.variance + enclose(window.width) ** 2).sqrt()", "self.sigma",
             "close cut"),
    _release("Sampled.lost", "self.rest * without", "without", "telling cut"),
    _release("Sampled.lost", "self.rest * without + self.q * BALLS.ncdf((1 - center) / scale)",
             "without", "close cut"),
    _release("Sampled.lost", "not mixture", "mixture", "close cut", "telling cut"),
    _release("Sampled.lost", "(1 - center) / scale", "-center / scale", "close cut"),
    _release("Sampled.lost_below", 'arb("0.5")', "0", "telling cut"),
    _release("Sampled.lost_below", "self.variance * invert.ONE_STEP(self.q, loss, ops=BALLS)",
             "self.sigma * invert.ONE_STEP(self.q, loss, ops=BALLS)", "telling cut"),
    _release("Sampled.lost_below", "(x - enclose(window.center)) / enclose(window.width)",
             "2 * (x - enclose(window.center)) / enclose(window.width)", "telling cut"),
    _release("_turn", "first.max(second)", "first.min(second)", *_ALL),
    _release("_turn", "first.max(second)", "first", *_ALL),
    _release("_turn", "first.max(second)", "second", *_ALL),
    # what needs no line
    _inversion("_one_release", "-epsilon if add else epsilon", "epsilon", "at once"),
    _inversion("_one_release", "arb(0) if add else below", "below", "at once"),
    _inversion("_one_release", "arb(0) if add else below", "arb(0)", "at once"),
    _inversion("_one_release", "invert.ONE_STEP_ADDED(q, epsilon, ops=BALLS) if add else q", "q",
               "at once"),
    _inversion("_one_release", "-inner if add else inner", "inner", "at once"),
    _inversion("_one_release", "front * value", "value", "at once"),
    _inversion("_one_release", "1 / enclose(release.noise_multiplier)",
               "enclose(release.noise_multiplier)", "at once"),
    _inversion("trivial", "epsilon >= largest_loss(run)", "2 * epsilon >= largest_loss(run)",
               "at once"),
    _inversion("trivial", "(r.steps for r in run.releases)", "(1 for r in run.releases)",
               "at once"),
    _inversion("trivial", "1 if run.mu_squared else 0", "0", "at once"),
    _inversion("trivial", "release.steps / enclose(release.noise_multiplier) ** 2",
               "1 / enclose(release.noise_multiplier) ** 2", "at once"),
    _inversion("trivial", "release.steps * _one_release(release, share, add=run.add)",
               "_one_release(release, share, add=run.add)", "at once"),
    _inversion("trivial", "enclose(run.mu_squared)", "arb(0)", "at once"),
    _inversion("_within", "low if low > least else least", "most", "few nodes"),
    _inversion("_within", "high if high < most else most", "least", "few nodes"),
    # the line
    _inversion("Inversion._power", "1 - z if self.run.add else z", "z", "coarse line"),
    _inversion("Inversion._gaussian", "z - 1", "z", "few nodes"),
    _inversion("Inversion._on_nodes", "-1 if self.run.add else 1", "1", "few nodes",
               "coarse height"),
    _inversion("Inversion._prepare", "[v - w for v, w in zip(values, cores, strict=True)]",
               "values", *_CORES),
    _inversion("Inversion._prepare", "z * (z - 1)", "z * z", "few nodes", "coarse height"),
    _inversion("Inversion._prepare", "self._transform(self.beyond)", "self._transform(self.c)",
               "coarse height"),
    _inversion("Inversion._prepare", "self.c * (self.c - 1) - self.height_top**2",
               "-self.height_top**2", "few nodes"),
    _inversion("Inversion._prepare", "self.c * (self.c - 1) - self.height_top**2",
               "self.c * (self.c - 1) - 2 * self.height_top**2", "few nodes"),
    _inversion("Inversion._prepare", "r.steps * b / w", "b / w", *_CORES),
    _inversion("Inversion._prepare", "tail *= value**release.steps", "", *_CORES),
    _inversion("Inversion._prepare", "tail *= relative", "tail *= relative / 4", *_CORES),
    _inversion("Inversion._prepare", "tail *= bound**release.steps", "", "few nodes"),
    _inversion("Inversion._prepare",
               "invert.TRUNCATION(tail, self.height_top, ops=BALLS).upper()", "arb(0)",
               "few nodes"),
    _inversion("Inversion._prepare",
               "invert.TRUNCATION(tail, self.height_top, ops=BALLS).upper()",
               "(tail / self.height_top / 10).upper()", "few nodes"),
    _inversion("Inversion._prepare", "r.steps * r.lost(w, mixture=True)",
               "r.lost(w, mixture=True)", "close cut"),
    _inversion("Inversion._cut_losses", "r.steps * (-r.lost(w, mixture=m)).log1p()",
               "(-r.lost(w, mixture=m)).log1p()", "telling cut"),
    _inversion("Inversion._cut_losses", "(True, False)", "(True, True)", "telling cut"),
    _inversion("Inversion._cut_losses", "(True, False)", "(False, False)", "telling cut"),
    _inversion("Inversion._cut_losses", "-found[1].expm1()", "arb(0)", "telling cut"),
    _inversion("Inversion._cut_part", "not self.run.add and not self.run.mu_squared",
               "not self.run.add", "telling cut"),
    _inversion("Inversion._cut_part", "not self.run.add and not self.run.mu_squared",
               "not self.run.mu_squared", "telling cut"),
    _inversion("Inversion._cut_part", "r.steps * r.lost_below(w, epsilon - edge + r.log_rest)",
               "r.lost_below(w, epsilon - edge + r.log_rest) / 9", "telling cut"),
    _inversion("Inversion._cut_part", "epsilon - edge + r.log_rest", "epsilon", "telling cut"),
    _inversion("Inversion._cut_part", "known + epsilon.exp() * short", "known", "telling cut"),
    _inversion("Inversion._cut_part", "high if high < self.lost else self.lost", "high",
               "telling cut", why="looser"),
    _inversion("Inversion._alias", "left.upper()", "arb(0)", "coarse height"),
    _inversion("Inversion._alias", "right.upper()", "arb(0)", "coarse height"),
    _inversion("Inversion._alias", "left.upper()", "(left / 2).upper()", "coarse height"),
    _inversion("Inversion._alias", "right.upper()", "(right / 9).upper()", "both aliases"),
    _inversion("Inversion._core_masses", "arb(1), arb(1), self._gaussian(self.tilt)",
               "arb(1), arb(1), arb(1)", *_CORES),
    _inversion("Inversion._core_masses",
               "release.moment(self.tilt, core=True).upper() ** release.steps",
               "release.moment(self.tilt, core=True).upper()", *_CORES),
    _inversion("Inversion._core_masses",
               "release.mass(grid.core, mixture=False) ** release.steps",
               "release.mass(grid.core, mixture=False)", *_CORES),
    _inversion("Inversion._core_ends", "release.steps * release.excess_at(grid.core, self.reach)",
               "release.excess_at(grid.core, self.reach)", *_CORES),
    _inversion("Inversion._core_ends", "release.steps * BALLS.ncdf(-self.reach)",
               "release.steps * BALLS.ncdf(-2 * self.reach)", *_CORES),
    _inversion("Inversion._core_ends", "way = arb('+inf')", "", *_CORES),
    _inversion("Inversion._core_part", "way <= epsilon - edge", "True", *_CORES),
    _inversion("Inversion._core_part", "way <= -edge - epsilon", "True", *_CORES),
    _inversion("Inversion._core_part", "epsilon - edge", "epsilon", *_CORES,
               why="looser: the edge is negative"),
    _inversion("Inversion._core_part", "(-(self.tilt - 1) * epsilon).exp()",
               "(-self.tilt * epsilon).exp()", *_CORES),
    _inversion("Inversion._core_part", "(self.tilt * epsilon).exp()",
               "((self.tilt - 1) * epsilon).exp()", *_CORES),
    _inversion("Inversion._core_part", "beyond * epsilon.exp()", "beyond", *_CORES),
    _inversion("Inversion._core_part", "one - epsilon.exp() * zero", "arb(0)", *_CORES),
    _inversion("Inversion._core_part",
               "base + (over.min(beyond * epsilon.exp()) if inside else over)", "base", *_CORES),
    _inversion("Inversion.delta", "self.values[0].real / 2", "self.values[0].real", "few nodes"),
    _inversion("Inversion.delta", "-self.height * epsilon", "self.height * epsilon", "few nodes",
               "coarse height"),
    _inversion("Inversion.delta", "value.real * cosine - value.imag * sine",
               "value.real * cosine + value.imag * sine", "few nodes", "coarse height"),
    _inversion("Inversion.delta", "(-(self.c - 1) * epsilon).exp()",
               "(-self.c * epsilon).exp()", "few nodes"),
    _inversion("Inversion.delta",
               "total - tail - left - right * (-(self.beyond - 1) * epsilon).exp()",
               "total - left - right * (-(self.beyond - 1) * epsilon).exp()",
               "few nodes"),
    _inversion("Inversion.delta",
               "total - tail - left - right * (-(self.beyond - 1) * epsilon).exp()",
               "total - tail - right * (-(self.beyond - 1) * epsilon).exp()",
               "coarse height"),
    _inversion("Inversion.delta",
               "total - tail - left - right * (-(self.beyond - 1) * epsilon).exp()",
               "total - tail - left", "coarse height"),
    _inversion("Inversion.delta", "(-(self.beyond - 1) * epsilon).exp()",
               "(-self.beyond * epsilon).exp()", "both aliases"),
    _inversion("Inversion.delta", "total + tail + core_high + cut_high",
               "total + core_high + cut_high", "few nodes"),
    _inversion("Inversion.delta", "total + tail + core_high + cut_high",
               "total + tail + cut_high", *_CORES),
    _inversion("Inversion.delta", "total + tail + core_high + cut_high",
               "total + tail + core_high", "close cut"),
    _inversion("Inversion.delta", "chernoff + cut_high", "chernoff", "close cut"),
    _inversion("Inversion.delta", "invert.CHERNOFF(self.c, ops=BALLS)",
               "invert.CHERNOFF(self.c, ops=BALLS) / 2", "few nodes"),
    _inversion("_power", "(z.abs_upper() ** steps).upper()",
               "(z.abs_lower() ** steps).upper()", "coarse line"),
]  # fmt: skip
