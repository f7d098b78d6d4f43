"""The networks are torchvision's: the same keys and shapes, the same scores of the same weights.

What torchvision gives stands in a table, see `architectures_torchvision.py`, which compares with
the real library wherever that is installed.
"""

import json

import pytest
import torch
from architectures_fixed_weights import numbers, outline
from architectures_torchvision import HEADS, ODD, TABLE, USUAL, relative_error, results

from cvlib.architectures.networks import create

#: Six numbers of one name, written down once.
FIRST = [0.2548901035437948, 0.9730598584053137, 0.8391804392159102, 0.05812336017284414,
         0.8223494404728525, 0.19887873668901435]  # fmt: skip
KEPT = json.loads(TABLE.read_text("utf-8"))
#: Compared in full by the script only, since smaller ones of the same blocks are compared here.
LARGE = {
    "vgg11", "vgg13", "vgg16", "vgg19", "vgg11_bn", "vgg16_bn", "resnet34", "resnet101",
    "resnet152", "wide_resnet50_2", "wide_resnet101_2", "densenet169", "densenet201", "densenet161",
}  # fmt: skip


def test_the_table_has_all_of_them():
    assert [*KEPT] == [*ODD]
    assert len(KEPT) == 25
    assert {name for name, row in KEPT.items() if "usual" in row} == {*USUAL}
    assert {name for name, row in KEPT.items() if "heads" in row} == {*HEADS}


@pytest.mark.parametrize("name", KEPT)
def test_keys_and_shapes(name):
    with torch.device("meta"):
        assert outline(create(name)) == KEPT[name]["keys"]


@pytest.mark.parametrize("name", [name for name in KEPT if name not in LARGE])
def test_scores_with_the_same_weights(name):
    row = {kind: values for kind, values in KEPT[name].items() if kind != "keys"}
    ours = results(name, lambda: create(name))
    assert ours.keys() == row.keys()
    errors = {kind: relative_error(values, row[kind]) for kind, values in ours.items()}
    assert max(errors.values()) < 1e-8, errors


def test_the_comparison_sees_a_wrong_constant():
    """The ε of GoogLeNet's batch norm, the only thing that is changed here, is 0.001."""

    def wrong():
        network = create("googlenet")
        for module in network.modules():
            if isinstance(module, torch.nn.BatchNorm2d):
                module.eps = 1e-5
        return network

    assert relative_error(results("googlenet", wrong)["odd"], KEPT["googlenet"]["odd"]) > 1e-4


def test_the_numbers_are_what_they_were():
    """SplitMix64 in exact integers gives them on any machine."""
    drawn = numbers("conv1.weight", (2, 3), 0.0, 1.0)
    assert drawn.shape == (2, 3)
    assert 0 <= drawn.min() <= drawn.max() < 1
    assert drawn.flatten().tolist() == FIRST
    many = numbers("fc.weight", ((1 << 20) + 5,), -1.0, 1.0)
    assert abs(many.mean().item()) < 5 / 3**0.5 / 1024
    assert many.square().mean().item() == pytest.approx(1 / 3, rel=0.01)
