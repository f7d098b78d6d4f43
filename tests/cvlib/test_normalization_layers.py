"""The layers hold parameters and running statistics as PyTorch's modules do."""

import numpy as np
import pytest
import torch
from torch import nn

from cvlib.layers.layer import Sequential
from cvlib.normalization import (
    BatchNorm1d,
    BatchNorm2d,
    GroupNorm,
    InstanceNorm2d,
    LayerNorm,
    LocalResponseNorm,
)

RNG = np.random.default_rng(9)
DTYPE = np.float64

PAIRS = [
    (BatchNorm1d(5, dtype=DTYPE), nn.BatchNorm1d(5), (6, 5)),
    (BatchNorm1d(5, momentum=0.3, dtype=DTYPE), nn.BatchNorm1d(5, momentum=0.3), (6, 5, 4)),
    (BatchNorm2d(4, eps=1e-2, dtype=DTYPE), nn.BatchNorm2d(4, eps=1e-2), (3, 4, 5, 6)),
    (LayerNorm((4, 5, 6), dtype=DTYPE), nn.LayerNorm((4, 5, 6)), (3, 4, 5, 6)),
    (LayerNorm(6, dtype=DTYPE), nn.LayerNorm(6), (3, 4, 6)),
    (GroupNorm(2, 4, dtype=DTYPE), nn.GroupNorm(2, 4), (3, 4, 5, 6)),
    (InstanceNorm2d(4, dtype=DTYPE), nn.InstanceNorm2d(4, affine=True), (3, 4, 5, 6)),
    (LocalResponseNorm(3, alpha=0.5, average=True), nn.LocalResponseNorm(3, 0.5, k=2.0),
     (3, 4, 5, 6)),
]  # fmt: skip


@pytest.mark.parametrize(("layer", "module", "shape"), PAIRS, ids=lambda p: type(p).__name__)
def test_layers_agree_with_modules_through_training_and_testing(layer, module, shape):
    module = module.double()
    ours = [p.value for p in layer.parameters()]
    for mine, theirs in zip(ours, module.parameters(), strict=True):
        mine[...] = RNG.standard_normal(mine.shape)
        theirs.data.copy_(torch.from_numpy(mine))
    for step in range(3):
        x, dout = 2 * RNG.standard_normal(shape) + 1, RNG.standard_normal(shape)
        training = step < 2
        module.train(training)
        xt = torch.from_numpy(x).requires_grad_()
        out, expected = layer.forward(x, training=training), module(xt)
        assert np.allclose(out, expected.detach().numpy(), rtol=1e-9, atol=1e-11)
        module.zero_grad()
        expected.backward(torch.from_numpy(dout))
        assert xt.grad is not None
        assert np.allclose(layer.backward(dout), xt.grad.numpy(), rtol=1e-8, atol=1e-10)
        for mine, theirs in zip(layer.parameters(), module.parameters(), strict=True):
            assert np.allclose(mine.grad, theirs.grad.numpy(), rtol=1e-9, atol=1e-10)
    for name, buffer in layer.buffers.items():
        assert np.allclose(buffer, getattr(module, name).numpy(), rtol=1e-12)


def test_scale_and_shift_do_not_decay_and_start_as_the_identity():
    for layer in (BatchNorm2d(3), LayerNorm((3, 2, 2)), GroupNorm(3, 3), InstanceNorm2d(3)):
        gamma, beta = layer.parameters()
        assert not gamma.decay
        assert not beta.decay
        assert np.all(gamma.value == 1)
        assert np.all(beta.value == 0)
        assert gamma.value.dtype == np.float32
    assert list(LocalResponseNorm().parameters()) == []


def test_a_checkpoint_holds_the_running_statistics():
    network = Sequential(BatchNorm2d(3), LocalResponseNorm(), BatchNorm2d(3))
    assert sorted(network.state()) == [
        f"{k}.{name}" for k in (0, 2) for name in ("beta", "gamma", "running_mean", "running_var")
    ]
    x = RNG.standard_normal((4, 3, 2, 2)).astype(np.float32)
    for _ in range(4):
        network.forward(3 * x + 1, training=True)
    copy = Sequential(BatchNorm2d(3), LocalResponseNorm(), BatchNorm2d(3))
    assert not np.allclose(copy.forward(x), network.forward(x), atol=1e-2)
    copy.load_state(network.state())
    assert np.array_equal(copy.forward(x), network.forward(x))


def test_testing_is_the_default_and_changes_no_statistics():
    layer = BatchNorm2d(2)
    x = 5 + RNG.standard_normal((4, 2, 3, 3)).astype(np.float32)
    assert np.allclose(layer.forward(x), x, rtol=1e-4)
    assert np.all(layer.buffers["running_mean"] == 0)
    layer.forward(x, training=True)
    assert np.all(layer.buffers["running_mean"] != 0)


@pytest.mark.parametrize(
    ("layer", "shape", "expected"),
    [
        (BatchNorm1d(3), (2, 3, 4, 4), r"expected x of shape \(N, C\) or \(N, C, L\), got \(2, 3"),
        (BatchNorm2d(3), (2, 3), r"expected x of shape \(N, C, H, W\), got \(2, 3\)"),
    ],
)
def test_each_batch_norm_wants_its_own_kind_of_input(layer, shape, expected):
    with pytest.raises(ValueError, match=expected):
        layer.forward(np.ones(shape, np.float32), training=True)
