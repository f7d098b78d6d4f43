"""What the text of problem set 3 claims in passing, and that its puzzles have their one answer."""

from __future__ import annotations

import itertools
import sys
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from cvlib.receptive_field import (
    LayerGeometry,
    grow_forward,
    receptive_field,
    resnet50,
    spread,
)
from cvlib.receptive_field.gradients import gradient_support

PROBLEM_SET = "ps03_receptive_fields"


@pytest.fixture
def module(loaded):
    """The modules of the problem set as one, for their helpers."""
    package = f"cvlib_assignments.{loaded.problem_set.id}."
    own = [vars(m) for name, m in sys.modules.items() if name.startswith(package)]
    return SimpleNamespace(**{name: value for names in own for name, value in names.items()})


def test_worked_examples(model):
    two = [("conv", 3, 2, 0, 1), ("conv", 3, 1, 1, 1)]
    assert model["field_size"](two) == 7
    assert [model["unit_centre"]([("conv", 3, 2, 1, 1)], u) for u in (0, 1, 5)] == [0, 2, 10]
    assert model["units_inside"]([("conv", 3, 1, 1, 1)], 5) == (3, 5)
    assert model["pixels_read"]([("conv", 2, 1, 0, 2), ("conv", 3, 1, 0, 2)]) == [0, 2, 4, 6]
    assert model["merge_branches"]([[("conv", 3, 2, 1, 1)], [("conv", 7, 2, 3, 1)]])[1:3] == (-3, 3)
    network = model["build_network"](15, 4, 3)
    assert receptive_field(network).size == (15, 15)
    assert [f.size[0] for f in (receptive_field(network[:k]) for k in (1, 2, 3))] == [3, 7, 15]


def test_the_camera_of_the_text_is_that_of_the_answer(loaded, module, model):
    exercise = loaded.problem_set["camera_network"]
    assert exercise.reference(96, 7, 1) == {
        "field": 91, "stride": 16, "last centre": 80.0, "shift": 7.5
    }  # fmt: skip
    for first, dilation in itertools.product(*(exercise.numbers[n] for n in ("first", "dilation"))):
        assert model["camera"](first, dilation) == module.layers_of(first, dilation)
    assert all(
        exercise.reference(pixels, 7, 2)["shift"] != 0 for pixels in exercise.numbers["pixels"]
    )


def test_skips_would_change_nothing_in_the_camera(module):
    """A skip past 3 × 3 layers sees less, around the same centre."""
    layers = module.geometry(module.layers_of(7, 2))
    bare = [LayerGeometry((1,), layer.stride) for layer in layers[2:]]
    skip, deep = receptive_field([*layers[:2], *bare]), receptive_field(layers)
    assert skip.centre() == deep.centre()
    assert skip.size < deep.size


@pytest.mark.parametrize("stride", [1, 2, 4, 8])
def test_no_network_needs_fewer_layers(module, stride):
    """Search all orders of 3 × 3 layers of stride 1 and 2 for the least number."""
    halvings = stride.bit_length() - 1
    least: dict[int, int] = {}
    for depth in range(halvings, 6):
        for where in itertools.combinations(range(depth), halvings):
            layers = [LayerGeometry(3, 2 if k in where else 1) for k in range(depth)]
            (field, _), _ = grow_forward(layers)[-1]
            least.setdefault(field, depth)
    for field, depth in least.items():
        assert module.fewest_layers(field, stride) == depth
        network = module.build_network(field, stride, depth)
        if depth:
            assert len(network) == depth
            assert receptive_field(network).size == (field, field)
            assert receptive_field(network).stride == (stride, stride)


def test_the_gradient_of_a_network_to_order_fills_its_field(module):
    network = module.build_network(29, 4, 5)
    assert gradient_support(network, (1, 29, 29), unit=(0, 0)).all()


def test_several_images_are_needed(loaded):
    """With a maximum or a ReLU, one image alone shows less than all of them, in most draws."""
    exercise = loaded.problem_set["seen_pixels"]
    more = 0
    for seed in range(5):
        for case in exercise.draw(np.random.default_rng(seed)):
            if case.part in ("max pooling", "ReLU"):
                steps, kernels, images, unit = case.args
                alone = exercise.driver(exercise.reference, steps, kernels, images[:1], unit)
                more += exercise.expected(case).sum() > alone.sum()
    assert more >= 15


def test_numbers_of_the_written_answer():
    toy = [LayerGeometry(3)] * 32
    sigma = spread(toy)[0]
    assert receptive_field(toy).size == (65, 65)
    assert round(sigma, 1) == 4.6
    assert round(4 * sigma) == 18
    assert round(100 * 4 * sigma / 65) == 28
    twice = toy * 2
    assert round(100 * 4 * spread(twice)[0] / receptive_field(twice).size[0]) == 20
    assert receptive_field(resnet50()).size == (427, 427)


def test_a_torch_tensor_is_an_answer(loaded):
    exercise = loaded.problem_set["seen_pixels"]
    case = exercise.draw(np.random.default_rng(1))[0]
    as_tensor = exercise.driver(lambda *a: torch.from_numpy(exercise.reference(*a)), *case.args)
    assert np.array_equal(as_tensor, exercise.expected(case))
