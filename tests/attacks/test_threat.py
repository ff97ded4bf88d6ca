"""What a view holds: the noised gradients, and no way to what made them."""

from __future__ import annotations

import gc
import math
import types

import pytest
import torch

from dpaccount.attacks import Threat, View, expose, factorize
from dpaccount.attacks.catalog import ATTACKS, find_attack
from dpaccount.attacks.targets import attention_layer, digit_images, digits, small_transformer
from dpaccount.attacks.threat import clip_factors
from dpaccount.errors import InputError

SEED = 918_273_645
ROWS = [(7, 3, 5, 11, 2), (9, 9, 1), (4, 4, 6, 8, 10)]


def secret(target, count=2):
    return target.batch(ROWS[:count], [1, 2, 3][:count])


def flat(gradient):
    return torch.cat([part.flatten() for part in gradient.values()])


def reachable(start):
    """Everything that an object leads to; types and modules lead to the whole program."""
    seen, todo = {}, [start]
    while todo:
        thing = todo.pop()
        if id(thing) in seen or isinstance(thing, (type, types.ModuleType)):
            continue
        seen[id(thing)] = thing
        if isinstance(thing, types.FunctionType):  # its globals are the program's, not the view's
            todo += [cell.cell_contents for cell in thing.__closure__ or ()]
            continue
        if isinstance(thing, torch.Tensor):
            todo += [thing.grad_fn, thing.grad if thing.is_leaf else None]
        todo += gc.get_referents(thing)
    return list(seen.values())


def leaks(view, secrets, seed):
    """Ways to the secret: its storage, its values, the seed, a generator, a graph, a closure."""
    places = {t.untyped_storage().data_ptr() for t in (secrets.inputs, secrets.lengths)}
    rows = {tuple(row) for row in secrets.tokens}
    known = {id(view.labels), id(view.lengths)}
    found = []
    for thing in reachable(view):
        if isinstance(thing, torch.Tensor):
            if thing.untyped_storage().data_ptr() in places:
                found.append("storage")
            if id(thing) in known:
                continue
            if thing.grad_fn is not None:
                found.append("graph")
            values = secrets.inputs.to(thing.dtype)
            if thing.shape == values.shape and torch.equal(thing, values):
                found.append("values")
        elif isinstance(thing, (tuple, list)) and all(isinstance(x, int) for x in thing):
            if tuple(thing) in rows:
                found.append("tokens")
        elif isinstance(thing, int) and thing == seed:
            found.append("seed")
        elif isinstance(thing, torch.Generator):
            found.append("generator")
        elif isinstance(thing, types.FunctionType) and thing.__closure__:
            found.append("closure")
    return sorted(set(found))


@pytest.mark.parametrize("noise_multiplier", [0, 0.5])
def test_the_secret_cannot_be_reached(noise_multiplier):
    target = small_transformer()
    secrets = secret(target)
    threat = Threat(noise_multiplier=noise_multiplier, batch_size=2)
    view = expose(target, secrets, threat, seed=SEED)
    factorize(target, secret(target))  # its hooks leave nothing behind
    assert leaks(view, secrets, SEED) == []
    assert len(reachable(view)) > 100


def test_a_leak_would_be_found():
    target = small_transformer()
    secrets = secret(target)
    view = expose(target, secrets, Threat(batch_size=2), seed=SEED)

    def changed(**more):
        fields = {name: getattr(view, name) for name in view.__dataclass_fields__}
        return View(**{**fields, **more})

    assert leaks(changed(gradients={"x": secrets.inputs[:1]}), secrets, SEED) == ["storage"]
    assert leaks(changed(gradients={"x": secrets.inputs.double()}), secrets, SEED) == ["values"]
    assert leaks(changed(prior=[ROWS[1]]), secrets, SEED) == ["tokens"]
    assert leaks(changed(steps=SEED), secrets, SEED) == ["seed"]
    assert leaks(changed(steps=torch.Generator()), secrets, SEED) == ["generator"]
    assert "closure" in leaks(changed(prior=lambda: secrets), secrets, SEED)
    graph = torch.ones(1, requires_grad=True) * 2
    assert leaks(changed(gradients={"x": graph}), secrets, SEED) == ["graph"]


def sampled(target, secrets, *, seed=SEED, **changes):
    threat = Threat(**{"noise_multiplier": 0.5, "steps": 40, "sampling_rate": 0.3} | changes)
    return expose(target, secrets, threat, seed=seed), threat


def test_of_sampled_steps_neither_secret_nor_who_was_in_is_reached():
    target = small_transformer()
    secrets = secret(target, 1)
    view, _ = sampled(target, secrets)
    assert leaks(view, secrets, SEED) == []
    quiet, _ = sampled(target, secrets, noise_multiplier=0)
    present = [bool(row.any()) for row in next(iter(quiet.releases.values()))]
    assert 0 < sum(present) < 40
    for thing in reachable(view):
        if isinstance(thing, torch.Tensor) and thing.shape == (40,):
            assert (thing != 0).tolist() != present
        elif isinstance(thing, (list, tuple)) and len(thing) == 40:
            assert [bool(each) for each in thing] != present


