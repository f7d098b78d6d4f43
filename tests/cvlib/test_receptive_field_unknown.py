"""What is not known about a module's windows is named, and a second image is refused."""

import re

import pytest
import torch
import torch.nn.functional as F  # noqa: N812
from receptive_field_nets import Calls
from torch import nn

from cvlib.receptive_field import receptive_field
from cvlib.receptive_field.module_graph import module_graph


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
    (Calls(lambda s, x: x[:, :, ::2, 1::2]), "node 'getitem', getitem: its receptive field is not"),
    (Calls(lambda s, x: F.pad(x, (0,) * 6 + (1, 1))), "(0, 0, 0, 0, 0, 0, 1, 1) pads the batch"),
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
