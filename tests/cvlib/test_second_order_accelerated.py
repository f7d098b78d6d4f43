"""What only the PyTorch side promises: compile, autocast, devices, and modules for any network."""

from typing import Any

import pytest
import torch
from on_torch import assert_compiles, assert_stays_on_its_device, call
from torch import nn
from twin_cases_second_order import features, maps

from cvlib.receptive_field import receptive_field
from cvlib.second_order import SORT, SORT_ROOT, TERMS, accelerated
from cvlib.second_order.accelerated import Fusion, ResidualBlock, ResidualStack, StochasticDepth

X = (2, 3, 6, 5)
#: Every name with the shapes of its tensors and its options.
CALLS: dict[str, tuple[list[tuple[int, ...]], dict[str, Any]]] = {
    "fuse": ([X, X], {"terms": ("sum", "max", "rectified_root_product")}),
    "sort": ([X, X], {}),
    "sort_root": ([X, X], {}),
    "stochastic_depth": ([X, X], {"survives": True, "probability": 0.5}),
    "mirror_descriptor": ([(3, 128)], {}),
    "max_sift": ([(3, 128)], {}),
    "reversal_invariant_features": ([X], {"extract": features}),
    "reversal_equivariant_maps": ([X], {"extract": maps}),
    "phrase_pool": ([X], {"sigma": 2.0}),
}
NO_GRAPH = {"cross_derivative"}


def test_every_function_is_called_here():
    functions = {n for n in accelerated.__all__ if n.islower()}
    assert set(CALLS) | NO_GRAPH == functions


@pytest.mark.parametrize("name", sorted(CALLS))
def test_compiles(name):
    assert_compiles(*call(accelerated, name, *CALLS[name]))


@pytest.mark.parametrize("name", sorted(CALLS))
def test_stays_on_its_device(name):
    assert_stays_on_its_device(*call(accelerated, name, *CALLS[name]))


@pytest.mark.parametrize("name", ["fuse", "sort", "sort_root", "stochastic_depth", "phrase_pool"])
def test_channels_last_comes_out_in_channels_last(name):
    function, arrays = call(accelerated, name, *CALLS[name])
    out = function(*(a.to(memory_format=torch.channels_last) for a in arrays))
    assert out.is_contiguous(memory_format=torch.channels_last)
    torch.testing.assert_close(out, function(*arrays))


def test_a_branch_in_half_precision_meets_a_shortcut_in_single_under_autocast():
    function, (x, f) = call(accelerated, "sort_root", *CALLS["sort_root"])
    with torch.autocast("cpu", torch.bfloat16):
        out = function(x, f.bfloat16())
    # bfloat16 keeps 8 bits, and with ε = 0.01 no slope is above 1 + 2.5 / (2 · 0.1)
    torch.testing.assert_close(out.float(), function(x, f), rtol=0.02, atol=0.1)


def test_the_cross_derivative_leaves_no_graph_and_works_inside_no_grad():
    f1, f2 = torch.randn(2, 5, requires_grad=True).unbind(0)
    with torch.no_grad():
        cross = accelerated.cross_derivative(f1, f2)
    assert cross.tolist() == [1.0] * 5
    assert not cross.requires_grad


def stack(**options):
    torch.manual_seed(0)
    return ResidualStack((4, 6), channels=3, **options)


@pytest.mark.parametrize("terms", [("sum",), SORT, SORT_ROOT, TERMS[:3]], ids=" + ".join)
def test_a_stack_with_any_fusion_has_the_same_weights_and_another_function(terms):
    plain, fused = stack().eval(), stack(terms=terms).eval()
    fused.load_state_dict(plain.state_dict())
    x = torch.randn(2, 3, 8, 8)
    same = torch.allclose(plain(x), fused(x))
    assert same == (terms == ("sum",))
    # written out: block by block, with the functions of the room
    y = fused.stem(x)
    for block in fused.blocks:
        assert isinstance(block, ResidualBlock)
        shortcut, branch = block.shortcut(y), block.branch(y)
        y = torch.relu(accelerated.fuse(shortcut, branch, terms=terms))
    torch.testing.assert_close(fused(x), fused.head(y))


@pytest.mark.parametrize("terms", [SORT_ROOT, TERMS], ids=" + ".join)
def test_a_fusion_does_not_hide_the_receptive_field(terms):
    plain, fused = (stack(terms=t, survival=(0.9, 0.8)).eval() for t in (("sum",), terms))
    fields = [receptive_field(nn.Sequential(net.stem, net.blocks)) for net in (plain, fused)]
    assert fields[0] == fields[1]
    # 3 of the stem, 2 · 2 of the first block, 2 + 2 · 2 of the second, which has stride 2
    assert fields[1].size == (13, 13)


def test_a_stack_compiles_and_lives_on_meta():
    module = stack(terms=SORT_ROOT)
    x = torch.randn(2, 3, 8, 8)
    assert_compiles(module.eval(), [x])
    assert module.to("meta")(x.to("meta")).shape == (2, 10)


def test_stochastic_depth_draws_for_the_batch_or_for_each_image():
    f = torch.ones(500, 2, 3, 3)
    torch.manual_seed(0)
    whole = [StochasticDepth(0.5)(f) for _ in range(20)]
    assert {tuple(out.unique().tolist()) for out in whole} == {(0.0,), (1.0,)}
    each = StochasticDepth(0.25, inverted=True, each_image=True)(f)
    kept = each[:, 0, 0, 0]
    assert set(kept.tolist()) == {0.0, 4.0}
    assert torch.equal(each, kept[:, None, None, None].expand_as(f))
    # six standard deviations of 500 coins of 1/4
    assert abs((kept > 0).float().mean().item() - 0.25) < 6 * (0.25 * 0.75 / 500) ** 0.5


def test_at_test_time_a_branch_has_its_mean_share():
    f = torch.randn(2, 3)
    assert torch.equal(StochasticDepth(0.25).eval()(f), f * 0.25)
    assert torch.equal(StochasticDepth(0.25, inverted=True).eval()(f), f)


def test_a_block_that_is_dropped_learns_nothing_and_passes_the_gradient():
    torch.manual_seed(0)
    network = stack(survival=(1.0, 1e-9)).train()
    x = torch.randn(4, 3, 8, 8, requires_grad=True)
    network(x).square().sum().backward()
    kept, dropped = network.blocks
    gradients = [
        [p.grad.abs().max().item() for p in block.branch.parameters() if p.grad is not None]
        for block in (kept, dropped)
    ]
    assert min(gradients[0]) > 0
    assert max(gradients[1]) == 0
    assert x.grad is not None
    assert x.grad.abs().max() > 0


def test_wrong_options_are_refused_when_a_module_is_made():
    with pytest.raises(ValueError, match="terms must be among"):
        Fusion(("cube",))
    with pytest.raises(ValueError, match="probability must be above 0"):
        StochasticDepth(0.0)
    with pytest.raises(ValueError, match="expected one survival a block, 4, got 1"):
        ResidualStack(survival=(0.5,))
    assert "sum + product" in repr(Fusion(SORT))
