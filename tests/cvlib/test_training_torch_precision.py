"""Mixed precision: 16 bits around float32 weights, and a loss that is scaled."""

import pytest
import torch
from torch import nn
from torch_points import CPU, network, problem, run, weights

from cvlib.training.loop import evaluate
from cvlib.training.precision import Precision


# float16 leaves out a step or two while it looks for its factor, and so moves further away
@pytest.mark.parametrize(("name", "apart"), [("bfloat16", 0.05), ("float16", 0.3)])
def test_mixed_precision_computes_in_16_bits_around_float32_weights(name, apart):
    seen = []

    def loss(outputs, targets):
        seen.append(outputs.dtype)
        return nn.functional.cross_entropy(outputs, targets)

    model, plain = network(), network()
    run(model, problem(100), epochs=6, precision=name, loss=loss)
    run(plain, problem(100), epochs=6)
    assert set(seen) == {getattr(torch, name)}
    assert {p.dtype for p in model.parameters()} == {torch.float32}
    difference = (weights(model) - weights(plain)).norm() / weights(plain).norm()
    assert 0 < difference < apart
    assert evaluate(model, problem(100), precision=name) > 0.95


def test_float16_scales_the_loss_so_that_small_gradients_survive():
    def smallest(precision):
        weight = nn.Parameter(torch.ones(1))
        optimizer = torch.optim.SGD([weight], lr=1.0)
        with precision.autocast():
            product = weight.view(1, 1) @ torch.full((1, 1), 1e-4)
        precision.step(product.float().sum() * 1e-5, optimizer)
        assert weight.grad is not None
        return weight.grad.item()

    assert smallest(Precision("float16", CPU)) == pytest.approx(1e-9, rel=0.01)
    unscaled = Precision("float16", CPU)
    unscaled.scaler = torch.amp.GradScaler("cpu", enabled=False)
    assert smallest(unscaled) == 0


def test_float16_leaves_out_a_step_that_overflows():
    precision = Precision("float16", CPU)
    weight = nn.Parameter(torch.ones(1))
    optimizer = torch.optim.SGD([weight], lr=1.0)
    before = precision.state()["scale"]
    precision.step((weight * float("inf")).sum(), optimizer)
    assert weight.item() == 1
    assert precision.state()["scale"] == before / 2
