"""The rooms of this chapter show the names of their references, and each says what it is."""

import importlib
import inspect

import pytest


@pytest.mark.parametrize("room", ["layers", "activations", "optim"])
def test_a_room_shows_the_names_of_its_reference(room):
    package = importlib.import_module(f"cvlib.{room}")
    reference = importlib.import_module(f"cvlib.{room}.reference")
    assert sorted(package.__all__) == sorted(reference.__all__)
    for name in reference.__all__:
        assert getattr(package, name) is getattr(reference, name)
        # a type has no text of its own
        assert name == "Schedule" or inspect.getdoc(getattr(reference, name))


def test_training_shows_what_it_lists():
    package = importlib.import_module("cvlib.training")
    for name in package.__all__:
        assert inspect.getdoc(getattr(package, name))
