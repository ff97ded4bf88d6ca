"""The certified accountant stays small: a whole process, from import to answer."""

from __future__ import annotations

import subprocess
import sys

CODE = """
import dpaccount as dpa
for noise, rate, steps, delta in [
    ("1.1", "256/60000", 14_063, "1e-5"),
    ("2.5", "16384/1281167", 72_000, "8e-7"),
    ("0.6", "1e-4", 100_000, "1e-9"),
]:
    run = dpa.DPSGD(noise_multiplier=noise, sampling_rate=rate, steps=steps)
    bound = dpa.epsilon(run, delta)
    assert bound.trust.value == "certified"
# the peak of this program; what getrusage says can be the parent's, from before the exec
status = dict(line.split(":", 1) for line in open("/proc/self/status"))
print(status["VmHWM"].split()[0])
"""


def test_three_certified_budgets_take_less_than_200_megabytes():
    done = subprocess.run([sys.executable, "-c", CODE], check=True, capture_output=True, text=True)
    assert int(done.stdout) < 200 * 1024
