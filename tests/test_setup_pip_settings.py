"""The set-up tells uv what pip is told."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / ".ci"))

import pip_settings  # noqa: E402

LISTED = """\
:env:.find-links='/srv/wheels'
global.constraint='/etc/limits.txt'
global.extra-index-url='https://one.example/simple\\nhttps://two.example/simple'
global.find-links='/opt/a /opt/b'
global.index-url='https://all.example/simple'
install.index-url="https://ours.example/simple"
list.format='columns'
"""


def test_the_narrower_setting_of_pip_wins():
    found = pip_settings.parse(LISTED)
    assert found["find-links"] == "/srv/wheels"
    assert found["index-url"] == "https://ours.example/simple"
    assert "format" not in found


def test_uv_looks_where_pip_looks():
    variables = pip_settings.uv_environment(pip_settings.parse(LISTED), {})
    assert variables == {
        "UV_DEFAULT_INDEX": "https://ours.example/simple",
        "UV_INDEX": "https://one.example/simple https://two.example/simple",
        "UV_INDEX_STRATEGY": "unsafe-best-match",
        "UV_FIND_LINKS": "/srv/wheels",
        "UV_CONSTRAINT": "/etc/limits.txt",
    }


def test_what_the_user_told_uv_stays():
    variables = pip_settings.uv_environment({"index-url": "https://a"}, {"UV_DEFAULT_INDEX": "b"})
    assert variables == {}


def test_the_settings_of_this_pip_are_read():
    environment = {**os.environ, "PIP_FIND_LINKS": "/nowhere/at/all"}
    listed = subprocess.run(
        [sys.executable, "-m", "pip", "config", "list"],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert pip_settings.parse(listed)["find-links"] == "/nowhere/at/all"


def test_the_cache_stays_where_links_can_reach_it(tmp_path):
    assert pip_settings.uv_cache(tmp_path, {"XDG_CACHE_HOME": str(tmp_path / "cache")}) is None
    assert pip_settings.uv_cache(tmp_path, {"UV_CACHE_DIR": "/elsewhere"}) is None


def test_a_home_that_cannot_be_written_is_not_used(tmp_path):
    (tmp_path / "file").touch()
    cache = pip_settings.uv_cache(tmp_path, {"XDG_CACHE_HOME": str(tmp_path / "file")})
    assert cache == tmp_path / "uv-cache"
