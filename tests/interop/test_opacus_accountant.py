"""The accountant inside Opacus: it trains, saves, resumes elsewhere and calibrates."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

import dpaccount as dpa

torch = pytest.importorskip("torch")
opacus = pytest.importorskip("opacus")
create_accountant = opacus.accountants.create_accountant
get_noise_multiplier = opacus.accountants.utils.get_noise_multiplier

pytestmark = [
    pytest.mark.filterwarnings("ignore"),  # Opacus and torch warn about themselves
    pytest.mark.slow,  # importing torch takes longer than five seconds
]

DELTA, BATCHES = 1e-5, 10


@pytest.fixture(autouse=True, scope="module")
def known():
    dpa.register_opacus()
    dpa.register_opacus()  # no harm


def private(engine, noise=1.3, **epsilon):
    torch.manual_seed(0)
    model = torch.nn.Linear(6, 2)
    data = torch.utils.data.TensorDataset(torch.randn(80, 6), torch.randint(0, 2, (80,)))
    options = {
        "module": model,
        "optimizer": torch.optim.SGD(model.parameters(), lr=0.1),
        "data_loader": torch.utils.data.DataLoader(data, batch_size=80 // BATCHES),
        "max_grad_norm": 1.0,
    }
    if epsilon:
        return engine.make_private_with_epsilon(**options, **epsilon)
    return engine.make_private(**options, noise_multiplier=noise)


def train(model, optimizer, loader):
    steps = 0
    for x, y in loader:
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(model(x), y).backward()
        optimizer.step()
        steps += 1
    return steps


def run(steps, noise="1.3"):
    return dpa.DPSGD(noise_multiplier=noise, sampling_rate="0.1", steps=steps)


RESUME = """
import json, sys, torch, warnings
warnings.simplefilter("ignore")
sys.path.insert(0, sys.argv[2])
import dpaccount as dpa
dpa.register_opacus()
from opacus import PrivacyEngine
from interop.test_opacus_accountant import private, train
engine = PrivacyEngine(accountant="dpaccount")
model, optimizer, loader = private(engine)
engine.load_checkpoint(path=sys.argv[1], module=model, optimizer=optimizer)
before = engine.get_epsilon(1e-5)
train(model, optimizer, loader)
bound = engine.accountant.get_bound("1e-5")
print(json.dumps([len(engine.accountant), before, engine.get_epsilon(1e-5), bound.trust.value]))
"""


def test_it_trains_saves_and_resumes_in_a_new_process(tmp_path):
    engine = opacus.PrivacyEngine(accountant="dpaccount")
    model, optimizer, loader = private(engine)
    assert train(model, optimizer, loader) == BATCHES
    assert len(engine.accountant) == BATCHES
    spent = engine.get_epsilon(DELTA)
    assert spent == dpa.epsilon(run(BATCHES), "1e-5").upper
    engine.save_checkpoint(path=tmp_path / "run.pt", module=model, optimizer=optimizer)
    assert dpa.read_opacus(tmp_path / "run.pt") == run(BATCHES)
    tests = str(Path(__file__).parents[1])
    done = subprocess.run(
        [sys.executable, "-c", RESUME, str(tmp_path / "run.pt"), tests],
        capture_output=True, text=True, timeout=120, check=True,
    )  # fmt: skip
    steps, before, after, trust = json.loads(done.stdout)
    assert (steps, before, trust) == (2 * BATCHES, spent, "certified")
    assert after == dpa.epsilon(run(2 * BATCHES), "1e-5").upper > before


@pytest.mark.parametrize("kind", ["rdp", "gdp", "prv"])
def test_a_checkpoint_of_opacus_loads_into_it(tmp_path, kind):
    theirs = opacus.PrivacyEngine(accountant=kind)
    model, optimizer, loader = private(theirs)
    train(model, optimizer, loader)
    theirs.save_checkpoint(path=tmp_path / "theirs.pt", module=model, optimizer=optimizer)
    ours = opacus.PrivacyEngine(accountant="dpaccount")
    model, optimizer, loader = private(ours)
    ours.load_checkpoint(path=tmp_path / "theirs.pt", module=model, optimizer=optimizer)
    train(model, optimizer, loader)
    assert ours.accountant.history == [(1.3, 0.1, 2 * BATCHES)]
    assert ours.get_epsilon(DELTA) == dpa.epsilon(run(2 * BATCHES), "1e-5").upper


def test_opacus_calibrates_with_it():
    engine = opacus.PrivacyEngine(accountant="dpaccount")
    _, optimizer, _ = private(engine, target_epsilon=2.0, target_delta=DELTA, epochs=3)
    noise = optimizer.noise_multiplier
    spent = dpa.epsilon(run(3 * BATCHES, repr(noise)), "1e-5")
    assert 1.98 <= spent.upper <= 2.0
    settings = {"target_epsilon": 2.0, "target_delta": DELTA, "sample_rate": 0.1, "epochs": 3}
    assert noise < get_noise_multiplier(**settings, accountant="rdp")  # less noise for one budget


def test_a_record_of_several_settings():
    accountant = create_accountant("dpaccount")
    for noise, rate, steps in [(1.0, 0.01, 3), (2.0, 0.01, 1), (1.0, 0.01, 2)]:
        for _ in range(steps):
            accountant.step(noise_multiplier=noise, sample_rate=rate)
    assert accountant.history == [(1.0, 0.01, 3), (2.0, 0.01, 1), (1.0, 0.01, 2)]
    assert len(accountant) == 6
    whole = dpa.Composed((
        dpa.DPSGD(noise_multiplier=1, sampling_rate="0.01", steps=5),
        dpa.DPSGD(noise_multiplier=2, sampling_rate="0.01", steps=1),
    ))  # fmt: skip
    assert accountant.get_epsilon(DELTA) == dpa.epsilon(whole, DELTA).upper
    copy = create_accountant("dpaccount")
    copy.load_state_dict(accountant.state_dict())
    assert copy.history == accountant.history


def test_no_steps_cost_nothing():
    assert create_accountant("dpaccount").get_epsilon(DELTA) == 0.0


@pytest.mark.parametrize(
    "state",
    [None, {}, {"history": [(1.0, 0.1, 3)]}, {"history": 7, "mechanism": "rdp"},
     {"history": [(1.0, 0.1)], "mechanism": "rdp"}, {"history": [(1.0, 2.0, 1)], "mechanism": "x"},
     {"history": [(float("nan"), 0.1, 1)], "mechanism": "rdp"}],
)  # fmt: skip
def test_what_is_no_record_is_refused_and_nothing_is_lost(state):
    accountant = create_accountant("dpaccount")
    accountant.step(noise_multiplier=1.0, sample_rate=0.5)
    with pytest.raises(ValueError, match=r"."):
        accountant.load_state_dict(state)
    assert accountant.history == [(1.0, 0.5, 1)]


def test_it_fails_closed():
    accountant = create_accountant("dpaccount")
    accountant.step(noise_multiplier=0.0, sample_rate=0.5)
    with pytest.raises(dpa.InputError, match="noise_multiplier"):
        accountant.get_epsilon(DELTA)
    accountant.history = [(1.0, 0.01, 100)]
    with pytest.raises(dpa.Unsupported, match="estimate"):
        accountant.get_epsilon(DELTA, method="gdp_clt")
    with pytest.raises(dpa.InputError, match="delta"):
        accountant.get_epsilon(float("nan"))
