"""A table of attacks, as `dpaccount attack run` writes it."""

from __future__ import annotations

ATTACKS = {
    "question": {"delta": "1e-5"},
    "violations": 0,
    "rows": [
        {"target": "attention", "attack": "identify", "noise_multiplier": noise, "trials": 20,
         "named": named, "epsilon_upper": upper, "verdict": "information limit",
         "ceilings": [{"what": "secret", "successes": named, "ceiling": ceiling,
                       "each": [[ceiling, 20]]}]}
        for noise, named, upper, ceiling in (("0.3", 19, 19.2, 0.96), ("1", 6, 4.4, 0.3))
    ],
}  # fmt: skip
