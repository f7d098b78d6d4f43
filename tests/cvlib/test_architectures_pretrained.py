"""Files of weights as they are really published, each with its trap; and wrong ones.

The files are written in the formats of the real ones: before 2020 PyTorch did not zip.
"""

import re
import warnings
from collections import OrderedDict
from typing import Any

import pytest
import torch
from torch import nn

from cvlib.architectures.networks import create, load_pretrained
from cvlib.architectures.networks import pretrained as module

SMALL = "cifar_resnet20"


@pytest.fixture
def path(tmp_path):
    return tmp_path / "weights.pth"


def bare(network):
    """A state dict without the `_metadata` that load_state_dict would look at, as a plain dict."""
    return dict(network.state_dict())


def same(network, state):
    ours = network.state_dict()
    return all(torch.equal(ours[key], value.to(ours[key].dtype)) for key, value in state.items())


def write_old(state, path):
    torch.save(state, path, _use_new_zipfile_serialization=False)


def test_a_state_dict_is_loaded_whole(path):
    source = create(SMALL, seed=1)
    torch.save(source.state_dict(), path)
    loaded = load_pretrained(SMALL, path)
    assert same(loaded, source.state_dict())
    assert not loaded.training
    x = torch.rand(2, 3, 32, 32)
    assert torch.equal(loaded(x), source.eval()(x))


def test_densenets_names_of_before_2018(path):
    source = bare(create("densenet121", seed=1))
    old = {
        re.sub(r"(denselayer\d+\.(?:norm|conv))(\d)\.", r"\1.\2.", key): value
        for key, value in source.items()
        if not key.endswith("num_batches_tracked")
    }
    assert "features.denseblock1.denselayer1.norm.1.weight" in old
    assert "features.denseblock4.denselayer16.conv.2.weight" in old
    assert "features.norm5.weight" in old
    write_old(old, path)
    loaded = load_pretrained("densenet121", path)
    assert same(loaded, {k: v for k, v in source.items() if "num_batches" not in k})
    old["features.denseblock1.denselayer1.norm1.weight"] = torch.ones(64)
    write_old(old, path)
    with pytest.raises(
        ValueError, match=r"denselayer1\.norm1\.weight twice, by its old and by its"
    ):
        load_pretrained("densenet121", path)


@pytest.mark.parametrize("name", ["resnet18", "wrn16_4"])
def test_a_file_without_num_batches_tracked(name, path):
    source = create(name, seed=1)
    state: Any = OrderedDict(
        (k, v) for k, v in source.state_dict().items() if "num_batches" not in k
    )
    state._metadata = OrderedDict({"": {"version": 2}})  # with which PyTorch would refuse
    write_old(state, path)
    loaded = load_pretrained(name, path)
    assert same(loaded, state)
    counts = [v for k, v in loaded.state_dict().items() if "num_batches" in k]
    assert counts
    assert not any(counts)


def test_half_precision_is_widened(path):
    source = create(SMALL, seed=1).half()
    torch.save(bare(source), path)
    loaded = load_pretrained(SMALL, path)
    assert {p.dtype for p in loaded.parameters()} == {torch.float32}
    assert same(loaded, source.float().state_dict())


@pytest.mark.parametrize("nest", ["state_dict", "model", "model_state_dict"])
@pytest.mark.parametrize("prefix", ["", "module.", "_orig_mod.", "module._orig_mod."])
def test_nested_and_prefixed_files(nest, prefix, path):
    source = create(SMALL, seed=1)
    state = {f"{prefix}{key}": value for key, value in source.state_dict().items()}
    torch.save({"epoch": 90, "arch": SMALL, nest: state, "optimizer": {"lr": 0.1}}, path)
    assert same(load_pretrained(SMALL, path), source.state_dict())


def test_a_prefix_is_cut_only_where_all_names_have_it(path):
    state = bare(create(SMALL, seed=1))
    state["module.conv1.weight"] = state.pop("conv1.weight")
    torch.save(state, path)
    with pytest.raises(
        ValueError, match=r"1 missing in the file: conv1\.weight; 1 not in the netw"
    ):
        load_pretrained(SMALL, path)


def published_with_heads(name):
    """What torchvision's file holds: all heads, and 1000 classes."""
    return bare(create(name, seed=1, aux_logits=True))