def test_sampled_steps_are_the_clipped_gradient_or_nothing():
    target = attention_layer(dtype=torch.float64)
    secrets = secret(target, 1)
    whole = expose(target, secrets, Threat(clip_norm=0.1), seed=0)
    view, _ = sampled(target, secrets, noise_multiplier=0, steps=400, clip_norm=0.1)
    counts = set()
    for name, part in view.releases.items():
        assert part.shape == (400, *whole.gradients[name].shape)
        present = [bool(row.any()) for row in part]
        counts.add(tuple(present))
        for row, there in zip(part, present, strict=True):
            expected = whole.gradients[name] if there else torch.zeros_like(row)
            assert torch.equal(row, expected)
    (present,) = counts  # the same steps in every layer
    assert abs(sum(present) - 120) < 5 * math.sqrt(400 * 0.3 * 0.7)
    other, _ = sampled(target, secrets, noise_multiplier=0, steps=400, seed=1)
    assert tuple(bool(row.any()) for row in other.releases["head.bias"]) != present


def test_every_sampled_step_has_noise_of_its_own():
    target = small_transformer(dtype=torch.float64)
    view, threat = sampled(target, secret(target, 1), steps=3, clip_norm=2, sampling_rate="1e-9")
    assert view.noise_std == threat.noise_std == 1.0
    rows = torch.cat([part.flatten(1) for part in view.releases.values()], dim=1)
    size = rows.shape[1]
    for row in rows:
        assert abs(row.square().mean() - 1) < 5 * math.sqrt(2 / size)
    for i, j in ((0, 1), (0, 2), (1, 2)):
        assert abs((rows[i] * rows[j]).mean()) < 5 / math.sqrt(size)


@pytest.mark.parametrize("name", [name for name in ATTACKS if name != "identify"])
def test_an_attack_that_reads_one_gradient_refuses_sampled_steps(name):
    target = attention_layer()
    view, _ = sampled(target, secret(target, 1), steps=2)
    with pytest.raises(InputError) as refusal:
        find_attack(name)(view, evaluations=5, seed=0)
    assert refusal.value.name == "sampling_rate"
    assert "identify" in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_more_sampled_steps_than_memory_holds():
    target = attention_layer()
    with pytest.raises(InputError, match="fewer steps"):
        sampled(target, secret(target, 1), steps=10**8)


def test_changing_the_secret_afterwards_changes_nothing():
    target = attention_layer()
    secrets = secret(target)
    view = expose(target, secrets, Threat(batch_size=2, noise_multiplier=0.1), seed=SEED)
    before = flat(view.gradients).clone(), view.labels.clone(), view.lengths.clone()
    for part in (secrets.inputs, secrets.labels, secrets.lengths):
        part.zero_()
    for old, new in zip(before, (flat(view.gradients), view.labels, view.lengths), strict=True):
        assert torch.equal(old, new)


@pytest.mark.parametrize("embedding", [False, True])
@pytest.mark.parametrize("clip_norm", [1e-3, 1e6])
def test_what_is_shown_without_noise(clip_norm, embedding):
    target = attention_layer(dtype=torch.float64)
    secrets = secret(target, 3)
    threat = Threat(clip_norm=clip_norm, batch_size=3, embedding=embedding)
    view = expose(target, secrets, threat, seed=0)
    names = target.names(embedding=embedding)
    assert tuple(view.gradients) == names
    each = [flat(gradient) for gradient in target.gradients(secrets, names)]
    clipped = [g * min(1, clip_norm / g.norm().item()) for g in each]
    assert all(g.norm() <= clip_norm * (1 + 1e-12) for g in clipped)
    torch.testing.assert_close(flat(view.gradients), sum(clipped), rtol=1e-12, atol=1e-15)
    assert {g.norm().item() > clip_norm for g in each} == {clip_norm < 1}


def test_the_noise_is_that_of_the_threat():
    target = small_transformer(dtype=torch.float64)
    secrets = secret(target)
    quiet = expose(target, secrets, Threat(batch_size=2), seed=0)
    for steps in (1, 16):
        threat = Threat(clip_norm=3, noise_multiplier=0.5, batch_size=2, steps=steps)
        view = expose(target, secrets, threat, seed=5)
        noise = flat(view.gradients) - flat(quiet.gradients) + _unclip(target, secrets, 3)
        assert view.noise_std == threat.noise_std == 1.5 / math.sqrt(steps)
        scaled = noise / view.noise_std
        size = len(scaled)
        assert size > 10_000
        assert abs(scaled.mean()) < 5 / math.sqrt(size)
        assert abs(scaled.square().mean() - 1) < 5 * math.sqrt(2 / size)
        again = expose(target, secrets, threat, seed=5)
        assert torch.equal(flat(again.gradients), flat(view.gradients))
        other = flat(expose(target, secrets, threat, seed=6).gradients) - flat(view.gradients)
        assert abs(other.square().mean() / view.noise_std**2 - 2) < 10 * math.sqrt(2 / size)


