"""Reference epsilons of one Gaussian release, by mpmath at two precisions.

delta(eps) = Phi(mu/2 - eps/mu) - e^eps Phi(-mu/2 - eps/mu) (Balle and Wang 2018, Thm 8) is solved
for eps by bisection on its sign. Needs mpmath only. Writes gaussian_epsilon.json beside itself;
`radius` is ten times the difference of the two precisions, plus what printing 25 digits drops.
"""

import json
import pathlib

import mpmath as mp

# mu 1 at the deltas of the project's notes, then corners; at delta .5 only mu above 1.349 has an
# epsilon above 0 (delta(0) = 2 Phi(mu/2) - 1).
CASES = [
    ("1", "1e-5"),
    ("1", "1e-30"),
    ("1", "1e-300"),
    ("1", "1e-3000"),
    ("0.01", "1e-5"),
    ("0.01", "1e-30"),
    ("0.1", "0.01"),
    ("0.1", "1e-10"),
    ("5", "0.5"),
    ("5", "1e-5"),
    ("5", "1e-300"),
    ("50", "0.5"),
    ("50", "1e-10"),
    ("50", "1e-3000"),
]


def delta(mu, eps):
    """The hockey-stick divergence; the working precision makes up for its cancellation."""
    return mp.ncdf(mu / 2 - eps / mu) - mp.exp(eps) * mp.ncdf(-mu / 2 - eps / mu)


def epsilon(mu, target, digits):
    """The eps with delta(eps) = target: a sign change kept between two ends that close in."""
    with mp.workdps(digits + 20):
        mu, target = mp.mpf(mu), mp.mpf(target)
        low, high = mp.mpf(0), mu * mu / 2 + mu * mp.sqrt(-2 * mp.log(target))
        if not delta(mu, low) > target > delta(mu, high):
            raise ValueError("no sign change")
        while high - low > high * mp.mpf(10) ** -digits:
            middle = (low + high) / 2
            if delta(mu, middle) > target:
                low = middle
            else:
                high = middle
        return (low + high) / 2


def row(mu, target):
    """One row of the file."""
    low, high = epsilon(mu, target, 30), epsilon(mu, target, 45)
    with mp.workdps(60):
        radius = 10 * abs(high - low) + abs(high) * mp.mpf("1e-24")
        return {
            "mu": mu,
            "delta": target,
            "epsilon": mp.nstr(high, 25),
            "radius": mp.nstr(radius, 3),
        }


def main():
    """Write the file."""
    path = pathlib.Path(__file__).with_name("gaussian_epsilon.json")
    content = {
        "what": "epsilon of one Gaussian release at a delta, mu = 1/noise_multiplier",
        "made_by": pathlib.Path(__file__).name,
        "source": "Balle and Wang 2018, arXiv 1805.06530v2, Thm 8",
        "rows": [row(*case) for case in CASES],
    }
    path.write_text(json.dumps(content, indent=1) + "\n")


if __name__ == "__main__":
    main()
