"""One bug each: found by the check that is meant for it, and by no other."""

from __future__ import annotations

import pytest

from dpaccount.conformance import CHECKS, Verdict, conform

TRUTH = [name for name in CHECKS if name.startswith("truth.") and name != "truth.delta"]
NOTHING = {"zero.steps", "zero.rate", "tight.order_ceiling"}
FOUND = {
    "honest": [],
    "free_for_nan": ["inputs.noise_nan"],
    "half": [*TRUTH, "time.many_steps", "time.little_noise", "time.large_run"],
    "dips": ["monotone.noise"],
    "earns": ["inputs.steps_negative"],
    "crashes": ["time.many_steps"],
    "text": ["answers.type"],
    "refuses": ["answers.ordinary"],
    "infinite": ["answers.ordinary"],
    "from_process": ["state.new_process"],
    "Forgets": ["state.twice"],
    "LowDelta": ["truth.delta"],
    "HighDelta": ["composition.round_trip"],
    "nothing_is_spent": [],
}


def examine(name, **how):
    return conform(f"conformance.broken:{name}", **how)


@pytest.mark.slow
@pytest.mark.parametrize("name", FOUND)
def test_a_bug_is_found_by_the_check_meant_for_it(name):
    found = examine(name)
    assert found.ids(Verdict.FAIL) == FOUND[name]
    assert found.ids(Verdict.OVER_TIME) == []
    assert found.conforms == (not FOUND[name])
    assert [finding.check.id for finding in found.findings] == list(CHECKS)
    for finding in found.findings:
        assert not finding.failed or finding.example


def only(name, *checks, **how):
    """The findings of some checks, by id."""
    found = examine(name, only=checks, **how)
    return {finding.check.id: finding for finding in found.findings}


def test_a_hang_is_over_the_time_limit_and_the_next_question_is_answered():
    found = only("hangs", "inputs.rate_nan", "answers.ordinary", "state.new_process", time_limit=6)
    assert found["inputs.rate_nan"].verdict is Verdict.OVER_TIME
    assert found["inputs.rate_nan"].message == "stopped after 6 s"
    assert found["inputs.rate_nan"].failed
    assert found["state.new_process"].verdict is Verdict.PASS


def test_another_process_that_answers_is_found():
    (found,) = only("another_process", "time.many_steps").values()
    assert (found.verdict, found.message) == (
        Verdict.FAIL,
        "another process than the one asked answered",
    )


def test_a_crash_is_told_with_its_example():
    (found,) = only("crashes", "time.many_steps").values()
    assert (found.verdict, found.message) == (Verdict.FAIL, "its process died")
    assert found.example == "epsilon(1.0, 0.001, 100000000, 1e-05)"


def test_what_is_no_number_fails_wherever_a_number_is_asked_for():
    found = only("pair", "answers", "monotone.steps", "inputs.noise_nan")
    assert found["answers.type"].verdict is Verdict.FAIL
    assert "tuple" in found["answers.type"].message
    assert found["monotone.steps"].verdict is Verdict.FAIL
    # it raised before there was anything to return
    assert found["inputs.noise_nan"].verdict is Verdict.PASS


def test_who_refuses_everything_has_passed_nothing():
    found = only("refuses", "inputs")
    assert {finding.verdict for finding in found.values()} == {Verdict.REFUSES}


def test_fractions_of_steps_that_are_cut_off():
    found = only("truncates", "inputs.steps_fraction", "inputs.steps_negative")
    assert found["inputs.steps_fraction"].verdict is Verdict.FAIL
    assert found["inputs.steps_fraction"].example == "epsilon(1.0, 0.01, 2.5, 1e-05)"
    assert found["inputs.steps_negative"].verdict is Verdict.PASS


def test_small_deltas_that_are_lost():
    found = only("floor", "truth.small_delta", "truth.fft_floor")
    assert found["truth.small_delta"].verdict is Verdict.FAIL
    assert found["truth.fft_floor"].verdict is Verdict.PASS
    # what is shown can be checked by hand
    assert float(found["truth.small_delta"].answered) < found["truth.small_delta"].lower


def test_amplification_where_nothing_is_sampled():
    found = only("sampled_for_ever", "truth.full_batch", "monotone.rate")
    assert found["truth.full_batch"].verdict is Verdict.FAIL


def test_the_limit_theorem():
    (found,) = only("limit_theorem", "truth.limit_theorem").values()
    assert found.verdict is Verdict.FAIL
    assert float(found.answered) < found.lower <= found.upper


def test_the_example_is_made_smaller():
    (found,) = only("half", "truth.workloads").values()
    assert found.example == "epsilon(1.0, 1.0, 1, 1e-05)"
    (found,) = only("half", "truth.random").values()
    assert found.example == "epsilon(1.0, 1.0, 1, 1e-05)"


def test_a_floor_is_loose_and_no_failure():
    found = only("nothing_is_spent", "zero", "tight.order_ceiling")
    assert set(found) == NOTHING
    assert {finding.verdict for finding in found.values()} == {Verdict.LOOSE}
    assert found["zero.steps"].lower == found["zero.steps"].upper == 0
    assert found["tight.order_ceiling"].factor > 1


def test_what_it_cannot_be_asked_is_not_asked():
    found = only("honest", "truth.delta", "composition.round_trip")
    assert {finding.verdict for finding in found.values()} == {Verdict.NOT_ASKED}


def test_what_there_was_no_time_for_is_no_pass():
    found = examine("honest", only=["truth.workloads", "monotone"], deadline=1e-6)
    assert {finding.verdict for finding in found.findings} == {Verdict.OVER_TIME}
    assert not found.conforms
