"""The ledger's rows: what no other test counts, and the tables that show them."""

import re

import pytest
import torch
from architectures_table import TABLE
from torch import nn

from cvlib.architectures.ledger import (
    Cell,
    Comparison,
    Table,
    comparisons,
    comparisons_table,
    costs_table,
    depth,
    ledger,
    ledger_row,
)
from cvlib.architectures.networks import create, smallest_size
from cvlib.architectures.published import PUBLISHED
from cvlib.saved_tensors import saved_bytes

#: Layers with weights on the longest way, as the papers count them and as some names say.
DEPTHS = {
    "lenet5": 5, "alexnet": 8, "alexnet_paper": 8, "vgg11": 11, "vgg16_bn": 16, "googlenet": 22,
    "googlenet_paper": 22, "resnet18": 18, "resnet50": 50, "resnet50_paper": 50,
    "cifar_resnet20": 20, "cifar_densenet40_12": 40, "mobilenet_v1": 28,
}  # fmt: skip


@pytest.fixture(scope="module")
def rows():
    return {row.name: row for row in ledger(DEPTHS)}


def test_a_row_has_what_was_counted_elsewhere(rows):
    for name, row in rows.items():
        known = TABLE[name]
        assert (row.parameters, row.macs, row.field, row.stride) == (
            known.parameters, known.macs, known.field, known.stride,
        )  # fmt: skip
        assert known.activations in (None, row.activations)
        assert known.smallest in (None, row.smallest)
        assert row.no_field == ""


def test_depth_is_that_of_the_papers(rows):
    assert {name: row.depth for name, row in rows.items()} == DEPTHS


def test_a_wide_residual_network_is_named_after_all_its_convolutions():
    with torch.device("meta"):
        network = create("wrn16_4")
    convolutions = [m for m in network.modules() if isinstance(m, nn.Conv2d)]
    shortcuts = 3  # beside two convolutions each, so not on the longest way
    assert len(convolutions) == 16
    assert ledger_row("wrn16_4").depth == len(convolutions) - shortcuts + 1


def test_depth_by_hand():
    first, side, last = nn.Conv2d(2, 2, 1), nn.Conv2d(2, 2, 1), nn.Linear(2, 1)
    x = torch.ones(1, 2, 3, 3)
    assert depth(last((first(first(x)).relu() + side(x)).mean((2, 3)))) == 3
    with pytest.raises(ValueError, match="with gradients"):
        depth(x)


def test_depth_of_more_layers_than_python_calls_deep():
    layer, x = nn.Conv2d(1, 1, 1), torch.ones(1, 1, 1, 1)
    for _ in range(1500):
        x = layer(x)
    assert depth(x) == 1500


@pytest.mark.parametrize("name", ["lenet5", "cifar_resnet20", "squeezenet1_1", "googlenet"])
def test_what_is_kept_is_what_a_cpu_keeps(name):
    options = {"aux_logits": False} if name == "googlenet" else {}
    row, network = ledger_row(name), create(name, seed=0, **options)
    x = torch.ones(1, network.in_channels, row.size, row.size)
    there = [x, *network.parameters(), *network.buffers()]
    assert row.saved == saved_bytes(lambda: network(x), leave_out=there)


def test_what_is_kept_by_hand():
    with torch.device("meta"):
        layers, x = nn.Sequential(nn.Conv2d(3, 5, 1), nn.ReLU(), nn.Conv2d(5, 2, 3)), None
        x = torch.empty(1, 3, 8, 8)
    # the ReLU keeps its result, which the next convolution keeps, too: once
    assert saved_bytes(lambda: layers(x), leave_out=[x, *layers.parameters()]) == 5 * 64 * 4


@pytest.mark.parametrize("guess", [None, 1, 31, 32, 33, 200])
def test_a_guess_of_the_smallest_image_changes_nothing(guess):
    with torch.device("meta"):
        network = create("vgg11").eval()
    assert smallest_size(network, guess=guess) == TABLE["vgg11"].smallest == 32


def test_an_unknown_name_is_answered_with_the_nearest():
    with pytest.raises(KeyError, match="resnet50"):
        ledger(["resnet5"])


def test_comparisons_hold_what_is_printed():
    printed = [p for p in PUBLISHED if p.network in ("mobilenet_v2", "cifar_densenet40_12")]
    found = comparisons(printed)
    assert [c.printed for c in found] == printed
    assert [c.agrees for c in found] == [not p.because for p in printed]
    text = comparisons_table(found).to_markdown()
    assert "34,112 scales and shifts" in text
    assert re.search(r"cifar_densenet40_12 \| parameters \| 1\.0 \| 1\.020 \|.*it agrees", text)


def test_what_differs_says_so():
    assert not Comparison(PUBLISHED[0], 2_000_000).agrees


def test_a_table_sorts_by_exact_counts_and_shows_millions(rows):
    html = costs_table([rows["resnet50"]]).to_html()
    assert '<th scope="row">resnet50</th>' in html
    assert '<td class="number" data-value="25557032">25.557</td>' in html
    assert html.count('<th scope="col">') == html.count("<td") + 1


def test_a_table_of_words_and_gaps():
    table = Table("a < b", ("who", "size"), ((Cell("x|y"), Cell(1234)),
                                            (Cell("z"), Cell(None, why="no <way>"))))  # fmt: skip
    assert table.to_markdown().splitlines() == [
        "| who | size |", "| :-- | --: |", r"| x\|y | 1,234 |", "| z | – |",
    ]  # fmt: skip
    html = table.to_html()
    assert "<caption>a &lt; b</caption>" in html
    assert '<td class="number" data-value="" title="no &lt;way&gt;">–</td>' in html
    assert table._repr_mimebundle_() == {"text/html": html, "text/plain": table.to_markdown()}


def test_a_row_of_another_length_is_refused():
    with pytest.raises(ValueError, match="expected 2 cells a row, got 1 in that of 'x'"):
        Table("", ("a", "b"), ((Cell("x"),),))
