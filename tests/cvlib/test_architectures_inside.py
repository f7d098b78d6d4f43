"""What is inside the networks: residual blocks, norms, first weights, and maps on the way."""

import pytest
import torch
from torch import nn
from torch.nn import functional

from cvlib.architectures.networks import create, extract, residual_blocks
from cvlib.normalization import local_response_norm_forward


def on_meta(name, **options):
    with torch.device("meta"):
        return create(name, **options)


def test_a_plain_network_has_no_way_around_and_starts_as_its_twin():
    residual, plain = (create("cifar_resnet20", seed=3, residual=flag).eval() for flag in (1, 0))
    assert len(residual_blocks(residual)) == 9
    assert residual_blocks(plain) == []
    assert all(map(torch.equal, residual.state_dict().values(), plain.state_dict().values()))
    x = torch.rand(2, 3, 32, 32)
    assert not torch.allclose(residual(x), plain(x))
    for block in residual_blocks(residual):
        block.fusion = lambda out, _: out
    assert torch.equal(residual(x), plain(x))


def test_blocks_that_start_at_zero_are_the_identity():
    network = create("cifar_resnet20", seed=0, zero_init_residual=True).eval()
    x = torch.randn(2, 3, 32, 32)
    stem = functional.relu(network.bn1(network.conv1(x)))
    assert torch.equal(network.layer1(stem), stem)


def test_the_norm_of_alexnet_is_the_one_of_chapter_6():
    norm = next(
        m for m in on_meta("alexnet_paper").modules() if isinstance(m, nn.LocalResponseNorm)
    )
    x = (
        torch.randn(2, 9, 3, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
        * 40
    )
    torch.testing.assert_close(
        norm(x), torch.from_numpy(local_response_norm_forward(x.numpy())[0]), rtol=1e-12, atol=0
    )


def test_what_he_demands_of_the_first_weights():
    for name in ("wrn16_4", "mobilenet_v1"):
        for layer in create(name, seed=0, num_classes=2).modules():
            if isinstance(layer, nn.Conv2d) and layer.weight.numel() > 20_000:
                fan_out = layer.weight.numel() / layer.weight.shape[1]
                assert layer.weight.std().item() == pytest.approx((2 / fan_out) ** 0.5, rel=0.03)
                assert (
                    abs(layer.weight.mean().item())
                    < 5 * (2 / fan_out / layer.weight.numel()) ** 0.5
                )


def test_maps_on_the_way():
    network = create("cifar_resnet20", seed=0).eval()
    x = torch.rand(2, 3, 32, 32)
    found = extract(network, x, ["layer2", "conv1", "layer1.0.bn1", "fc"])
    assert [*found] == ["layer2", "conv1", "layer1.0.bn1", "fc"]
    assert torch.equal(found["conv1"], network.conv1(x))
    assert found["layer2"].shape == (2, 32, 16, 16)
    assert found["layer1.0.bn1"].min() < 0
    assert torch.equal(found["fc"], network(x))
    found["layer2"].sum().backward()
    assert network.layer1[0].conv1.weight.grad is not None
    assert network.layer3[0].conv1.weight.grad is None
    assert not network.conv1._forward_hooks


def test_copies_that_no_later_step_changes():
    model = nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU(inplace=True))
    assert extract(model, torch.randn(1, 1, 9, 9), ["0"])["0"].min() < 0


def test_names_that_cannot_be_extracted():
    network = on_meta("googlenet").eval()
    x = torch.empty(1, 3, 64, 64, device="meta")
    with pytest.raises(KeyError, match=r"no module 'inception4'; did you mean inception4"):
        extract(network, x, ["inception4"])
    with pytest.raises(ValueError, match="module 'aux1' ran 0 times, expected once"):
        extract(network, x, ["aux1"])
    assert not network.aux1._forward_hooks
