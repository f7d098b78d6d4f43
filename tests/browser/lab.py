"""A JupyterLab of its own, with none of the user's settings."""

from __future__ import annotations

import contextlib
import os
import secrets
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def jupyter(root: Path, home: Path, *options: str, page: str = "lab") -> Iterator[str]:
    """The address of a page of a JupyterLab that runs in a folder; it ends with the block."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    token = secrets.token_hex(16)
    folder = os.path.dirname(sys.executable)
    server = subprocess.Popen(
        [
            sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root",
            f"--ServerApp.port={port}", "--ServerApp.ip=127.0.0.1", "--ServerApp.port_retries=0",
            f"--IdentityProvider.token={token}", f"--ServerApp.root_dir={root}",
            "--LabApp.news_url=", *options,
        ],
        env={
            **os.environ, "HOME": str(home), "JUPYTER_CONFIG_DIR": str(home / "config"),
            "PATH": f"{folder}{os.pathsep}{os.environ['PATH']}",
        },
        cwd=root, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(240):
            try:
                urllib.request.urlopen(f"{address}/api?token={token}", timeout=5).read()
                break
            except OSError:
                assert server.poll() is None, "JupyterLab ended while it started"
                time.sleep(0.5)
        yield f"{address}/{page}?token={token}"
    finally:
        server.terminate()
        server.wait(30)
