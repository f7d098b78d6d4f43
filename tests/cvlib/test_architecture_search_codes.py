"""Codes are read and written as the paper does, and a bit means the connection it should."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cvlib.architecture_search import (
    all_codes,
    all_stages,
    bit_count,
    count_codes,
    decode_stage,
    format_code,
    format_stage,
    node_count,
    parse_code,
    parse_stage,
)


def stage_bits(most: int = 6) -> st.SearchStrategy[tuple[int, ...]]:
    counts = st.integers(1, most).map(bit_count)
    return counts.flatmap(lambda n: st.tuples(*[st.integers(0, 1)] * n))


@given(stage=stage_bits())
def test_writing_and_reading_undo_each_other(stage):
    assert parse_stage(format_stage(stage)) == stage
    assert format_stage(stage).count("-") == max(0, node_count(stage) - 2)


@given(code=st.lists(stage_bits().filter(len), min_size=1, max_size=4).map(tuple))
def test_so_do_they_for_whole_networks(code):
    assert parse_code(format_code(code)) == code


def test_numpys_bits_are_written_alike():
    bits = np.array([1, 0, 0, 1, 1, 1])
    assert format_stage(bits) == "1-00-111"  # type: ignore[arg-type]
    assert format_stage([True, False, False]) == "1-00"


def test_the_codes_of_the_papers_first_figure():
    graph = decode_stage(parse_stage("1-00-111"))
    assert graph.edges == ((1, 2), (1, 4), (2, 4), (3, 4))
    assert (graph.sources, graph.sinks, graph.isolated) == ((1, 3), (4,), ())
    graph = decode_stage(parse_stage("0-10-000-0011"))
    assert graph.edges == ((1, 3), (3, 5), (4, 5))
    assert (graph.sources, graph.sinks, graph.isolated) == ((1, 4), (5,), (2,))
    assert graph.kept == (1, 3, 4, 5)
    assert graph.predecessors(5) == (3, 4)


@pytest.mark.parametrize("text", ["1-01", "1-01-001", "1-01-001-0001"])
def test_a_chain_is_vgg(text):
    graph = decode_stage(parse_stage(text))
    assert graph.edges == tuple((i, i + 1) for i in range(1, graph.nodes))


def test_skips_and_all_earlier_nodes():
    assert decode_stage(parse_stage("1-01-101")).edges == ((1, 2), (2, 3), (1, 4), (3, 4))
    assert decode_stage(parse_stage("1-11-111")).edges == tuple(
        sorted(((i, j) for j in range(1, 5) for i in range(1, j)), key=lambda e: (e[1], e[0]))
    )


@given(stage=stage_bits())
def test_each_kept_node_is_joined_at_both_ends(stage):
    graph = decode_stage(stage)
    for node in graph.kept:
        assert bool(graph.predecessors(node)) != (node in graph.sources)
        assert any(i == node for i, _ in graph.edges) != (node in graph.sinks)
    for node in graph.isolated:
        assert all(node not in edge for edge in graph.edges)
    assert len(graph.edges) == sum(stage)


def test_all_zeros_is_one_convolution_and_all_ones_is_not_empty():
    empty, full = decode_stage((0,) * 6), decode_stage((1,) * 6)
    assert (empty.convolutions, empty.isolated) == (1, (1, 2, 3, 4))
    assert (full.convolutions, full.isolated) == (6, ())
    assert decode_stage(()).convolutions == 1


def test_how_often_grouping_by_source_reads_the_same():
    """Bits by source are a known slip, which no code of 3 nodes shows."""
    same = {}
    for nodes in (3, 4, 5):
        pairs = [(i, j) for i in range(1, nodes) for j in range(i + 1, nodes + 1)]
        same[nodes] = sum(
            {p for p, bit in zip(pairs, stage, strict=True) if bit} == {*decode_stage(stage).edges}
            for stage in all_stages(nodes)
        )
    assert same == {3: 8, 4: 32, 5: 32}


def test_the_papers_spaces_are_counted():
    assert count_codes((3, 4, 5)) == 524_288
    assert count_codes((3, 5)) == 8_192
    assert len({*all_codes((2, 3))}) == count_codes((2, 3)) == 16
    per_stage = [
        [decode_stage(stage).convolutions for stage in all_stages(nodes)] for nodes in (3, 4, 5)
    ]
    assert [min(c) for c in per_stage] == [1, 1, 1]
    assert sum(max(c) for c in per_stage) == 18
    assert sum(np.mean(c) for c in per_stage) == pytest.approx(16.3, abs=0.05)


@pytest.mark.parametrize(
    ("read", "message"),
    [
        (lambda: decode_stage((1, 0)), r"3, 6, 10, … K \(K - 1\) / 2 bits, got 2"),
        (lambda: decode_stage((1, 0, 2)), r"must be 0 or 1, got 2 \(stage\[2\]\)"),
        (lambda: parse_stage("1-0"), "group 2 of a stage must be 2 times 0 or 1"),
        (lambda: parse_stage("1-02"), "got '02' in '1-02'"),
        (lambda: parse_stage("100111"), "group 1 of a stage must be 1 times"),
        (lambda: parse_code("  "), "at least one stage"),
        (lambda: bit_count(0), "at least 1 node, got 0"),
    ],
)
def test_errors_say_what_was_expected(read, message):
    with pytest.raises(ValueError, match=message):
        read()
