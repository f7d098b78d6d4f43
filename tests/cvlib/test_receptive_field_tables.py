"""The tables give the published sizes, and networks built from them show the same by gradient."""

import math
import subprocess
import sys

import pytest
import torch
from test_receptive_field_graphs import hull

from cvlib.receptive_field import (
    alexnet,
    densenet121,
    inception_v3,
    mobilenet_v1,
    receptive_field,
    receptive_fields,
    resnet50,
    vgg16,
)
from cvlib.receptive_field.gradients import gradient_support
from cvlib.receptive_field.graph_network import GraphNetwork

NETWORKS = {  # name: (network, field, padding, centre of unit 0)
    "AlexNet": (alexnet(), 195, 64, 33),
    "VGG-16": (vgg16(), 212, 90, 15.5),
    "VGG-16 to fc6": (vgg16(fc6=True), 404, 90, 111.5),
    "ResNet-50, stride on 1×1": (resnet50(stride_on="1x1"), 483, 241, 0),
    "ResNet-50, stride on 3×3": (resnet50(), 427, 213, 0),
    "Inception-v3": (inception_v3(), 1311, 618, 37),
    "MobileNet-v1": (mobilenet_v1(), 315, 157, 0),
    "DenseNet-121": (densenet121(), 2071, 1021, 14),
}


@pytest.mark.parametrize("name", NETWORKS)
def test_known_values(name):
    network, size, padding, centre = NETWORKS[name]
    field = receptive_field(network)
    assert field.size == (size, size)
    assert field.stride == (32, 32)
    assert field.padding == (padding, padding)
    assert field.centre() == (centre, centre)
    assert field.aligned


@pytest.mark.parametrize("name", NETWORKS)
def test_the_gradient_reaches_as_far(name):
    network = NETWORKS[name][0]
    axis = receptive_field(network).axes[0]
    unit = math.ceil(-axis.first / axis.stride)  # the first one that sees no padding
    first, last = axis.window(unit)
    mask = gradient_support(GraphNetwork(network), (1, last + 1, last + 1), unit=(unit, unit))
    assert hull(mask) == ((first, last), (first, last))
    corners = mask[first, first], mask[first, last], mask[last, first], mask[last, last]
    # 1 × 3 and 3 × 1 side by side reach to all sides and into no corner
    assert any(corners) == (name != "Inception-v3")


#: Published end points, (field, stride, padding): Araujo, Norris and Sim's table of TF-Slim nets.
END_POINTS = {
    "Inception-v3": {
        "conv1": (3, 2, 0), "conv2": (7, 2, 0), "conv3": (11, 2, 2), "pool1": (15, 4, 2),
        "conv4": (23, 4, 2), "pool2": (31, 8, 2), "A1": (63, 8, 18), "A2": (95, 8, 34),
        "A3": (127, 8, 50), "reduce1": (159, 16, 58), "B1": (351, 16, 154), "B2": (543, 16, 250),
        "B3": (735, 16, 346), "B4": (927, 16, 442), "reduce2": (1055, 32, 490),
        "C1": (1183, 32, 554), "C2": (1311, 32, 618),
    },
    "AlexNet": {
        "conv1": (11, 4, 0), "pool1": (19, 8, 0), "conv2": (51, 8, 16), "conv3": (99, 16, 32),
        "conv4": (131, 16, 48), "conv5": (163, 16, 64), "pool5": (195, 32, 64),
    },
    "VGG-16": {
        "conv1_1": (3, 1, 1), "pool1": (6, 2, 2), "conv2_1": (10, 2, 4), "pool2": (16, 4, 6),
        "conv3_2": (32, 4, 14), "pool3": (44, 8, 18), "conv4_2": (76, 8, 34),
        "pool4": (100, 16, 42), "conv5_1": (132, 16, 58), "pool5": (212, 32, 90),
    },
}  # fmt: skip


@pytest.mark.parametrize("name", END_POINTS)
def test_published_end_points_on_the_way(name):
    fields = receptive_fields(NETWORKS[name][0])
    for node, (size, stride, padding) in END_POINTS[name].items():
        field = fields[node]
        assert (field.size, field.stride) == ((size, size), (stride, stride)), node
        assert field.padding == (padding, padding), node


def test_resnet_grows_as_published():
    """The sizes after each stage; TF-Slim strides later and so has other strides on the way."""
    fields = receptive_fields(resnet50(stride_on="1x1"))
    ends = [fields[n].size[0] for n in ("conv2_3", "conv3_4", "conv4_6", "conv5_3")]
    assert ends == [35, 99, 291, 483]


def test_mobilenet_grows_as_published():
    fields = receptive_fields(mobilenet_v1())
    sizes = [fields[n].size[0] for n in ("conv1", *(f"depthwise{k}" for k in range(1, 14)))]
    assert sizes == [3, 7, 11, 19, 27, 43, 59, 91, 123, 155, 187, 219, 251, 315]


def test_every_pixel_of_a_strided_1x1_is_seen_all_the_same():
    graph = resnet50(stride_on="1x1")
    axis = receptive_field(graph).axes[0]
    unit = math.ceil(-axis.first / axis.stride)
    first, last = axis.window(unit)
    mask = gradient_support(GraphNetwork(graph), (1, last + 1, last + 1), unit=(unit, unit))
    assert mask[first:, first:].all()


def test_the_place_of_the_stride_is_checked():
    with pytest.raises(ValueError, match="stride_on must be '1x1' or '3x3', got '2x2'"):
        resnet50(stride_on="2x2")  # type: ignore[arg-type]


def test_references_import_neither_torch_nor_matplotlib():
    for module in ("cvlib.receptive_field", "cvlib.receptive_field.reference"):
        source = f"import sys, {module}; print({{'torch', 'matplotlib'}} & set(sys.modules))"
        done = subprocess.run(
            [sys.executable, "-c", source], capture_output=True, text=True, check=True
        )
        assert done.stdout.strip() == "set()"


def test_public_names_are_documented():
    import cvlib.receptive_field
    from cvlib.receptive_field import reference

    assert sorted(reference.__all__) == sorted(set(reference.__all__))
    for name in reference.__all__:
        assert getattr(cvlib.receptive_field, name) is getattr(reference, name)
        assert getattr(reference, name).__doc__


def test_a_network_of_a_graph_keeps_the_size_of_its_activations():
    network = GraphNetwork(resnet50(), channels=16, activation="relu", seed=1)
    x = torch.randn(1, 16, 128, 128)
    power = network(x).square().mean().item()
    assert 0.02 < power < 50
    graph = resnet50()
    graph.whole(graph.output)
    with pytest.raises(ValueError, match="node 'whole' is not a window of fixed size"):
        GraphNetwork(graph)