def _unclip(target, secrets, clip_norm):
    """What clipping to 1 instead of to another norm took away."""
    each = [flat(gradient) for gradient in target.gradients(secrets)]
    return sum(g * (min(1, 1 / g.norm()) - min(1, clip_norm / g.norm())) for g in each)


def test_the_noise_is_not_torchs_own_of_that_seed():
    target = attention_layer()
    secrets = secret(target, 1)
    quiet = expose(target, secrets, Threat(), seed=SEED)
    view = expose(target, secrets, Threat(noise_multiplier=1), seed=SEED)
    name = next(iter(view.gradients))
    noise = view.gradients[name] - quiet.gradients[name]
    guess = torch.randn(noise.shape, generator=torch.Generator().manual_seed(SEED))
    assert not torch.allclose(noise, guess, atol=1e-3)


def test_what_is_not_known_is_not_there():
    target = attention_layer()
    threat = Threat(knows_labels=False, knows_lengths=False, prior=(1 / 64,) * 64)
    view = expose(target, secret(target, 1), threat, seed=0)
    assert view.labels is None
    assert view.lengths is None
    assert view.prior.sum() == pytest.approx(1)


def test_continuous_inputs():
    target = digits(dtype=torch.float64)
    images = digit_images(target, 1)
    view = expose(target, images, Threat(), seed=0)
    assert flat(view.gradients).norm() <= 1 + 1e-12
    assert target.names() == target.names(embedding=True) == tuple(view.gradients)


def test_factors_of_clipping():
    squares = torch.tensor([0.0, 1.0, 4.0, 1e-30, -1e-18])
    assert clip_factors(squares, 1.0).tolist() == [1, 1, 0.5, 1, 1]


@pytest.mark.parametrize("bad", [
    {"clip_norm": 0}, {"clip_norm": math.nan}, {"clip_norm": math.inf}, {"clip_norm": None},
    {"noise_multiplier": -1}, {"noise_multiplier": math.nan}, {"noise_multiplier": math.inf},
    {"noise_multiplier": "much"}, {"batch_size": 0}, {"batch_size": 1.5}, {"steps": 0},
    {"steps": math.nan}, {"sampling_rate": 0}, {"sampling_rate": 1.5},
    {"sampling_rate": math.nan}, {"sampling_rate": 0.5, "batch_size": 2}, {"embedding": 1},
    {"knows_labels": None}, {"prior": (0.5,)}, {"prior": (math.nan, 1.0)}, {"prior": 3},
    {"prior": (2.0, -1.0)}, {"prior": ("a",)},
])  # fmt: skip
def test_a_threat_that_is_none(bad):
    with pytest.raises(InputError) as refusal:
        Threat(**bad)
    assert "\n" not in str(refusal.value)
    assert next(iter(bad)) in str(refusal.value)


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ({"noise_multiplier": "1e100"}, "noise_multiplier"),
        ({"noise_multiplier": "1e10", "clip_norm": "1e10"}, "noise_multiplier"),
        ({"noise_multiplier": "1e-100", "clip_norm": "1e-60"}, "noise_multiplier"),
        ({"clip_norm": "1e-50"}, "clip_norm"),
    ],
)
def test_numbers_that_the_model_does_not_hold(given, name):
    target = attention_layer(dtype=torch.float32)
    with pytest.raises(InputError) as refusal:
        expose(target, secret(target, 1), Threat(**given), seed=0)
    assert refusal.value.name == name
    assert "\n" not in str(refusal.value)


def test_what_does_not_fit():
    target = attention_layer()
    with pytest.raises(InputError, match="3 examples; allowed: 2"):
        expose(target, secret(target, 3), Threat(batch_size=2), seed=0)
    with pytest.raises(InputError, match="2 chances; allowed: 64"):
        expose(target, secret(target, 1), Threat(prior=(0.5, 0.5)), seed=0)
    view = expose(target, secret(target, 1), Threat(), seed=0)
    assert view.need("head.bias")[0].shape == (4,)
    with pytest.raises(InputError, match=r"no gradient of embedding.token.weight"):
        view.need("embedding.token.weight")
    target.module.head.weight[0, 0] = math.nan
    with pytest.raises(InputError, match="not finite"):
        expose(target, secret(target, 1), Threat(), seed=0)
