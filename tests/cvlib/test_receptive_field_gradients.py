"""Gradients, paths and random walks say the same about which pixels count, and how much."""

import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F  # noqa: N812
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from receptive_field_cases import graphs, layers
from receptive_field_nets import bottleneck
from torch import nn

from cvlib.receptive_field import (
    INPUT,
    Graph,
    LayerGeometry,
    measured_spread,
    path_counts,
    receptive_field,
    resnet50,
    spread,
    support,
)
from cvlib.receptive_field.gradients import (
    gradient_power,
    gradient_support,
    unit_gradient,
    window_sum,
)
from cvlib.receptive_field.graph_network import GraphNetwork

PROPERTY = settings(max_examples=40, deadline=None, derandomize=True, database=None)


def with_weights_of_one(graph):
    network = GraphNetwork(graph).double()
    with torch.no_grad():
        for weight in network.parameters():
            weight.fill_(1.0)
    return network


@PROPERTY
@given(graph=graphs(axes=2, up=True), data=st.data())
def test_path_counts_are_the_gradient_of_weights_that_are_all_one(graph, data):
    size = (data.draw(st.integers(14, 18)), data.draw(st.integers(14, 18)))
    try:
        units = graph.sizes(size)[graph.output]
        network = with_weights_of_one(graph)
    except (ValueError, RuntimeError):  # the image is too small, or padding behind a stamp too big
        assume(False)
    unit = tuple(data.draw(st.integers(0, n - 1)) for n in units)
    counts = path_counts(graph, size, unit=unit)
    assert np.array_equal(gradient_support(network, (1, *size), unit=unit), counts > 0)
    if all(len(step.inputs) == 1 for step in graph.steps()):  # merges of a network have a scale
        gradient = unit_gradient(network, torch.zeros(1, 1, *size).double(), unit=unit)
        assert np.allclose(gradient[0, 0].numpy(), counts, rtol=1e-12)


def test_branches_add_their_paths():
    graph = Graph()
    graph.merge(INPUT, graph.window(INPUT, LayerGeometry(3, 1, 1)))
    expected = np.zeros((5, 5))
    expected[1:4, 1:4] = 1
    expected[2, 2] = 2
    assert np.array_equal(path_counts(graph, 5), expected)


def test_window_sums_are_the_sums_under_every_max_pooling():
    rng = torch.Generator().manual_seed(0)
    x = torch.rand(2, 3, 11, 13, generator=rng, dtype=torch.float64)
    for options in (
        {"kernel_size": 3},
        {"kernel_size": (2, 3), "stride": 2, "padding": 1},
        {"kernel_size": 3, "stride": 2, "ceil_mode": True},
        {"kernel_size": 2, "dilation": (3, 1)},
    ):
        pooled = F.max_pool2d(x, **options)
        summed = window_sum(x, **options)
        assert summed.shape == pooled.shape
        assert torch.all(summed >= pooled)
    average = F.avg_pool2d(x, (2, 3), 2, 1, count_include_pad=True)
    assert torch.allclose(window_sum(x, (2, 3), 2, 1) / 6, average)


def test_gates_and_maxima_are_opened_and_nothing_else():
    net = nn.Sequential(nn.Conv2d(2, 3, 3), nn.ReLU(), nn.MaxPool2d(3, 1), nn.Sigmoid())
    before = [p.clone() for p in net.parameters()]
    assert gradient_support(net, (2, 5, 5)).all()
    assert all(torch.equal(p, q) for p, q in zip(before, net.parameters(), strict=True))
    # as it is, a maximum lets one place of its window through
    image = torch.rand(1, 1, 3, 3, generator=torch.Generator().manual_seed(1))
    alone = gradient_power(nn.MaxPool2d(3), image)
    assert np.count_nonzero(alone) == 1
    assert alone.argmax() == image.numpy().argmax()


