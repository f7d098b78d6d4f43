"""What pip is set up to do on this machine, in the words of uv, which reads none of it.

A mirror, a folder of wheels or a company's certificate stand in pip's configuration or in ``PIP_…``
variables. What they decide must hold whichever of the two installs.
"""

from __future__ import annotations

import ast
import os
import re
import tempfile
from collections.abc import Mapping
from pathlib import Path

from machine import output

#: Where pip looks for a setting, the later one winning.
SECTIONS = ("global", "install", ":env:")
#: pip's setting -> uv's variable; a value of several words is joined as uv wants it.
VARIABLES = {
    "index-url": ("UV_DEFAULT_INDEX", " "),
    "extra-index-url": ("UV_INDEX", " "),
    "find-links": ("UV_FIND_LINKS", ","),
    "constraint": ("UV_CONSTRAINT", " "),
    "trusted-host": ("UV_INSECURE_HOST", " "),
    "cert": ("SSL_CERT_FILE", " "),
    "proxy": ("ALL_PROXY", " "),
    "timeout": ("UV_HTTP_TIMEOUT", " "),
    "default-timeout": ("UV_HTTP_TIMEOUT", " "),
}


def pip_settings(python: Path) -> dict[str, str]:
    """Return pip's settings for an install, by their names on its command line."""
    _, said = output([str(python), "-m", "pip", "config", "list"])
    return parse(said)


def parse(listed: str) -> dict[str, str]:
    """Read what ``pip config list`` prints: lines such as ``global.find-links='/opt/wheels'``."""
    found = re.findall(r"^(global|install|:env:)\.([\w-]+)=('.*'|\".*\")$", listed, re.MULTILINE)
    ordered = sorted(found, key=lambda line: SECTIONS.index(line[0]))
    return {name: ast.literal_eval(value) for _, name, value in ordered}


def uv_environment(settings: Mapping[str, str], given: Mapping[str, str]) -> dict[str, str]:
    """Return the variables that make uv look where pip looks; those ``given`` by the user stay."""
    made = {}
    for name, value in settings.items():
        if name in VARIABLES and value.strip():
            variable, joint = VARIABLES[name]
            made[variable] = joint.join(value.split())
    if "UV_INDEX" in made:  # pip takes the best of all indexes, uv the first that has the package
        made["UV_INDEX_STRATEGY"] = "unsafe-best-match"
    return {variable: value for variable, value in made.items() if variable not in given}


def uv_cache(venv: Path, given: Mapping[str, str]) -> Path | None:
    """Return a cache for uv that lies in the environment, or None where its own one will do.

    uv links files from its cache into the environment, which costs no second copy as long as both
    are on one file system. A home that is read-only, small or elsewhere is left alone.
    """
    if "UV_CACHE_DIR" in given:
        return None
    caches = given.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    try:
        os.makedirs(os.path.join(caches, "uv"), exist_ok=True)
        with tempfile.TemporaryFile(dir=os.path.join(caches, "uv")) as file:
            same = os.fstat(file.fileno()).st_dev == venv.stat().st_dev
    except OSError:
        same = False
    return None if same else venv / "uv-cache"
