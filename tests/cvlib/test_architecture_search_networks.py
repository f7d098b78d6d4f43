"""The module of a code: what is in it, what it computes, that it trains and can be read."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from cvlib.architecture_search import (
    all_stages,
    bit_count,
    decode_stage,
    parse_code,
    parse_stage,
    stage_forward,
)
from cvlib.architecture_search.accelerated.networks import GeneticNetwork, GeneticStage
from cvlib.receptive_field import receptive_fields
from cvlib.receptive_field.module_graph import module_graph

FEW = settings(max_examples=30, deadline=None, derandomize=True, database=None)
STAGES = st.integers(2, 5).flatmap(lambda k: st.tuples(*[st.integers(0, 1)] * bit_count(k)))


def convolutions(module: nn.Module) -> list[nn.Conv2d]:
    return [m for m in module.modules() if isinstance(m, nn.Conv2d)]


@FEW
@given(bits=STAGES, seed=st.integers(0, 99))
def test_a_stage_in_training_is_the_reference(bits, seed):
    torch.manual_seed(seed)
    stage = GeneticStage(bits, 2, 3).double()
    nodes = decode_stage(bits).nodes
    w_nodes, norms = np.zeros((nodes + 1, 3, 3, 3, 3)), np.ones((2, nodes + 2, 3))
    for name, node in stage.nodes.items():
        conv = convolutions(node)[0]
        norm = next(m for m in node.modules() if isinstance(m, nn.BatchNorm2d))
        k = {"input": 0, "output": nodes + 1}.get(name) if name.isalpha() else int(name)
        assert k is not None
        nn.init.normal_(norm.weight, 1, 0.1)
        nn.init.normal_(norm.bias)
        norms[:, k] = [p.detach().numpy() for p in (norm.weight, norm.bias)]
        if k:
            w_nodes[k - 1] = conv.weight.detach().numpy()
    x = torch.randn(2, 2, 4, 3, dtype=torch.double)
    w_input = convolutions(stage)[0].weight.detach().numpy()
    expected, _ = stage_forward(x.numpy(), w_input, w_nodes, *norms, bits=bits)
    with torch.no_grad():
        np.testing.assert_allclose(stage(x).numpy(), expected, rtol=1e-9, atol=1e-10)


@pytest.mark.parametrize("nodes", [2, 3, 4])
def test_a_stage_has_the_convolutions_of_its_graph_and_no_others(nodes):
    for bits in all_stages(nodes):
        stage = GeneticStage(bits, 1, 2)
        assert len(convolutions(stage)) == decode_stage(bits).convolutions
        out = stage(torch.randn(1, 1, 4, 4))
        out.sum().backward()
        assert all(p.grad is not None for p in stage.parameters())


def test_the_papers_network_for_cifar():
    network = GeneticNetwork("1-11 1-11-111 1-11-111-1111", channels=(8, 16, 32))
    found = convolutions(network)
    assert len(found) == 18
    assert {c.kernel_size for c in found} == {(5, 5)}
    assert [c.out_channels for c in found] == [8] * 5 + [16] * 6 + [32] * 7
    assert network(torch.randn(2, 3, 32, 32)).shape == (2, 10)
    assert isinstance(network.classifier[1], nn.Linear)
    assert network.classifier[1].in_features == 32 * 4 * 4
    small = GeneticNetwork(parse_code("0-00 0-00-000 0-00-000-0000"), channels=(8, 16, 32))
    assert len(convolutions(small)) == 3
    assert small.code == "0-00 0-00-000 0-00-000-0000"


def test_the_receptive_field_is_that_of_the_longest_path():
    for text, depth in (("0-00", 1), ("1-00", 4), ("1-01", 5), ("1-11", 5), ("0-11", 4)):
        stage = GeneticStage(parse_stage(text), 1, 2)
        graph = module_graph(stage)
        size = receptive_fields(graph)[graph.output].axes[0].size
        assert size == 1 + 2 * depth


def test_a_seed_is_all_that_decides_the_start():
    def drawn(seed):
        torch.manual_seed(np.random.default_rng().integers(1 << 30))
        return GeneticNetwork("1-01", channels=[4], image_size=8, in_channels=1, seed=seed)

    one, same, other = (list(drawn(seed).parameters()) for seed in (3, 3, 4))
    assert all(torch.equal(p, q) for p, q in zip(one, same, strict=True))
    assert not torch.equal(one[0], other[0])


def test_without_hidden_units_any_size_will_do():
    network = GeneticNetwork("1-01 0-00", channels=[4, 6], in_channels=1, image_size=8, hidden=0)
    for size in (8, 13):
        assert network(torch.randn(3, 1, size, size)).shape == (3, 10)


def test_it_is_traced_whole_and_channels_last_stays():
    stage = GeneticStage(parse_stage("1-00-111"), 3, 4).eval()
    x = torch.randn(2, 3, 6, 5).to(memory_format=torch.channels_last)
    traced = torch.fx.symbolic_trace(stage)
    with torch.no_grad():
        assert torch.equal(traced(x), stage(x))
        assert stage(x).is_contiguous(memory_format=torch.channels_last)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: GeneticStage((1, 0), 1, 2), "3, 6, 10, … K"),
        (lambda: GeneticStage((1,), 1, 2, kernel_size=4), "kernel_size must be odd.*got 4"),
        (lambda: GeneticNetwork("1-01 1", channels=[4]), "one number a stage, 2, got 1"),
        (lambda: GeneticNetwork("", channels=[]), "at least one stage"),
        (
            lambda: GeneticNetwork("1 1 1", channels=[4, 4, 4], image_size=7),
            "image_size must be at least 8: 3 poolings halve it, got 7",
        ),
    ],
)
def test_errors_say_what_was_expected(call, message):
    with pytest.raises(ValueError, match=message):
        call()