@pytest.mark.parametrize("name", ["googlenet", "inception_v3"])
def test_heads_and_colours_of_the_inception_files(name, path):
    state = published_with_heads(name)
    torch.save(state, path)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        loaded = load_pretrained(name, path)
    assert ("are not trained" in str([c.message for c in caught])) == (name == "googlenet")
    assert same(loaded, state)
    assert loaded.transform_input
    lean = load_pretrained(name, path, aux_logits=False, transform_input=False)
    assert len(lean.live_heads()) == 1
    assert not lean.transform_input
    assert same(lean, {k: v for k, v in state.items() if not k.lower().startswith("aux")})
    torch.save({k: v for k, v in state.items() if not k.lower().startswith("aux")}, path)
    assert len(load_pretrained(name, path).live_heads()) == 1
    with pytest.raises(ValueError, match=r"no auxiliary heads: give aux_logits=False$"):
        load_pretrained(name, path, aux_logits=True)


def test_another_number_of_classes(path):
    source = create(SMALL, num_classes=100, seed=1)
    torch.save(source.state_dict(), path)
    said = (
        r"fc\.weight \(\[100, 64\] in the file, \[10, 64\] here\).*fc has 100 classes in the file "
        r"and 10 here: give num_classes=100, or new_head=True to keep a fresh fc and load the rest"
    )
    with pytest.raises(ValueError, match=said):
        load_pretrained(SMALL, path)
    assert same(load_pretrained(SMALL, path, num_classes=100), source.state_dict())
    body = {k: v for k, v in source.state_dict().items() if not k.startswith("fc.")}
    fresh = load_pretrained(SMALL, path, new_head=True)
    assert same(fresh, body)
    assert fresh.fc.out_features == 10
    features = load_pretrained(SMALL, path, num_classes=0)
    assert same(features, body)
    assert features.eval()(torch.zeros(1, 3, 32, 32)).shape == (1, 64)


def test_a_new_head_is_new_even_where_the_old_one_fits(path):
    source = create(SMALL, seed=1)
    torch.save(source.state_dict(), path)
    loaded = load_pretrained(SMALL, path, new_head=True)
    assert not torch.equal(loaded.fc.weight, source.fc.weight)


def test_a_whole_pickled_module_is_refused_and_not_run(path, monkeypatch):
    class Trap(nn.Linear):
        def __setstate__(self, state):
            raise AssertionError("code of the file was run")

    monkeypatch.setattr(nn, "Trap", Trap, raising=False)
    Trap.__module__, Trap.__qualname__ = "torch.nn", "Trap"
    torch.save(Trap(2, 2), path)
    with pytest.raises(ValueError, match=r"a whole pickled module, and to read that is to run"):
        load_pretrained(SMALL, path)


def broken_files():
    good = bare(create(SMALL, seed=1))
    nan = dict(good, **{"layer1.0.conv1.weight": torch.full((16, 16, 3, 3), torch.nan)})
    whole = dict(good, **{"conv1.weight": torch.ones(16, 3, 3, 3, dtype=torch.int64)})
    return {
        "not finite": (nan, r"1 unusable: layer1\.0\.conv1\.weight \(not all numbers are finite\)"),
        "integers": (whole, r"1 unusable: conv1\.weight \(torch\.int64\)"),
        "another network": (
            bare(create("cifar_resnet32", seed=1)),
            r"72 not in the network: layer1",
        ),
        "a list": ([1, 2], "holds list, expected tensors by name"),
        "empty": ({}, "holds nothing, expected tensors by name"),
        "numbers": ({"epoch": 3, "weights": good}, "has 'epoch': int, expected tensors by name"),
    }


@pytest.mark.parametrize(("content", "message"), broken_files().values(), ids=broken_files())
def test_what_is_wrong_with_a_file_is_said_before_anything_is_built(
    content, message, path, monkeypatch
):
    torch.save(content, path)
    built = []

    def watched(*args, **options):
        built.append(create(*args, **options))
        return built[-1]

    monkeypatch.setattr(module, "create", watched)
    with pytest.raises(ValueError, match=message):
        load_pretrained(SMALL, path)
    assert all(p.is_meta for network in built for p in network.parameters())


def test_damaged_and_absent_files(path):
    with pytest.raises(FileNotFoundError, match="no file"):
        load_pretrained(SMALL, path)
    torch.save(bare(create(SMALL)), path)
    path.write_bytes(path.read_bytes()[:-2000])
    with pytest.raises(ValueError, match="is damaged: "):
        load_pretrained(SMALL, path)
    path.write_bytes(b"<html>404 not found</html>")
    with pytest.raises(ValueError, match="no file of PyTorch: it begins with b'<html>404"):
        load_pretrained(SMALL, path)