def test_what_one_image_shows_lies_in_the_field_and_many_fill_it():
    torch.manual_seed(0)
    net = nn.Sequential(
        nn.Conv2d(1, 2, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(2, 2, 3), nn.ReLU()
    )  # 8 × 8
    assert receptive_field(net).size == (8, 8)
    one = gradient_power(net, torch.randn(1, 1, 8, 8)) > 0
    many = gradient_power(net, torch.randn(400, 1, 8, 8)) > 0
    assert 0 < one.sum() < 64
    assert many.all()


def test_traced_and_measured_agree_on_a_residual_block():
    net = nn.Sequential(nn.Conv2d(3, 4, 5, 2, 2), bottleneck(4, 1), nn.MaxPool2d(2))
    mask = gradient_support(net, (3, 40, 40), unit=(4, 5))
    rows, columns = receptive_field(net).window((4, 5))
    assert np.flatnonzero(mask.any(axis=1))[[0, -1]].tolist() == list(rows)
    assert np.flatnonzero(mask.any(axis=0))[[0, -1]].tolist() == list(columns)


def test_power_is_the_squared_gradient_of_a_linear_layer():
    conv = nn.Conv2d(2, 1, 3, bias=False).double()
    power = gradient_power(conv, torch.zeros(1, 2, 5, 5, dtype=torch.float64), unit=(1, 2))
    shape = conv.weight.detach().square().sum(dim=(0, 1)).numpy()
    assert np.count_nonzero(power) == 9
    block = power[1:4, 2:5]
    assert np.allclose(block / block.sum(), shape / shape.sum())


def test_units_and_outputs_that_are_none():
    conv = nn.Conv2d(1, 1, 3)
    with pytest.raises(
        IndexError, match=r"unit \(3, 0\) is not on the output map, which is \(3, 3\)"
    ):
        gradient_support(conv, (1, 5, 5), unit=(3, 0))
    flat = nn.Sequential(conv, nn.Flatten())
    with pytest.raises(
        ValueError, match=r"expected an output with 4 axes, a map, got shape \(1, 9"
    ):
        gradient_power(flat, torch.zeros(1, 1, 5, 5))


# --- random walks -------------------------------------------------------------------------------


def test_spread_of_a_stack_adds_the_variance_of_its_steps():
    stack = [LayerGeometry(3), LayerGeometry(2, 2), LayerGeometry(5, 1, 2, 3)]
    # 8/12 + 3/12 + (2·3)²·24/12
    assert spread(stack) == pytest.approx((np.sqrt(8 / 12 + 3 / 12 + 72),) * 2)
    assert spread([LayerGeometry((3, 1))]) == pytest.approx((np.sqrt(2 / 3), 0))


@PROPERTY
@given(data=st.data())
def test_without_merges_the_spread_is_that_of_the_paths(data):
    stack = data.draw(st.lists(layers(axes=2), min_size=1, max_size=3))
    first, size = [], []
    for axis in receptive_field(stack).axes:
        first.append(math.ceil(-axis.first / axis.stride))
        size.append(axis.window(first[-1])[1] + 1)
    counts = path_counts(stack, tuple(size), unit=tuple(first))
    assert measured_spread(counts) == pytest.approx(spread(stack), abs=1e-9)


def test_a_skip_makes_the_walker_lazy():
    graph = Graph()
    x = INPUT
    for _ in range(6):
        x = graph.merge(x, graph.window(x, LayerGeometry(3, 1, 1)))
    assert spread(graph) == pytest.approx((np.sqrt(6 * 0.5 * 2 / 3),) * 2)
    uneven = Graph()
    uneven.merge(INPUT, uneven.window(INPUT, LayerGeometry(3, 1, 1)), shares=(3, 1))
    assert spread(uneven) == pytest.approx((np.sqrt(2 / 3 / 4),) * 2)
    crooked = Graph()
    crooked.merge(INPUT, crooked.window(INPUT, LayerGeometry(1, 1, 2, padding_after=0)))
    assert spread(crooked) == pytest.approx((1.0, 1.0))  # half of the walks end two pixels away


def test_random_weights_spread_as_the_walk_does():
    """E[g²] is the walk: measured over 60 draws of the weights, within 5 %."""
    graph = Graph()
    x = graph.chain(INPUT, LayerGeometry(3, 1, 1), LayerGeometry(3, 2, 1))
    x = graph.merge(x, graph.window(x, LayerGeometry(3, 1, 1)))
    graph.window(x, LayerGeometry(3, 1, 1))
    size = receptive_field(graph).axes[0].window(4)[1] + 1
    power = np.mean(
        [
            gradient_power(
                GraphNetwork(graph, channels=4, seed=seed),
                torch.zeros(1, 4, size, size),
                unit=(4, 4),
                seed=seed,
            )
            for seed in range(60)
        ],
        axis=0,
    )
    assert measured_spread(power) == pytest.approx(spread(graph), rel=0.05)


def test_where_the_spread_is_not_defined():
    with pytest.raises(ValueError, match="the spread is not defined behind 'up'"):
        spread([LayerGeometry(2, 2, transposed=True, name="up")])
    graph = resnet50()
    graph.whole(graph.output, name="pool")
    with pytest.raises(ValueError, match="the spread is not defined behind 'pool'"):
        spread(graph)
    assert spread(graph, node="conv1") == (2, 2)
    uneven = Graph()
    uneven.merge(INPUT, uneven.window(INPUT, LayerGeometry(3, 2)), name="join")
    with pytest.raises(ValueError, match="merge 'join' joins maps of unequal strides"):
        spread(uneven)
    for power in (np.zeros((3, 3)), -np.ones((3, 3)), np.ones(3)):
        with pytest.raises(ValueError, match="expected a map"):
            measured_spread(power)
    assert measured_spread(np.eye(3)[:1]) == (0, 0)
    assert support([LayerGeometry(3)], 3).all()
