"""What Opacus recorded: its own accountants and checkpoints, in every form that they are saved."""

from __future__ import annotations

import json
import sys
from fractions import Fraction

import pytest

import dpaccount as dpa
from dpaccount.cli import main
from dpaccount.interop.opacus import from_opacus, read_opacus
from dpaccount.mechanisms import phases

torch = pytest.importorskip("torch")
accountants = pytest.importorskip("opacus.accountants")
pytestmark = pytest.mark.filterwarnings("ignore")  # Opacus and torch warn about themselves

KINDS = ["rdp", "gdp", "prv"]
DELTA = ["--delta", "1e-5"]


def trained(kind="rdp", *stretches):
    """An accountant that was stepped as an optimizer steps it."""
    accountant = accountants.create_accountant(kind)
    for noise, rate, steps in stretches or [(1.1, 0.01, 30)]:
        for _ in range(steps):
            accountant.step(noise_multiplier=noise, sample_rate=rate)
    return accountant


def save(folder, what, form):
    path = folder / f"saved.{form}"
    if form == "json":
        path.write_text(json.dumps(what))
    else:
        torch.save(what, path)
    return path


def settings(mechanism):
    return [
        (p.mechanism.noise_multiplier.text, p.sampling_rate.text, p.steps)
        for p in phases(mechanism)
    ]


@pytest.mark.parametrize("form", ["pt", "json"])
@pytest.mark.parametrize("kind", KINDS)
def test_one_setting_is_one_run(tmp_path, kind, form):
    accountant = trained(kind)
    run = read_opacus(save(tmp_path, accountant.state_dict(), form))
    assert run == dpa.DPSGD(noise_multiplier="1.1", sampling_rate="1/100", steps=30)
    # a float is the decimal that it prints as, in either form
    assert (run.noise_multiplier, run.sampling_rate) == (Fraction(11, 10), Fraction(1, 100))
    assert (run.noise_multiplier.text, run.sampling_rate.text) == ("1.1", "0.01")
    assert from_opacus(accountant) == from_opacus(accountant.state_dict()) == run


@pytest.mark.parametrize("form", ["pt", "json"])
@pytest.mark.parametrize("kind", ["rdp", "prv"])
def test_several_settings_are_composed(tmp_path, kind, form):
    accountant = trained(kind, (1.1, 0.01, 3), (2.0, 0.01, 4), (1.1, 0.01, 5))
    run = read_opacus(save(tmp_path, accountant.state_dict(), form))
    assert isinstance(run, dpa.Composed)
    assert len(run.mechanisms) == len(accountant.history) == 3
    # equal settings are merged, wherever they stand
    assert settings(run) == [("1.1", "0.01", 8), ("2.0", "0.01", 4)]


@pytest.mark.parametrize("form", ["pt", "json"])
@pytest.mark.parametrize("kind", KINDS)
def test_no_steps_are_nothing(tmp_path, kind, form):
    accountant = accountants.create_accountant(kind)
    assert accountant.history == []
    run = read_opacus(save(tmp_path, accountant.state_dict(), form))
    assert run == dpa.Identity()
    bound = dpa.epsilon(run, "1e-5")
    assert (bound.lower, bound.upper) == (0.0, 0.0)


@pytest.mark.parametrize("rate", [1 / 93, 256 / 60_000, 1e-7, 0.1 + 0.2, 1.0])
def test_a_rate_is_the_float_that_opacus_had(tmp_path, rate):
    state = trained("rdp", (0.123456789012345678, rate, 2)).state_dict()
    for form in ("pt", "json"):
        run = read_opacus(save(tmp_path, state, form))
        assert run.sampling_rate.text == repr(rate)
        assert float(run.sampling_rate) == rate
        assert float(run.noise_multiplier) == 0.123456789012345678


@pytest.fixture(scope="module")
def engine():
    """A training that Opacus runs: an engine, its model and its optimizer after a few steps."""
    opacus = pytest.importorskip("opacus")
    torch.manual_seed(0)
    data = torch.utils.data.TensorDataset(torch.randn(40, 2), torch.randint(0, 2, (40,)))
    loader = torch.utils.data.DataLoader(data, batch_size=4)
    model = torch.nn.Linear(2, 2)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    made = opacus.PrivacyEngine(accountant="rdp")
    model, optimizer, loader = made.make_private(
        module=model,
        optimizer=optimizer,
        data_loader=loader,
        noise_multiplier=1.3,
        max_grad_norm=1.0,
    )
    for inputs, labels in loader:
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(model(inputs), labels).backward()
        optimizer.step()
    return made, model, optimizer


def test_a_checkpoint_of_a_training(tmp_path, engine):
    made, model, optimizer = engine
    ((noise, rate, steps),) = made.accountant.history
    assert (noise, rate) == (1.3, 0.1)
    assert steps > 0
    path = tmp_path / "checkpoint.pt"
    made.save_checkpoint(path=path, module=model, optimizer=optimizer)
    run = read_opacus(str(path))
    assert run == dpa.DPSGD(noise_multiplier="1.3", sampling_rate="0.1", steps=steps)
    assert from_opacus(made) == run
    # what Opacus says of itself is above our bound on the same record
    assert dpa.epsilon(run, "1e-5").upper <= made.get_epsilon(1e-5)


