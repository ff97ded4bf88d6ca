"""The peers for a whole session: each package is imported once, in a process of its own."""

from __future__ import annotations

import warnings

import pytest

from dpaccount.interop import peers


class Desk:
    """Asks the package's own workers, one after the other, through their pipes."""

    def __init__(self) -> None:
        self.workers = {}
        self.said = {}

    def ask(self, method, phases, delta, limit=60.0):
        """What a peer says; the same question is asked once."""
        question = (method, tuple(phases), float(delta))
        if question not in self.said:
            self.said[question] = self._ask(method, phases, delta, limit)
        return self.said[question]

    def _ask(self, method, phases, delta, limit):
        package = method.partition(".")[0]
        pytest.importorskip(package)
        if package not in self.workers:
            worker = self.workers[package] = peers._Worker(package)
            assert worker.read(limit) is not None
        request = {
            "method": method,
            "phases": [vars(phase) for phase in phases],
            "delta": float(delta),
        }
        answer = self.workers[package].ask(request, limit)
        if answer is None:
            self.workers.pop(package).kill()
            pytest.fail(f"{method} gave no answer within {limit} s")
        return peers._result(method, package, "", answer)

    def close(self) -> None:
        for worker in self.workers.values():
            worker.kill()


@pytest.fixture(scope="session")
def desk():
    made = Desk()
    yield made
    made.close()


@pytest.fixture
def quiet():
    """Peers warn about themselves and about each other's versions."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
