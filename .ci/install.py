"""Make the environment: ``python .ci/install.py VENV``, with the versions of ``constraints.txt``.

uv installs, which fetches and unpacks in parallel; where it is not to be had or fails, plain pip
does. What they say is kept in ``VENV/install.log``, and the cause of a failure is printed.
"""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import machine
from pip_settings import pip_settings, uv_cache, uv_environment
from torch_build import CPU_INDEX, missing_from, wants_cpu

EVERYTHING = ("-c", "constraints.txt", "-e", ".[torch,book,grading,dev]")
PIP = ("-m", "pip", "--disable-pip-version-check", "install", "--progress-bar", "off")
#: From this size on, a download is worth a line of a log.
LARGE_MIB = 10
MIB = {"MiB": 1, "GiB": 1024}
CAUSE_LINES = 25
_CAUSE = re.compile(r"\s*(ERROR:|error:|×|hint:)|.*Error:")
_PASSWORD = re.compile(r"//[^/@\s]+@")


class Teller:
    """Says on a terminal in one line how far it is, and elsewhere in plain lines now and then."""

    def __init__(self, stream: IO[str] = sys.stdout) -> None:
        self.stream = stream
        self.live = stream.isatty()

    def say(self, text: str) -> None:
        """Print a line that stays."""
        self.stream.write(f"{self._clear}==> {text}\n")
        self.stream.flush()

    def step(self, text: str, *, notable: bool) -> None:
        """Replace the last step on a terminal; elsewhere print it if it is notable."""
        if self.live:
            width = shutil.get_terminal_size().columns - 5
            self.stream.write(f"{self._clear}    {text[:width]}")
        elif notable:
            self.stream.write(f"    {text}\n")
        self.stream.flush()

    @property
    def _clear(self) -> str:
        return "\r\033[K" if self.live else ""


@dataclass(frozen=True)
class Installer:
    """One of the two programs: its name, its install command and the variables that it needs."""

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str]


def steps(lines: Iterator[str], total: int) -> Iterator[tuple[str, bool]]:
    """Turn what pip or uv says into steps: words, and whether they are worth a line of a log."""
    fetched = 0
    for line in lines:
        if pip := re.match(r"(?:Collecting|Processing) (?:\S*/)?(\S+)", line):
            fetched += 1
            yield f"fetching {fetched} of about {total}: {pip[1]}", fetched % 25 == 0
        elif uv := re.match(r"Downloading (\S+ \(([\d.]+)(\w+)\))", line):
            yield f"fetching {uv[1]}", MIB.get(uv[3], 0) * float(uv[2]) >= LARGE_MIB
        elif line.startswith(("Installing collected", "Prepared ")):
            yield "unpacking", True
        elif line.startswith("Installed "):
            yield "compiling", True


def cause(said: Sequence[str]) -> list[str]:
    """Return the lines that say why an install failed: from the first error on, cut to a screen."""
    first = next((i for i, line in enumerate(said) if _CAUSE.match(line)), max(0, len(said) - 5))
    lines = [line.rstrip() for line in said[first:] if line.strip()]
    return [line if len(line) < 240 else f"{line[:236]} …" for line in lines[:CAUSE_LINES]]


