"""Reading the windows off a PyTorch module: each kind of step, branches, what sees everything."""

import pytest
import torch
import torch.nn.functional as F  # noqa: N812
from hypothesis import given, settings
from hypothesis import strategies as st
from receptive_field_nets import NETS, Calls, alexnet_module, bottleneck, gate, head
from test_receptive_field_graphs import hull
from torch import nn

from cvlib.receptive_field import (
    LayerGeometry,
    alexnet,
    receptive_field,
    receptive_fields,
    unit_window,
)
from cvlib.receptive_field.gradients import gradient_support
from cvlib.receptive_field.module_graph import module_graph

PROPERTY = settings(max_examples=25, deadline=None, derandomize=True, database=None)


def test_a_module_gives_what_its_table_gives():
    field = receptive_field(alexnet_module())
    assert field == receptive_field(alexnet())
    assert receptive_field(alexnet_module(), node="6").size == (67, 67)


def test_same_padding_of_an_even_kernel_puts_more_zeros_behind():
    field = receptive_field(nn.Conv2d(1, 1, (4, 2), padding="same"))
    assert field.padding == (1, 0)
    assert field.centre() == (0.5, 0.5)


def test_residual_blocks_are_traced_through_their_branches():
    net = nn.Sequential(nn.Conv2d(3, 4, 7, 2, 3), bottleneck(4, 1), bottleneck(4, 2))
    fields = receptive_fields(net)
    assert fields["0"].size == (7, 7)
    last = receptive_field(net)
    assert (last.size, last.stride, last.aligned) == ((15, 15), (4, 4), True)
    assert fields["2.skip"].size == (11, 11)


@pytest.mark.parametrize("name", NETS)
def test_the_gradient_sees_the_traced_window(name):
    """Two independent ways: torch.fx and intervals, autograd and opened gates."""
    net, size = NETS[name](), (24, 30)
    out = net.eval()(torch.zeros(1, 1, *size))
    graph = module_graph(net, input_size=size)
    assert graph.sizes(size)[graph.output] == tuple(out.shape[2:])
    field = receptive_field(net)
    met = 0
    places = [(0, 0), tuple(n // 2 for n in out.shape[2:]), tuple(n - 1 for n in out.shape[2:])]
    for unit in (*places, tuple(n // 2 + 1 for n in out.shape[2:])):
        measured = hull(gradient_support(net, (1, *size), unit=unit))
        free, exact = unit_window(net, unit), unit_window(net, unit, input_size=size)
        for axis, (first, last) in enumerate(field.window(unit)):
            if free == exact:  # the unit meets no border, where holes may cut a window short
                assert measured[axis] == exact[axis]
            for seen in (measured[axis], exact[axis]):
                assert seen is None or first <= seen[0] <= seen[1] <= last
        met += free == exact
    assert met


@PROPERTY
@given(
    kernel=st.integers(1, 5),
    stride=st.integers(1, 3),
    dilation=st.integers(1, 3),
    padding=st.integers(0, 2),
    axes=st.sampled_from([1, 2, 3]),
)
def test_convolutions_and_poolings_of_any_number_of_axes(kernel, stride, dilation, padding, axes):
    conv, pool = getattr(nn, f"Conv{axes}d"), getattr(nn, f"MaxPool{axes}d")
    net = nn.Sequential(conv(1, 1, kernel, stride, padding, dilation), pool(2))
    one = (1,) * axes
    layers = [
        LayerGeometry((kernel,) * axes, (stride,) * axes, (padding,) * axes, (dilation,) * axes),
        LayerGeometry((2,) * axes, (2,) * axes),
    ]
    field = receptive_field(net)
    assert field == receptive_field(layers)
    assert len(field.centre(one)) == axes


def test_global_pooling_and_linear_layers_see_everything():
    conv = nn.Conv2d(1, 2, 3, 2, 1)
    heads = [
        nn.Sequential(conv, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Dropout(), nn.Linear(2, 3)),
        Calls(head, conv=conv, pool=nn.MaxPool2d(2), linear=nn.Linear(2 * 4 * 4, 5)),
        Calls(lambda self, x: F.adaptive_avg_pool2d(self.conv(x), (1, 1)).flatten(1), conv=conv),
        Calls(lambda self, x: torch.amax(self.conv(x), dim=[-1, -2]), conv=conv),
    ]
    for net in heads:
        assert receptive_field(net).whole
        assert receptive_field(net, input_size=16).window() == ((-1, 15), (-1, 15))


def test_fc6_sees_404_pixels_of_a_224_image():
    blocks: list[nn.Module] = []
    for depth in (2, 2, 3, 3, 3):
        blocks += [nn.Conv2d(1, 1, 3, padding=1) for _ in range(depth)]
        blocks.append(nn.MaxPool2d(2))
    net = nn.Sequential(*blocks, nn.AdaptiveAvgPool2d((7, 7)), nn.Flatten(), nn.Linear(49, 2))
    assert receptive_field(net, input_size=224).size == (404, 404)
    with pytest.raises(ValueError, match=r"node '18', a AdaptiveAvgPool2d: \(adaptive pooling has"):
        receptive_field(net)
    with pytest.raises(ValueError, match=r"adaptive pooling from \(10, 10\) to \(7, 7\) has uneq"):
        receptive_field(net, input_size=320)


def test_a_gated_map_sees_everything():
    net = Calls(gate, squeeze=nn.Conv2d(1, 1, 1), last=nn.Conv2d(1, 1, 3, padding=1))
    assert receptive_field(net, input_size=12).window() == ((0, 11), (0, 11))
