"""Importing the library, or a room's reference, stays light."""

import subprocess
import sys

import pytest
from twins import rooms

MODULES = ["cvlib", *(f"cvlib.{room}{part}" for room in rooms() for part in ("", ".reference"))]


@pytest.mark.parametrize("module", MODULES)
def test_no_heavy_import(module):
    source = (
        f"import sys, {module}; print([m for m in ('torch', 'matplotlib') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", source], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_reference_names_are_the_rooms_names():
    import cvlib.convolution
    from cvlib.convolution import reference

    for name in reference.__all__:
        assert getattr(cvlib.convolution, name) is getattr(reference, name)
        assert getattr(reference, name).__doc__
