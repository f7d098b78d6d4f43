"""Keys for the schedulers, workers and clients of tests, told by Dask's own variables."""

from __future__ import annotations

from pathlib import Path

from distributed.security import Security


def make_keys(folder: Path) -> dict[str, str]:
    """Write a certificate and its key; the variables with which all sides use them."""
    told = Security.temporary().get_tls_config_for_role("client")
    files = {"cert": folder / "cert.pem", "key": folder / "key.pem"}
    files["cert"].write_text(told["cert"])
    files["key"].write_text(told["key"])
    prefix = "DASK_DISTRIBUTED__COMM"
    variables = {
        f"{prefix}__REQUIRE_ENCRYPTION": "True",
        f"{prefix}__TLS__CA_FILE": str(files["cert"]),
    }
    for role in ("SCHEDULER", "WORKER", "CLIENT"):
        for kind, file in files.items():
            variables[f"{prefix}__TLS__{role}__{kind.upper()}"] = str(file)
    return variables