def test_reading_changes_nothing(engine):
    made, _, _ = engine
    before = [tuple(entry) for entry in made.accountant.history]
    for _ in range(3):
        from_opacus(made)
    assert made.accountant.history == before


@pytest.mark.parametrize("form", ["pt", "json"])
def test_a_checkpoint_that_was_filled_by_hand(tmp_path, form):
    state = dict(trained().state_dict())
    assert read_opacus(save(tmp_path, {"epoch": 3, "privacy": state}, form)).steps == 30
    named = {"privacy_accountant_state_dict": state, "old": state}
    assert read_opacus(save(tmp_path, named, form)).steps == 30


class Ducks:
    """Somebody's own accountant with Opacus's record."""

    def __init__(self, history):
        self.history = history


def test_an_accountant_of_ones_own():
    assert from_opacus(Ducks([(1.1, 0.01, 30)])) == from_opacus(trained())
    assert from_opacus(Ducks([[1.1, 0.01, 30], (1.1, 0.02, 1)])).mechanisms[1].steps == 1


def command(capsys, words):
    assert main([*words, "--json"]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    return json.loads(out)


@pytest.mark.parametrize("form", ["pt", "json"])
def test_the_commands_read_it(capsys, tmp_path, form):
    path = save(tmp_path, trained().state_dict(), form)
    run = read_opacus(path)
    source = ["--from-opacus", str(path)]
    answer = command(capsys, ["budget", *source, *DELTA])
    assert answer["epsilon"]["upper"] == dpa.epsilon(run, "1e-5").upper
    assert answer["mechanism"] == run.to_json()
    assert answer["details"]["sampling_rate"] == "0.01"
    assert answer["details"]["steps"] == 30
    answer = command(capsys, ["compare", *source, *DELTA, "--no-peers"])
    assert answer["tightest"] == dpa.epsilon(run, "1e-5").upper
    answer = command(
        capsys, ["calibrate", *source, *DELTA, "--epsilon", "1", "--solve-for", "steps"]
    )
    found = dpa.calibrate(run, epsilon=1, delta="1e-5", solve_for="steps")
    assert (answer["value"], answer["slack"]) == (found.value, found.slack)


def test_the_commands_print_it(capsys, tmp_path):
    path = save(tmp_path, trained("rdp", (1.1, 0.01, 3), (2.0, 0.01, 4)).state_dict(), "pt")
    for words in (["budget"], ["compare", "--no-peers"]):
        assert main([*words, "--from-opacus", str(path), *DELTA]) == 0
        out, err = capsys.readouterr()
        assert "3 x Gaussian(1.1) at rate 0.01; 4 x Gaussian(2.0) at rate 0.01" in out
        assert err == ""


def test_several_settings_are_not_calibrated_together(capsys, tmp_path):
    words = ["calibrate", "--epsilon", "1", *DELTA, "--from-opacus"]
    several = trained("rdp", (1.1, 0.01, 3), (2.0, 0.01, 4), (1.1, 0.01, 1)).state_dict()
    assert main([*words, str(save(tmp_path, several, "json"))]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert "2 settings" in err
    assert "calibrate one phase at a time" in err
    # the same setting twice is one
    again = {"history": [(1.1, 0.01, 3), (1.1, 0.01, 4)], "mechanism": "rdp"}
    words += [str(save(tmp_path, again, "json"))]
    assert command(capsys, words)["mechanism"]["steps"] == 7


def test_without_torch(capsys, tmp_path, monkeypatch):
    as_torch, as_text = (save(tmp_path, trained().state_dict(), form) for form in ("pt", "json"))
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(ImportError):
        __import__("torch")
    with pytest.raises(
        dpa.InputError, match=r"torch is not installed.*pip install 'dpaccount\[opacus\]'"
    ):
        read_opacus(as_torch)
    assert main(["budget", "--from-opacus", str(as_torch), *DELTA]) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert read_opacus(as_text).steps == 30


def test_opacus_itself_is_not_needed(tmp_path, monkeypatch):
    path = save(tmp_path, trained().state_dict(), "pt")
    for name in [name for name in sys.modules if name.partition(".")[0] == "opacus"]:
        monkeypatch.setitem(sys.modules, name, None)
    monkeypatch.setitem(sys.modules, "opacus", None)
    assert read_opacus(path).steps == 30


def test_a_noise_schedule_of_many_settings(tmp_path):
    # Opacus's noise schedulers make a setting of every epoch
    history = [(round(1 + i / 500, 3), 0.01, 10) for i in range(500)]
    run = read_opacus(save(tmp_path, {"history": history, "mechanism": "rdp"}, "pt"))
    assert len(phases(run)) == 500
    accountant = accountants.create_accountant("rdp")
    accountant.history = history[::50]
    some = from_opacus(accountant)
    assert dpa.epsilon(some, "1e-5", method="rdp").upper <= accountant.get_epsilon(1e-5)
    assert dpa.epsilon(run, "1e-5", method="rdp").upper > dpa.epsilon(some, "1e-5").upper
