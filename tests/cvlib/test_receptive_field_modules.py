"""Reading the windows off a PyTorch module: each kind of step, and words for what is unknown."""

import re

import pytest
import torch
import torch.nn.functional as F  # noqa: N812
from hypothesis import given, settings
from hypothesis import strategies as st
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


class Calls(nn.Module):
    """A module whose forward is the function it is given."""

    def __init__(self, forward, **parts):
        super().__init__()
        for name, part in parts.items():
            setattr(self, name, part)
        self.call = forward

    def forward(self, x):
        return self.call(self, x)


def alexnet_module():
    return nn.Sequential(
        nn.Conv2d(3, 8, 11, 4),
        nn.ReLU(),
        nn.LocalResponseNorm(3),
        nn.MaxPool2d(3, 2),
        nn.Conv2d(8, 8, 5, padding="same", groups=2),
        nn.ReLU(),
        nn.MaxPool2d(3, 2),
        nn.Conv2d(8, 8, 3, padding=1),
        nn.ReLU(),
        nn.Conv2d(8, 8, 3, padding=1),
        nn.ReLU(),
        nn.Conv2d(8, 8, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(3, 2),
    )


def test_a_module_gives_what_its_table_gives():
    field = receptive_field(alexnet_module())
    assert field == receptive_field(alexnet())
    assert receptive_field(alexnet_module(), node="6").size == (67, 67)


def bottleneck(channels, stride):
    def forward(self, x):
        y = F.relu(self.norm1(self.reduce(x)), inplace=True)
        y = torch.relu(self.norm2(self.three(y)))
        return (self.skip(x) + self.expand(y)).relu()

    return Calls(
        forward,
        reduce=nn.Conv2d(channels, 2, 1, bias=False),
        norm1=nn.BatchNorm2d(2),
        three=nn.Conv2d(2, 2, 3, stride, 1),
        norm2=nn.BatchNorm2d(2),
        expand=nn.Conv2d(2, channels, 1),
        skip=nn.Conv2d(channels, channels, 1, stride),
    )


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


def inception(self, x):
    pooled = F.avg_pool2d(x, kernel_size=3, stride=1, padding=1)
    deep = self.row(self.column(x))
    left, right = torch.chunk(deep, 2, dim=1)
    return torch.cat([self.one(x), left * 2 + right, pooled], dim=1)


def decoder(self, x):
    small = F.max_pool2d(self.first(x), 2)
    large = F.interpolate(self.second(small), scale_factor=2, mode="bilinear")
    return torch.cat((F.pad(x, (1, 1, 2, 2)), F.pad(large, (1, 1, 2, 2))), 1)


def gate(self, x):
    weight = torch.sigmoid(self.squeeze(x.mean((2, 3), keepdim=True)))
    return self.last(x * weight)


def head(self, x):
    x = self.pool(self.conv(x))
    return self.linear(x.view(x.size(0), -1))


NETS = {
    "stack": lambda: nn.Sequential(nn.Conv2d(1, 2, (3, 5), (1, 2), (0, 1), (2, 1)), nn.GELU()),
    "same padding": lambda: nn.Conv2d(1, 2, (3, 5), padding="same", dilation=(1, 3)),
    "pools": lambda: nn.Sequential(nn.AvgPool2d(2), nn.MaxPool2d(3, 2, 1, 2), nn.Dropout()),
    "ceil": lambda: nn.Sequential(nn.MaxPool2d(3, 2, ceil_mode=True), nn.Conv2d(1, 1, 3)),
    "padding": lambda: nn.Sequential(nn.ZeroPad2d((0, 1, 2, 3)), nn.Conv2d(1, 1, 3, 2)),
    "transposed": lambda: nn.Sequential(
        nn.Conv2d(1, 2, 3, 2, 1), nn.ConvTranspose2d(2, 1, 4, 2, 1, output_padding=1)
    ),
    "nearest": lambda: nn.Sequential(nn.Conv2d(1, 1, 3), nn.Upsample(scale_factor=3)),
    "bilinear": lambda: nn.Sequential(
        nn.Conv2d(1, 1, 3), nn.Upsample(scale_factor=(3, 2), mode="bilinear"), nn.Conv2d(1, 1, 3)
    ),
    "inception": lambda: Calls(
        inception, one=nn.Conv2d(1, 1, 1), column=nn.Conv2d(1, 2, (5, 1), padding=(2, 0)),
        row=nn.Conv2d(2, 2, (1, 7), padding=(0, 3)),
    ),
    "decoder": lambda: Calls(
        decoder, first=nn.Conv2d(1, 1, 3, padding=1), second=nn.Conv2d(1, 1, 3, padding=1)
    ),
    "functional convolution": lambda: Calls(
        lambda self, x: F.conv2d(x, self.weight, padding=1, dilation=(1, 2)),
        weight=nn.Parameter(torch.ones(1, 1, 3, 2)),
    ),
}  # fmt: skip


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


def test_upsampling_to_a_size_needs_the_size_of_the_map():
    net = nn.Sequential(nn.MaxPool2d(2), nn.Upsample(size=(16, 16)))
    assert receptive_field(net, input_size=16).stride == (1, 1)
    with pytest.raises(ValueError, match="upsampling to a fixed size: give input_size"):
        receptive_field(net)


def branching(self, x):
    return x if x.sum() > 0 else -x


CONV = nn.Conv2d(2, 2, 3)
UNKNOWN = [
    (nn.Sequential(CONV, nn.InstanceNorm2d(2)), "node '1', a InstanceNorm2d: takes statistics"),
    (nn.Sequential(CONV, nn.GroupNorm(1, 2)), "put nn.Identity in its place to leave them out"),
    (nn.Sequential(CONV, nn.Linear(4, 4)), "node '1', a Linear: its receptive field is not known"),
    (nn.Sequential(nn.Unfold(3)), "node '0', a Unfold: its receptive field is not known"),
    (nn.Conv2d(2, 2, 3, padding=1, padding_mode="circular"), "circular padding wraps round"),
    (nn.Upsample(scale_factor=1.5), "upsampling by (1.5, 1.5), which are no whole numbers"),
    (nn.Upsample(scale_factor=2, mode="bicubic"), "interpolation with mode='bicubic'"),
    (nn.Upsample(scale_factor=2, mode="bilinear", align_corners=True), "align_corners=True"),
    (Calls(branching), "torch.fx cannot trace Calls, because"),
    (Calls(lambda s, x: torch.einsum("nchw->nchw", x)), "node 'einsum', einsum: its receptive"),
    (Calls(lambda s, x: x.transpose(2, 3)), "node 'transpose', transpose: its receptive field"),
    (Calls(lambda s, x: torch.cat([x, x], 2)), "node 'cat', cat: its receptive field is not kno"),
    (Calls(lambda s, x: x[:, :, 1:]), "node 'getitem', getitem: its receptive field is not"),
    (Calls(lambda s, x: x.mean(2)), "node 'mean', mean: its receptive field is not known"),
    (Calls(lambda s, x: x.view(1, 2, -1)), "node 'view', view: its receptive field is not known"),
    (Calls(lambda s, x: F.conv2d(x, x)), "its kernel is not a parameter of the module"),
    (Calls(lambda s, x: F.pad(x, (1, 1), mode="reflect")), "node 'pad', pad: its receptive"),
    (Calls(lambda s, x: F.pad(x, (0, 0, 0, 0, 1, 1))), "padding (0, 0, 0, 0, 1, 1) pads channels"),
    (Calls(lambda s, x: (x, x + 1)), "returns 2 maps: expected one"),
]


@pytest.mark.parametrize(("net", "message"), UNKNOWN, ids=[m[:40] for _, m in UNKNOWN])
def test_what_is_not_known_is_named(net, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        module_graph(net)


class TwoImages(nn.Module):
    def forward(self, x, y, scale=2.0):
        return x * scale + y


class OneImage(nn.Module):
    def forward(self, x, scale=2.0):
        return x * scale


def test_a_second_image_is_refused_and_a_number_is_not():
    with pytest.raises(ValueError, match="is a second input, 'y': expected one image"):
        module_graph(TwoImages())
    assert receptive_field(OneImage()).size == (1, 1)
