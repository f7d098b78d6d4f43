"""Settings of the whole suite: one thread a process, and the same draws on every run."""

import os

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(name, "1")  # two workers on two cores: more threads only wait

from hypothesis import settings  # noqa: E402

settings.register_profile("course", deadline=None, derandomize=True)
settings.load_profile("course")
