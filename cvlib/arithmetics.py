"""Other processors' arithmetic on this one: the settings that make the libraries round as they do.

NumPy, OpenBLAS, MKL, oneDNN and PyTorch choose at start-up the instructions that this processor
has; wider ones add in another order and fuse more, and so the last bits differ. Each library can be
told to do as if the processor had less. A statement about trained networks that holds under all of
them is not an accident of one machine's last bits.
"""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from collections.abc import Mapping

#: The processor as it is.
OWN = "own"
#: The least of its family: no vector instructions that not all of them have.
BASELINE = "baseline"

_LIST_NUMPY = (
    "from numpy._core import _multiarray_umath as m;"
    "print(*(f for f in m.__cpu_dispatch__ if m.__cpu_features__.get(f)))"
)
_ABOVE_AVX2 = ("AVX512", "AVX_VNNI", "X86_V4")


def _x86_64() -> dict[str, dict[str, str]]:
    return {
        OWN: {},
        "avx2": {
            "ATEN_CPU_CAPABILITY": "avx2",
            "OPENBLAS_CORETYPE": "Haswell",
            "ONEDNN_MAX_CPU_ISA": "AVX2",
            "MKL_ENABLE_INSTRUCTIONS": "AVX2",
            "NPY_DISABLE_CPU_FEATURES": numpy_features(_ABOVE_AVX2),
        },
        BASELINE: {
            "ATEN_CPU_CAPABILITY": "default",
            "OPENBLAS_CORETYPE": "Nehalem",
            "ONEDNN_MAX_CPU_ISA": "SSE41",
            "MKL_ENABLE_INSTRUCTIONS": "SSE4_2",
            "NPY_DISABLE_CPU_FEATURES": numpy_features(("",)),
        },
    }


def _aarch64() -> dict[str, dict[str, str]]:
    return {
        OWN: {},
        BASELINE: {
            "ATEN_CPU_CAPABILITY": "default",
            "OPENBLAS_CORETYPE": "ARMV8",
            "ONEDNN_MAX_CPU_ISA": "ADVANCED_SIMD",
            "NPY_DISABLE_CPU_FEATURES": numpy_features(("",)),
        },
    }


def arithmetics() -> Mapping[str, Mapping[str, str]]:
    """Return the arithmetics that this machine can do: name -> environment variables.

    Three on x86-64 (as it is, AVX2, neither AVX2 nor AVX-512), two on aarch64, one elsewhere.
    """
    families = {"x86_64": _x86_64, "AMD64": _x86_64, "aarch64": _aarch64, "arm64": _aarch64}
    make = families.get(platform.machine())
    return make() if make else {OWN: {}}


def environment(name: str) -> dict[str, str]:
    """Return this process's environment with the settings of an arithmetic, for a child process.

    Raises ValueError for an arithmetic that this machine cannot do.
    """
    known = arithmetics()
    if name not in known:
        raise ValueError(f"expected an arithmetic of this machine, {', '.join(known)}, got {name}")
    return {**os.environ, **known[name]}


def numpy_features(prefixes: tuple[str, ...]) -> str:
    """Return what NumPy would choose at start-up here and what begins like one of the prefixes.

    A child process is asked, since NumPy warns of features that it does not know or have.
    """
    variables = {k: v for k, v in os.environ.items() if k != "NPY_DISABLE_CPU_FEATURES"}
    asked = subprocess.run(
        [sys.executable, "-c", _LIST_NUMPY],
        env=variables,
        check=True,
        text=True,
        stdout=subprocess.PIPE,
    )
    return " ".join(f for f in asked.stdout.split() if f.startswith(prefixes))
