"""Mini-batches: every example once an epoch, shared without loss, the same whoever loads them."""

import random

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.utils.data import Dataset

from cvlib.training import torch_random
from cvlib.training.torch_data import Batches, Examples


class Augmented(Dataset):
    """Examples that draw from all three sources of random numbers."""

    def __len__(self):
        return 9

    def __getitem__(self, index):
        noise = [random.random(), np.random.rand(), torch.rand(()).item()]
        return torch.tensor([index, *noise], dtype=torch.float64), index


class Labelled:
    images = np.arange(12, dtype=np.float32).reshape(3, 1, 2, 2)
    labels = np.array([0, 1, 2])


def numbered(count):
    return torch.arange(count), torch.arange(count)


@given(
    count=st.integers(1, 40),
    size=st.integers(1, 12),
    processes=st.integers(1, 5),
    seed=st.integers(0, 10),
    data=st.data(),
)
def test_shares_cover_each_example_once_and_weigh_to_the_mean(count, size, processes, seed, data):
    batches = Batches(numbered(count), size, seed=seed)
    start = data.draw(st.integers(0, len(batches)))
    order = batches.order(2)
    assert sorted(order) == list(range(count))
    by_rank = [
        list(batches.shares(2, order, start=start, rank=rank, processes=processes))
        for rank in range(processes)
    ]
    assert {len(shares) for shares in by_rank} == {len(batches) - start}
    for number, shares in enumerate(zip(*by_rank, strict=True), start):
        batch = order[number * size : (number + 1) * size]
        seen = [int(i) for share in shares for i in share.inputs[: share.examples]]
        assert sorted(seen) == sorted(batch)
        assert all(len(share.inputs) >= 1 for share in shares)
        values = [share.weight * float(share.targets.double().mean()) for share in shares]
        assert np.mean(values) == pytest.approx(batch.mean())


def test_the_order_depends_on_seed_and_epoch_only():
    batches = Batches(numbered(30), 4, seed=5)
    assert np.array_equal(batches.order(1), Batches(numbered(30), 7, seed=5).order(1))
    assert not np.array_equal(batches.order(1), batches.order(2))
    assert not np.array_equal(batches.order(1), Batches(numbered(30), 4, seed=6).order(1))


def loaded(seed=1, epoch=0, **options):
    workers = options.pop("workers", 0)
    batches = Batches(Augmented(), 4, seed=seed, workers=workers)
    order = np.arange(9)
    return torch.cat([s.inputs[: s.examples] for s in batches.shares(epoch, order, **options)])


def test_an_augmented_example_is_the_same_whoever_loads_it_and_when():
    alone = loaded()
    assert torch.equal(loaded(workers=2), alone)
    assert torch.equal(loaded(start=1), alone[4:])
    shared = torch.cat([loaded(rank=rank, processes=2) for rank in range(2)])
    assert torch.equal(shared[shared[:, 0].argsort()], alone)


def test_its_noise_differs_by_example_epoch_and_seed():
    noise = loaded()[:, 1:]
    assert len(noise.unique()) == noise.numel()
    for other in (loaded(epoch=1), loaded(seed=2)):
        assert not torch.isin(other[:, 1:], noise).any()


def test_loading_leaves_the_random_sources_alone():
    before = torch_random.states()
    loaded()
    loaded(workers=1)
    after = torch_random.states()
    assert str(before) == str(after)
    assert torch.equal(before["torch"], after["torch"])


@given(seed=st.integers(0, 2**63))
def test_states_come_back_exactly(seed):
    with torch_random.preserved():
        torch_random.reseed(seed)
        np.random.randn()  # leaves half a pair of normal numbers behind
        kept = torch_random.states()
        drawn = random.random(), np.random.randn(), torch.rand(1).item()
        torch_random.reseed(seed + 1)
        assert random.random() != drawn[0]
        torch_random.restore(kept)
        assert (random.random(), np.random.randn(), torch.rand(1).item()) == drawn


def test_images_with_labels_become_tensors():
    images, labels = Examples(Labelled())[0, [2, 0]]
    assert images.tolist() == Labelled.images[[2, 0]].tolist()
    assert labels.tolist() == [2, 0]
    assert images.dtype == torch.float32


@pytest.mark.parametrize("lengths", [(3, 2), (3,), (2, 2, 2)])
def test_inputs_and_targets_must_pair_up(lengths):
    with pytest.raises(ValueError, match=r"as many targets, got lengths \["):
        Examples(tuple(torch.zeros(n) for n in lengths))


def test_no_examples_and_bad_sizes_are_refused():
    with pytest.raises(ValueError, match="at least one example, got none"):
        Batches(numbered(0), 4)
    with pytest.raises(ValueError, match="workers must be at least 0, got -1"):
        Batches(numbered(4), 4, workers=-1)
