"""Networks on other devices, in other layouts, compiled: the scores stay what they were."""

from typing import Any

import pytest
import torch
from torch import fx

from cvlib.architectures.networks import available, create, usual_size
from cvlib.receptive_field.module_graph import module_graph

#: Deeper ones of families that are read here; tracing them takes long.
READ_ELSEWHERE = {
    "cifar_resnet1202", "cifar_resnet110", "resnet101", "resnet152", "resnet101_paper",
    "resnet152_paper", "wide_resnet101_2", "densenet169", "densenet201", "densenet161",
    "cifar_densenet100_12", "cifar_densenet_bc250_24", "cifar_densenet_bc190_40",
}  # fmt: skip


def noise(*shape, dtype=torch.float32):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(0), dtype=dtype)


@pytest.mark.parametrize(
    ("name", "training", "size"),
    [("cifar_resnet20", True, 16), ("lenet5", False, 32)],
)
def test_a_network_compiles_in_one_piece(name, training, size):
    torch._dynamo.reset()
    network = create(name, num_classes=3, seed=0).double().train(training)
    for module in network.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = 0.0
    x = noise(2, network.in_channels, size, size, dtype=torch.float64)
    graphs = []

    def backend(graph, _):
        graphs.append(graph)
        return graph.forward

    compiled = torch.compile(network, backend=backend, fullgraph=True)(x)
    plain = network(x)
    assert len(graphs) == 1
    assert isinstance(compiled, tuple) == isinstance(plain, tuple) == (name == "googlenet")
    parts = zip(compiled, plain, strict=True) if isinstance(plain, tuple) else [(compiled, plain)]
    for ours, theirs in parts:
        torch.testing.assert_close(ours, theirs, rtol=1e-9, atol=1e-9)
    torch._dynamo.reset()


@pytest.mark.parametrize("name", ["cifar_resnet20", "squeezenet1_1", "mobilenet_v1", "googlenet"])
def test_channels_last_stays_so_and_changes_nothing(name):
    network: Any = create(name, num_classes=3, seed=0).double().eval()
    x = noise(2, 3, 64, 64, dtype=torch.float64)
    before = network(x)
    network = network.to(memory_format=torch.channels_last)
    maps = network.forward_features(x.to(memory_format=torch.channels_last))
    assert maps.is_contiguous(memory_format=torch.channels_last)
    torch.testing.assert_close(
        network(x.to(memory_format=torch.channels_last)), before, rtol=1e-9, atol=1e-9
    )


@pytest.mark.parametrize("name", ["cifar_resnet20", "lenet5", "wrn16_4"])
def test_from_meta_to_a_real_device(name):
    source = create(name, seed=0).eval()
    with torch.device("meta"):
        network = create(name).eval()
    assert all(p.is_meta for p in network.parameters())
    network.to_empty(device="cpu").load_state_dict(source.state_dict())
    x = noise(2, network.in_channels, 32, 32)
    assert torch.equal(network(x), source(x))


@pytest.mark.parametrize("name", ["cifar_resnet20", "mobilenet_v2"])
def test_bfloat16_under_autocast(name):
    network = create(name, seed=0).train()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        scores = network(noise(4, 3, 32, 32))
    scores.float().sum().backward()
    gradients = [p.grad for p in network.parameters()]
    assert all(g is not None and torch.isfinite(g).all() for g in gradients)


@pytest.mark.parametrize("name", [n for n in available() if n not in READ_ELSEWHERE])
def test_the_graph_of_the_whole_network_is_read(name):
    with torch.device("meta"):
        network = create(name).eval()
    size = usual_size(name)
    graph = module_graph(network, input_size=size)
    assert graph.sizes((size, size))[graph.output] == (1, 1)
    layers = {n for n, m in network.named_modules() if isinstance(m, torch.nn.Conv2d)}
    heads = tuple(f"{head.split('.')[0]}." for head in network.heads[1:])
    assert {n for n in layers if not n.startswith(heads)} <= {*graph.nodes}


@pytest.mark.parametrize("options", [{"transform_input": True}, {}])
def test_traced_by_fx_a_network_is_the_same_function(options):
    network = create("googlenet", num_classes=3, seed=0, **options).double().eval()
    x = noise(2, 3, 64, 64, dtype=torch.float64)
    torch.testing.assert_close(fx.symbolic_trace(network)(x), network(x), rtol=1e-12, atol=1e-12)
