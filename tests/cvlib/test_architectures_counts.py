"""Every network costs and sees what it should, read off the network itself on the meta device."""

from typing import Any

import pytest
import torch
from architectures_table import LONG, TABLE, VARIANTS
from torch import nn

from cvlib.architectures.counting import Cost, count, count_parameters
from cvlib.architectures.networks import (
    Features,
    available,
    create,
    smallest_size,
    usual_size,
)
from cvlib.receptive_field import receptive_field

HEADS = ("googlenet", "googlenet_paper", "inception_v3")


def on_meta(name, **options):
    with torch.device("meta"):
        return create(name, **options).eval()


def bare(name):
    return on_meta(name, **({"aux_logits": False} if name in HEADS else {}))


def test_the_table_has_every_network():
    assert sorted(TABLE) == available()


@pytest.mark.parametrize("name", TABLE)
def test_costs_and_receptive_fields(name):
    row, net = TABLE[name], bare(name)
    assert count_parameters(net) == row.parameters
    if name == LONG:
        return
    cost = count(net, usual_size(name), in_channels=net.in_channels)
    assert (cost.parameters, cost.macs) == (row.parameters, row.macs)
    assert row.activations in (None, cost.activations)
    field = receptive_field(Features(net))
    assert (field.size, field.stride) == ((row.field,) * 2, (row.stride,) * 2)


@pytest.mark.parametrize(
    "name",
    ["alexnet", "vgg11", "vgg16_bn", "googlenet", "inception_v3", "resnet18", "resnet50",
     "densenet121", "squeezenet1_0", "squeezenet1_1", "mobilenet_v2"],
)  # fmt: skip
def test_the_smallest_image_is_torchvisions(name):
    assert smallest_size(bare(name)) == TABLE[name].smallest


@pytest.mark.parametrize(("name", "options", "parameters", "macs"), VARIANTS)
def test_costs_of_variants(name, options, parameters, macs):
    cost = count(on_meta(name, **options), usual_size(name))
    assert cost.parameters == parameters
    digits = len(f"{macs}".split(".")[1])
    assert round(cost.macs / 1e6, digits) == macs


@pytest.mark.parametrize("name", ["cifar_resnet20", "cifar_resnet56"])
def test_a_plain_twin_costs_what_the_residual_net_with_shortcut_a_costs(name):
    size = usual_size(name)
    assert count(on_meta(name, residual=False), size) == count(on_meta(name), size)


def test_a_plain_imagenet_twin_costs_as_much_with_shortcut_a():
    plain, padded = on_meta("resnet34", residual=False), on_meta("resnet34", shortcut="A")
    assert count(plain, 224) == count(padded, 224)


def test_counting_by_hand():
    net = nn.Sequential(nn.Conv2d(4, 6, (3, 2), groups=2), nn.BatchNorm2d(6), nn.Flatten())
    net.append(nn.Linear(6 * 8 * 8, 5))
    assert count(net, (10, 9), in_channels=4) == Cost(
        parameters=6 * 2 * 6 + 6 + 12 + 384 * 5 + 5,
        macs=6 * 64 * (2 * 6) + 384 * 5,
        activations=6 * 64,
    )


def test_counting_leaves_a_network_as_it_was():
    net: Any = create("cifar_resnet20", seed=0).train()
    net.layer2.eval()
    before = {key: value.clone() for key, value in net.state_dict().items()}
    count(net, 32)
    assert net.training
    assert not net.layer2.training
    assert all(torch.equal(before[key], value) for key, value in net.state_dict().items())
    assert not net.conv1._forward_hooks
