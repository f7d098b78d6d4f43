"""Equal networks have equal canonical forms, different networks do not, and they are counted."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cvlib.architecture_search import (
    all_stages,
    bit_count,
    canonical_code,
    canonical_stage,
    count_networks,
    decode_stage,
    node_count,
    parse_code,
    parse_stage,
)
from cvlib.architecture_search.definition import same_stage_naive


def renumbered(stage, seed):
    """The same stage with its nodes in another order that goes from source to sink."""
    rng = np.random.default_rng(seed)
    graph = decode_stage(stage)
    order: list[int] = []
    while len(order) < graph.nodes:
        free = [n for n in range(1, graph.nodes + 1)
                if n not in order and {*graph.predecessors(n)} <= {*order}]  # fmt: skip
        order.append(int(rng.choice(free)))
    bits = [0] * len(stage)
    for i, j in graph.edges:
        first, second = order.index(i), order.index(j)
        bits[bit_count(second) + first] = 1
    return tuple(bits)


STAGES = st.integers(2, 6).flatmap(lambda k: st.tuples(*[st.integers(0, 1)] * bit_count(k)))


@given(stage=STAGES, seed=st.integers(0, 99))
def test_renumbering_changes_nothing(stage, seed):
    other = renumbered(stage, seed)
    assert sum(other) == sum(stage)
    assert canonical_stage(other) == canonical_stage(stage)


@given(stage=STAGES)
def test_the_canonical_form_is_a_code_of_the_same_stage(stage):
    canonical = canonical_stage(stage)
    assert len(canonical) == len(stage)
    assert canonical_stage(canonical) == canonical
    found = [decode_stage(s) for s in (stage, canonical)]
    assert same_stage_naive(found[0].edges, found[1].edges, found[0].nodes)
    assert found[1].isolated == tuple(range(len(found[0].kept) + 1, node_count(stage) + 1))


@pytest.mark.parametrize("nodes", [2, 3, 4])
def test_equal_forms_mean_equal_stages_and_no_others(nodes):
    stages = [*all_stages(nodes)]
    forms = [canonical_stage(stage) for stage in stages]
    edges = [decode_stage(stage).edges for stage in stages]
    for a in range(len(stages)):
        for b in range(a):
            assert (forms[a] == forms[b]) == same_stage_naive(edges[a], edges[b], nodes)


def test_the_papers_spaces_hold_so_many_networks():
    assert [count_networks((k,)) for k in (1, 2, 3, 4, 5)] == [1, 2, 6, 31, 302]
    assert count_networks((3, 4, 5)) == 56_172
    assert count_networks((3, 5)) == 1_812
    assert count_networks((3, 3)) == 36


def test_less_is_not_enough():
    """Dropping isolated nodes alone, or forgetting directions, counts other numbers."""
    for nodes, squeezed, undirected in ((3, 6, 4), (4, 47, 11), (5, 815, 34)):
        seen: set[object] = set()
        shapes: set[frozenset[tuple[int, int]]] = set()
        for stage in all_stages(nodes):
            graph = decode_stage(stage)
            place = {n: k for k, n in enumerate(graph.kept)}
            seen.add(tuple((place[i], place[j]) for i, j in graph.edges))
            if nodes < 5:
                both = {*graph.edges, *((j, i) for i, j in graph.edges)}
                if not any(same_stage_naive([*both], [*other], nodes) for other in shapes):
                    shapes.add(frozenset(both))
        assert len(seen) == squeezed
        assert not shapes or len(shapes) == undirected


def test_a_network_is_compared_stage_by_stage():
    one = parse_code("1-00 0-10-100")
    assert canonical_code(one) == canonical_code(parse_code("0-01 1-00-100"))
    assert canonical_code(one) != canonical_code(parse_code("0-10-100 1-00"))
    bits = np.array(parse_stage("0-01"))
    assert canonical_stage(bits) == parse_stage("1-00")  # type: ignore[arg-type]
