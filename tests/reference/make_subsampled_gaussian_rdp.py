"""Reference Renyi divergences of one Poisson-subsampled Gaussian step, by mpmath at two precisions.

remove: 1/(a-1) log E_{N(0,s^2)}[r^a]; add: 1/(a-1) log E_{N(0,s^2)}[r^(1-a)], with
r(x) = 1 - q + q exp((2x-1)/(2 s^2)). Needs mpmath only. Writes subsampled_gaussian_rdp.json beside
itself; `radius` is the difference of the two precisions, times 10, plus what printing drops.
"""

import json
import pathlib

import mpmath as mp

CASES = [
    ("0.8", (1, 100), "2.5"),
    ("0.8", (1, 100), "64.5"),
    ("1.1", (256, 60000), "1.000001"),
    ("1.1", (256, 60000), "7.25"),
    ("1", (1, 10**9), "1.000001"),
    ("2", (1, 2), "33.3"),
    ("0.3", (1, 20), "1.2"),
    ("10000", (1, 10**9), "2"),
]


def divergence(sigma, rate, order, direction, digits):
    """One value to about so many digits."""
    with mp.workdps(digits):
        s, q, a = mp.mpf(sigma), mp.mpf(rate[0]) / rate[1], mp.mpf(order)
        power = a if direction == "remove" else 1 - a

        def integrand(x):
            log_r = mp.log1p(q * mp.expm1((2 * x - 1) / (2 * s * s)))
            # r^p - 1 - p (r - 1): the integral of r^p - 1, as E[r] = 1, without the cancellation
            r_minus_1 = q * mp.expm1((2 * x - 1) / (2 * s * s))
            return mp.npdf(x, 0, s) * (mp.expm1(power * log_r) - power * r_minus_1)

        top = max(mp.mpf(1), power) + 40 * s
        if power <= 20:
            cuts = [-40 * s, -20 * s, -8 * s, -3 * s, 0, s, 3 * s, 8 * s, 20 * s, top]
        else:
            cuts = [-40 * s] + [mp.mpf(k) for k in range(0, int(top) + 2, 2)]
        cuts = sorted({*(c for c in cuts if c <= top), top})
        total = mp.quad(integrand, cuts, maxdegree=9)
        return mp.log1p(total) / (a - 1)


def row(sigma, rate, order, direction):
    """One row of the file."""
    low, high = (divergence(sigma, rate, order, direction, digits) for digits in (40, 60))
    with mp.workdps(60):
        return {
            "noise_multiplier": sigma,
            "sampling_rate": list(rate),
            "order": order,
            "direction": direction,
            "rdp": mp.nstr(high, 25),
            "radius": mp.nstr(10 * abs(high - low) + abs(high) * mp.mpf("1e-24"), 3),
        }


def main():
    """Write the file."""
    path = pathlib.Path(__file__).with_name("subsampled_gaussian_rdp.json")
    content = {
        "what": "Renyi divergence of one Poisson-subsampled Gaussian step",
        "made_by": pathlib.Path(__file__).name,
        "rows": [row(*case, way) for case in CASES for way in ("remove", "add")],
    }
    path.write_text(json.dumps(content, indent=1))


if __name__ == "__main__":
    main()