class Setup:
    """The environment that is being made, its log, and who is told."""

    def __init__(self, venv: Path, teller: Teller) -> None:
        self.venv = venv
        self.python = venv.absolute() / "bin" / "python"
        self.teller = teller
        self.log = venv / "install.log"

    def run(self, installer: Installer, *wanted: str, quiet: bool = False) -> list[str] | None:
        """Install, and return None, or all that was said where that failed."""
        command = [*installer.command, *wanted]
        said: list[str] = []
        with (
            self.log.open("a", encoding="utf-8") as log,
            subprocess.Popen(
                command,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                text=True,
                encoding="utf-8",
                errors="replace",
                env={**os.environ, **installer.environment},
            ) as process,
        ):
            assert process.stdout is not None
            log.write(f"$ {_PASSWORD.sub('//…@', ' '.join(command))}\n")

            def lines() -> Iterator[str]:
                for line in process.stdout or ():
                    log.write(line)
                    said.append(line.rstrip("\n"))
                    yield line

            for text, notable in steps(lines(), len(machine.pins())):
                self.teller.step(text, notable=notable and not quiet)
        if process.returncode < 0:  # 9 is how a system ends what takes too much memory
            said.append(f"ERROR: {installer.name} was ended by signal {-process.returncode}")
        return None if process.returncode == 0 else said

    def pip(self) -> Installer:
        """The pip of the environment, whatever the user's settings say of other places."""
        # inside an environment, a setting "user = true" is an error and nothing else
        return Installer("pip", (str(self.python), *PIP), {"PIP_USER": "0"})

    def uv(self) -> Installer | None:
        """Fetch uv and set it up as pip is; None where it is not to be had."""
        said = self.run(self.pip(), "--retries", "1", "-c", "constraints.txt", "uv", quiet=True)
        if said is not None:
            self.teller.say("uv, which installs in parallel, is not to be had: pip takes longer")
            return None
        settings = pip_settings(self.python)
        given = {**os.environ}
        variables = uv_environment(settings, given)
        cache = uv_cache(self.venv, given)
        if cache is not None:
            variables["UV_CACHE_DIR"] = str(cache.absolute())
        alone = ("--no-index",) if settings.get("no-index", "") in ("1", "true", "yes") else ()
        uv = str(self.python.with_name("uv"))
        options = ("--python", str(self.python), "--color", "never", "--compile-bytecode", *alone)
        return Installer("uv", (uv, "pip", "install", *options), variables)

    def torch(self, installer: Installer) -> None:
        """Install PyTorch's CPU build where no GPU is and it is to be had; say what was chosen."""
        version = machine.pins()["torch"]
        if machine.installed(self.venv).get("torch", "").partition("+")[0] == version:
            return
        cpu, reason = wants_cpu(os.environ.get("TORCH", "auto"), machine.gpus())
        if not cpu:
            self.teller.say(f"{reason}: PyTorch as the package index has it")
            return
        wheel = ("--no-deps", f"torch=={version}+cpu")
        if self.run(installer, *wheel, quiet=True) is None:
            self.teller.say(f"{reason}: PyTorch's build for CPUs, from where pip is set up to look")
            return
        index = os.environ.get("TORCH_INDEX", CPU_INDEX)
        missing = missing_from(index, version)
        if not missing:
            self.teller.say(f"{reason}: PyTorch's build for CPUs, from {index}")
            # uv's own name for it wins over what pip's settings made its variable say
            option = "--default-index" if installer.name == "uv" else "--index-url"
            said = self.run(installer, *wheel, option, index)
            missing = "" if said is None else cause(said)[0]
        if missing:
            self.teller.say(
                f"{reason}, but {index} does not give PyTorch's build for CPUs ({missing}). PyPI's "
                "brings some 3 GB of CUDA, which only cost time and disk"
            )

    def everything(self) -> bool:
        """Install all that the project needs with one of the two; whether that succeeded."""
        start = time.monotonic()
        for installer in (self.uv(), self.pip()):
            if installer is None:
                continue
            self.torch(installer)
            said = self.run(installer, *EVERYTHING)
            if said is None:
                shutil.rmtree(self.venv / "uv-cache", ignore_errors=True)
                count, seconds = len(machine.installed(self.venv)), time.monotonic() - start
                torch = machine.installed(self.venv)["torch"]
                self.teller.say(
                    f"{count} packages in {seconds:.0f} s with {installer.name}, PyTorch {torch} "
                    f"{'with CUDA' if machine.has_cuda(self.venv) else 'for the CPU'}"
                )
                return True
            self.teller.say(f"{installer.name} could not install the environment:")
            self.teller.stream.write("\n".join(f"    {line}" for line in cause(said)) + "\n")
        return False


def make_venv(venv: Path, teller: Teller) -> bool:
    """Make an empty environment, or keep one of this Python; whether there is one now."""
    if machine.python_version(venv / "bin" / "python") == platform.python_version():
        return True
    # Debian keeps venv's pip in a package of its own, which takes root to install
    uv = shutil.which("uv") or "uv"
    said = ""
    for command in (
        [sys.executable, "-m", "venv", "--clear", str(venv)],
        [sys.executable, "-m", "virtualenv", "--clear", str(venv)],
        [uv, "venv", "--clear", "--seed", "--python", sys.executable, str(venv)],
    ):
        code, told = machine.output(command, seconds=300)
        if code == 0:
            return True
        said = said or told
    teller.say(f"{sys.executable} -m venv failed:")
    teller.stream.write(f"{said.rstrip()}\n")
    teller.say(
        "on Debian and Ubuntu: sudo apt-get install python3-venv; without root: "
        "python3 -m pip install --user virtualenv"
    )
    return False


def main() -> int:
    """Command line."""
    venv, teller = Path(sys.argv[1]), Teller()
    os.chdir(machine.ROOT)
    teller.say(f"{venv}: Python {platform.python_version()}, the versions of constraints.txt")
    if not make_venv(venv, teller):
        return 1
    setup = Setup(venv, teller)
    setup.log.unlink(missing_ok=True)
    done = setup.everything()
    teller.say(f"{venv} is ready" if done else f"everything that was said: {setup.log}")
    return 0 if done else 1


if __name__ == "__main__":
    sys.exit(main())
