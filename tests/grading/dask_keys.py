"""Keys for the schedulers, workers and clients of tests, in Dask's own settings."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from distributed.security import Security


def make_keys(folder: Path) -> dict[str, object]:
    """Write a certificate and its key; the settings with which all sides use them."""
    told = Security.temporary().get_tls_config_for_role("client")
    files = {"cert": folder / "cert.pem", "key": folder / "key.pem"}
    files["cert"].write_text(told["cert"])
    files["key"].write_text(told["key"])
    settings: dict[str, object] = {
        "distributed.comm.require-encryption": True,
        "distributed.comm.tls.ca-file": str(files["cert"]),
    }
    for role in ("scheduler", "worker", "client"):
        for kind, file in files.items():
            settings[f"distributed.comm.tls.{role}.{kind}"] = str(file)
    return settings


def as_variables(settings: Mapping[str, object]) -> dict[str, str]:
    """The same for programs: Dask reads its settings from variables, too."""
    return {
        "DASK_" + name.upper().replace(".", "__").replace("-", "_"): str(value)
        for name, value in settings.items()
    }
