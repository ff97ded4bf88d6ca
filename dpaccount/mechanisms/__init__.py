"""What was run."""

from dpaccount.mechanisms.base import Mechanism, Release, mechanism_from_json
from dpaccount.mechanisms.canonical_form import Canonical, Phase, canonical, phases
from dpaccount.mechanisms.composition import Composed, Identity, SelfComposed
from dpaccount.mechanisms.discrete import DiscreteGaussian, DiscreteLaplace, RandomizedResponse
from dpaccount.mechanisms.gaussian import Gaussian
from dpaccount.mechanisms.laplace import Laplace
from dpaccount.mechanisms.promised import ApproximateDP, PureDP
from dpaccount.mechanisms.sampling import PoissonSubsampled, check_sampler
from dpaccount.mechanisms.training import CHANGEABLE, DPSGD

__all__ = [
    "CHANGEABLE",
    "DPSGD",
    "ApproximateDP",
    "Canonical",
    "Composed",
    "DiscreteGaussian",
    "DiscreteLaplace",
    "Gaussian",
    "Identity",
    "Laplace",
    "Mechanism",
    "Phase",
    "PoissonSubsampled",
    "PureDP",
    "RandomizedResponse",
    "Release",
    "SelfComposed",
    "canonical",
    "check_sampler",
    "mechanism_from_json",
    "phases",
]
