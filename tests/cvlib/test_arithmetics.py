"""Other arithmetics: each is really another one, and nothing complains of its settings."""

from __future__ import annotations

import subprocess
import sys

import pytest

from cvlib.arithmetics import OWN, arithmetics, environment, numpy_features

PROBE = """
import hashlib
import numpy as np, torch
torch.set_num_threads(1)
x = np.random.default_rng(0).standard_normal((300, 300)).astype("f4")
t = torch.from_numpy(x)
results = [np.exp(x), x @ x, (t @ t).numpy(), torch.exp(t).numpy()]
print(*(hashlib.sha256(r.tobytes()).hexdigest()[:12] for r in results))
print(*(float(np.abs(r.astype("f8")).sum()) for r in results))
"""


def probe(name: str) -> tuple[list[str], list[float]]:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", PROBE],
        env=environment(name),
        check=True,
        text=True,
        capture_output=True,
    )
    assert done.stderr == ""
    digests, sums = done.stdout.splitlines()
    return digests.split(), list(map(float, sums.split()))


def test_the_least_arithmetic_rounds_otherwise_and_computes_the_same():
    names = list(arithmetics())
    assert names[0] == OWN
    if len(names) == 1 or not numpy_features(("",)):
        pytest.skip("this processor has no other arithmetic than its least")
    (own, own_sums), (least, least_sums) = probe(OWN), probe(names[-1])
    assert all(a != b for a, b in zip(own[1:], least[1:], strict=True))
    assert least_sums == pytest.approx(own_sums, rel=1e-5)


def test_an_arithmetic_is_the_same_every_time():
    for name in arithmetics():
        assert probe(name) == probe(name)


def test_an_unknown_arithmetic_is_refused_by_name():
    with pytest.raises(ValueError, match=f"expected an arithmetic of this machine, {OWN}.*got z80"):
        environment("z80")
