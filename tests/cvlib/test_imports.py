"""Importing the library, or a room's reference, stays light."""

import importlib
import pkgutil
import subprocess
import sys

import pytest
from twins import rooms

import cvlib

PACKAGES = [m.name for m in pkgutil.iter_modules(cvlib.__path__, "cvlib.") if m.ispkg]
MODULES = ["cvlib", *PACKAGES, *(f"cvlib.{room}.reference" for room in rooms())]


@pytest.mark.parametrize("module", MODULES)
def test_no_heavy_import(module):
    source = (
        f"import sys, {module}; print([m for m in ('torch', 'matplotlib') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", source], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("room", rooms())
def test_reference_names_are_the_rooms_names(room):
    home = importlib.import_module(f"cvlib.{room}")
    reference = importlib.import_module(f"cvlib.{room}.reference")
    for name in reference.__all__:
        assert getattr(home, name) is getattr(reference, name)
        assert getattr(reference, name).__doc__
