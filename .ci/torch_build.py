"""Which build of PyTorch: the one for CPUs where there is no GPU, since CUDA is gigabytes more.

PyPI's PyTorch for Linux brings CUDA whether or not there is a GPU. The build without it lies on its
makers' own index, which not every network lets through, or where pip was set up to look.
"""

from __future__ import annotations

import platform
import re
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Sequence

CPU_INDEX = "https://download.pytorch.org/whl/cpu"
SECONDS = 10.0


def wants_cpu(asked: str, gpus: Sequence[str]) -> tuple[bool, str]:
    """Whether to look for the CPU's build, and the reason in words.

    ``asked`` is auto, cpu or cuda; raises ValueError for anything else.
    """
    if asked not in ("auto", "cpu", "cuda"):
        raise ValueError(f"TORCH: expected auto, cpu or cuda, got {asked}")
    if asked != "auto":
        return asked == "cpu", f"TORCH={asked}"
    if sys.platform != "linux":
        return False, "PyPI's build for this system knows no CUDA"
    return (False, f"GPU: {gpus[0]}") if gpus else (True, "no GPU here")


def missing_from(index: str, version: str, seconds: float = SECONDS) -> str:
    """Ask an index for a CPU wheel of this Python and processor: "" if it is there, else why not.

    No network makes a newcomer wait: whatever does not answer in ``seconds`` counts as missing,
    looking up the host's name included.
    """
    answer: list[str] = []

    def ask() -> None:
        try:
            with urllib.request.urlopen(f"{index}/torch/", timeout=seconds) as page:
                answer.append("" if has_wheel(page.read().decode(), version) else "no such wheel")
        except (OSError, ValueError) as error:
            answer.append(str(getattr(error, "reason", error)))

    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    thread.join(seconds)
    return answer[0] if answer else f"no answer in {seconds:.0f} s"


def has_wheel(page: str, version: str) -> bool:
    """Whether a page of an index lists the CPU's wheel of a version for this Python and machine."""
    python = f"cp{sys.version_info.major}{sys.version_info.minor}"
    kind = rf"cpu-{python}-{python}-\w*linux\w*{re.escape(platform.machine())}\.whl"
    return re.search(rf"torch-{re.escape(version)}(\+|%2[bB]){kind}", page) is not None
