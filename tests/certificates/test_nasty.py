"""Any witness leads to a true statement or to none; tests/mutants shows that this can fail."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from certificates.nasty import FAMILIES
from certificates.trying import missed

from dpaccount.certificates.inversion import Inversion, closed_form, trivial
from dpaccount.certificates.release import Sampled, waves

#: Floats of the truth overflow where its allowance is infinite as well.
pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")

REAL = SimpleNamespace(
    Sampled=Sampled, waves=waves, Inversion=Inversion, trivial=trivial, closed_form=closed_form
)


@pytest.mark.parametrize("family", FAMILIES)
def test_nothing_is_missed(family):
    assert missed(REAL, family) is None
