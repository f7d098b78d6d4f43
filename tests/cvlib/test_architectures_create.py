"""Networks by name: what may be asked for, what is said of mistakes, and what a network can do."""

from typing import Any

import pytest
import torch

from cvlib.architectures.networks import (
    available,
    create,
    smallest_size,
)
from cvlib.architectures.networks.registry import register

#: One of each kind of head, with a size that it takes.
FAMILIES = {
    "lenet5": 32, "alexnet": 67, "vgg11": 32, "googlenet": 32, "inception_v2": 32,
    "inception_v3": 75, "cifar_resnet20": 8, "wrn16_4": 8, "cifar_densenet40_12": 8,
    "squeezenet1_1": 32, "mobilenet_v1": 16,
}  # fmt: skip


def on_meta(name, **options):
    with torch.device("meta"):
        return create(name, **options)


def images(network, size):
    return torch.empty(2, network.in_channels, size, size, device="meta")


def test_names_are_found_by_patterns():
    assert available("vgg*_bn") == ["vgg11_bn", "vgg13_bn", "vgg16_bn", "vgg19_bn"]
    assert available("resnet?0_paper") == ["resnet50_paper"]
    assert available("nothing") == []
    assert len(available()) == len(set(available())) > 40


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("resnet_50", r"no network 'resnet_50'; did you mean resnet50, resnet152"),
        ("googlnet", "did you mean googlenet, googlenet_paper"),
        ("xyz", r"no network 'xyz'; available\(\) lists what there is"),
    ],
)
def test_an_unknown_name_is_answered_with_the_nearest(name, message):
    with pytest.raises(KeyError, match=message):
        create(name)


@pytest.mark.parametrize(
    ("name", "options", "error", "message"),
    [
        ("resnet18", {"drop": 1}, TypeError, "resnet18 has no option 'drop'; it has shortcut, res"),
        ("resnet18", {"block": 1}, TypeError, "resnet18 has no option 'block'"),
        ("lenet5", {"dropout": 1}, TypeError, "lenet5 has no option 'dropout'; it has none"),
        ("lenet5", {"num_classes": -1}, ValueError, "num_classes must be a whole number of at lea"),
        (
            "lenet5",
            {"in_channels": 0},
            ValueError,
            "in_channels must be a whole number of at least",
        ),
        ("resnet18", {"shortcut": "C"}, ValueError, r"shortcut must be 'A' \(zeros\) or 'B'"),
        (
            "resnet50",
            {"stride_on": "5x5"},
            ValueError,
            "stride_on must be '3x3' or '1x1', got '5x5",
        ),
        ("mobilenet_v2", {"width_mult": 0}, ValueError, "width_mult must be above 0, got 0"),
        ("googlenet", {"in_channels": 1, "transform_input": True}, ValueError, "about 3 colours"),
    ],
)
def test_options_that_will_not_do(name, options, error, message):
    with pytest.raises(error, match=message):
        on_meta(name, **options)


def test_a_name_is_given_once():
    with pytest.raises(ValueError, match="there is a network 'vgg11' already"):
        register("vgg11", lambda **_: None)  # type: ignore[arg-type, return-value]


@pytest.mark.parametrize("name", ["lenet5", "cifar_resnet20", "squeezenet1_1"])
def test_weights_are_a_function_of_the_seed(name):
    torch.manual_seed(5)
    untouched = torch.rand(3)
    torch.manual_seed(5)
    one, same, other = (create(name, seed=seed).state_dict() for seed in (1, 1, 2))
    assert torch.equal(torch.rand(3), untouched)
    assert all(torch.equal(one[key], same[key]) for key in one)
    assert not all(torch.equal(one[key], other[key]) for key in one)


@pytest.mark.parametrize(("name", "size"), FAMILIES.items())
def test_no_classes_give_features_and_a_new_head_gives_classes(name, size):
    network = on_meta(name, num_classes=7, in_channels=2).eval()
    x = images(network, size)
    assert network(x).shape == (2, 7)
    network.reset_classifier(0)
    bare = on_meta(name, num_classes=0, in_channels=2).eval()
    assert [*network.state_dict()] == [*bare.state_dict()]
    assert network(x).shape == (2, network.num_features)
    bare.reset_classifier(3)
    assert bare(x).shape == (2, bare.num_classes) == (2, 3)
    assert bare.train().live_heads() == [network.heads[0]]  # no other heads come back


def test_a_new_head_is_drawn_anew_beside_the_old_weights():
    network = create("squeezenet1_1", seed=0).double()
    old = network.features[0].weight.clone()
    network.reset_classifier(5)
    head: Any = network.get_submodule("classifier.1")
    assert head.weight.dtype == torch.float64
    assert head.weight.std().item() == pytest.approx(0.01, rel=0.1)
    assert torch.equal(network.features[0].weight, old)
    with pytest.raises(ValueError, match="num_classes must be at least 0, got -1"):
        network.reset_classifier(-1)


@pytest.mark.parametrize(("name", "size"), [("googlenet", 64), ("inception_v3", 299)])
def test_heads_are_given_in_training_only(name, size):
    network = on_meta(name, num_classes=9)
    outputs = network.train()(images(network, size))
    assert all(scores.shape == (2, 9) for scores in outputs)
    assert outputs._fields[0] == "logits"
    assert network.eval()(images(network, size)).shape == (2, 9)
    network.reset_classifier(4)
    assert all(scores.shape == (2, 4) for scores in network.train()(images(network, size)))
    lean = on_meta(name, aux_logits=False).train()
    assert lean(images(lean, size)).shape == (2, 1000)


def test_a_gradient_of_each_head_reaches_the_first_layer():
    network = create("googlenet", num_classes=3, seed=0, dropout=0.0, dropout_aux=0.0)
    x = torch.randn(2, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    for scores in network(x):
        network.zero_grad()
        scores[:, 0].sum().backward(retain_graph=True)
        assert network.conv1.conv.weight.grad.abs().max() > 0


@pytest.mark.parametrize("name", ["alexnet", "squeezenet1_0"])
def test_an_image_that_is_too_small_is_refused_with_the_smallest_size(name):
    network = on_meta(name).eval()
    smallest = smallest_size(network)
    assert network(images(network, smallest)).shape == (2, 1000)
    said = rf"needs images of at least {smallest} × {smallest} pixels, got {smallest - 1} × 300"
    with pytest.raises(ValueError, match=said):
        network(torch.empty(1, 3, smallest - 1, 300, device="meta"))


def test_heads_need_larger_images():
    network = on_meta("inception_v3").train()
    with pytest.raises(ValueError, match=r"needs images of at least \d+ × \d+ pixels in training"):
        network(images(network, 200))


def test_images_of_another_shape_are_refused():
    network = create("lenet5")
    with pytest.raises(ValueError, match=r"x must have 4 axes \(N, C, H, W\), got 3"):
        network(torch.zeros(1, 32, 32))
    with pytest.raises(
        ValueError, match=r"the network has 1 input channels, x has 3 \(x.shape\[1\]"
    ):
        network(torch.zeros(1, 3, 32, 32))
    with pytest.raises(RuntimeError, match="should be the same"):  # PyTorch's own errors pass
        network(torch.zeros(1, 1, 32, 32, dtype=torch.float64))


@pytest.mark.parametrize("size", [(17, 40), (9, 33)])
def test_networks_take_images_of_any_size(size):
    for name in ("cifar_resnet20", "mobilenet_v2"):
        network = create(name, num_classes=3).eval()
        assert network(torch.zeros(2, 3, *size)).shape == (2, 3)
