"""What the chapter on second order measures: signals that grow, networks that train, bytes kept."""

from typing import Any

import numpy as np
import pytest
import torch

from cvlib.second_order.accelerated import ResidualStack
from cvlib.second_order.experiments import (
    FUSIONS,
    extra_multiplications,
    fusion_bytes,
    saved_bytes,
    signal_growth,
    step_seconds,
    train_fusions,
)

SHORT: dict[str, Any] = {"steps": 3, "widths": (4, 6)}


@pytest.fixture(autouse=True)
def one_thread():
    torch.set_num_threads(1)


@pytest.fixture(scope="module")
def grown():
    return signal_growth(tuple(FUSIONS), seeds=(0, 1, 2))


def test_a_sum_grows_like_a_root_of_the_depth_and_a_max_more_slowly(grown):
    # each block adds numbers of mean square 1 that know nothing of what is there
    assert np.all(np.abs(grown.exponent("sum") - 0.5) < 0.1)
    assert np.all(grown.exponent("max") < 0.35)


def test_the_root_makes_growth_a_power_of_the_depth_and_the_product_one_of_ten(grown):
    assert np.all(
        (grown.exponent("sum + root product") > 1) & (grown.exponent("sum + root product") < 2)
    )
    assert np.all(grown.sizes["sum + root product"][:, -1] < 1e3)
    assert np.all(grown.rate("sum + rectified product") > 0.25)
    assert np.all(grown.sizes["sum + rectified product"][:, -1] > 1e12)


def test_sum_and_max_together_double_the_signal_in_every_block(grown):
    # x + F(x) + max(x, F(x)) is about 2 x once x is large
    assert np.all(np.abs(grown.rate("sum + max") - np.log10(2)) < 0.02)


def test_the_product_alone_dies(grown):
    deep = grown.sizes["product"][:, grown.depths.index(27)]
    assert np.all(deep < 1e-9)
    assert np.all(grown.rate("product") < -0.3)


def test_all_fusions_start_from_the_same_noise_and_a_seed_decides_it(grown):
    starts = np.array([sizes[:, 0] for sizes in grown.sizes.values()])
    assert np.all(starts == starts[0])
    assert len(set(starts[0])) == 3
    again = signal_growth(["sum"], seeds=[1], depths=(1, 9))
    assert np.array_equal(again.sizes["sum"], grown.sizes["sum"][1:2, :3])


def test_without_a_norm_the_degrees_multiply_and_soon_nothing_is_a_number():
    bare = signal_growth(["sum", "sum + product"], seeds=[0, 1], depths=(1, 27), norm=False)
    assert np.all(np.isfinite(bare.sizes["sum"]))
    assert np.all(bare.sizes["sum + product"][:, -1] == np.inf)


def test_growth_refuses_what_it_cannot_measure(grown):
    with pytest.raises(ValueError, match="fusion must be one of sum, max, product"):
        signal_growth(["cube"], seeds=[0])
    with pytest.raises(ValueError, match="depths that grow"):
        signal_growth(["sum"], seeds=[0], depths=(9, 1))
    with pytest.raises(ValueError, match=r"start must be one of \(1, 9, 27\), got 5"):
        grown.exponent("sum", start=5)


def test_products_alone_do_not_train_and_the_sum_does():
    trained = train_fusions(("sum", "product", "root product"), seeds=(0, 1))
    assert np.all(trained.errors["sum"] < 0.1)
    # over eight seeds 38 to 85 % and 27 to 53 %, where the sum errs in 2 to 4 %
    assert np.all(trained.errors["product"] > 0.2)
    assert np.all(trained.errors["root product"] > 0.12)
    assert np.all(trained.last_losses("sum") < 0.3)
    assert np.all(trained.last_losses("product") > 0.6)
    assert np.all(trained.last_losses("root product") > 0.6)


def test_a_seed_fixes_everything_but_the_fusion():
    seen = []
    together = train_fusions(
        ("sum", "sum + product"), seeds=(3, 5), on_run=lambda *run: seen.append(run), **SHORT
    )
    alone = train_fusions(("sum + product",), seeds=(5,), **SHORT)
    assert seen == [(f, s) for f in ("sum", "sum + product") for s in (3, 5)]
    assert np.array_equal(together.losses["sum + product"][1:], alone.losses["sum + product"])
    assert np.array_equal(together.errors["sum + product"][1:], alone.errors["sum + product"])
    assert together.losses["sum"].shape == (2, 3)
    assert not np.allclose(together.losses["sum"], together.losses["sum + product"])


def test_training_leaves_the_state_of_torch_s_generator_alone():
    torch.manual_seed(7)
    expected = torch.rand(3)
    torch.manual_seed(7)
    train_fusions(("sum",), seeds=(0,), **SHORT)
    assert torch.equal(torch.rand(3), expected)


def test_saved_bytes_by_hand():
    a, b = (torch.ones(10, requires_grad=True) for _ in range(2))
    assert saved_bytes(lambda: a + b) == 0
    assert saved_bytes(lambda: a * b) == 2 * 40
    assert saved_bytes(lambda: a * a) == 40  # once, though it is both factors
    assert saved_bytes(lambda: a * b, leave_out=[a]) == 40
    assert saved_bytes(lambda: (a + b).relu()) == 40
    with torch.no_grad():
        assert saved_bytes(lambda: a * b) == 0


def test_a_fusion_keeps_what_its_slopes_need_to_the_byte():
    kept = fusion_bytes(tuple(FUSIONS))
    # maps of 64 images in single precision: 8 channels of 8 × 8 pixels, 16 of 4 × 4
    large, small = 64 * 8 * 64 * 4, 64 * 16 * 16 * 4
    # a product needs both operands. The branch is new; a shortcut that is the block's input is kept
    # for the first convolution anyway, and only the projection of the third block is new
    operands = 2 * large + 3 * small
    assert kept["sum + product"] - kept["sum"] == operands
    assert kept["product"] == kept["sum + product"]
    # the root keeps both ReLUs, which are new in every block, and itself
    assert kept["sum + root product"] - kept["sum"] == 3 * (2 * large + 2 * small)
    ratios = {name: count / kept["sum"] for name, count in kept.items()}
    assert 1.2 < ratios["sum + product"] < 1.3
    assert 1.2 < ratios["max"] < 1.3
    assert 1.4 < ratios["sum + rectified product"] < 1.45
    assert 1.6 < ratios["sum + root product"] < 1.65


def test_at_test_time_no_fusion_keeps_anything_and_none_has_parameters():
    assert set(fusion_bytes(tuple(FUSIONS), training=False).values()) == {0}
    counts = {
        sum(p.numel() for p in ResidualStack(terms=terms).parameters())
        for terms in FUSIONS.values()
    }
    assert len(counts) == 1


def test_one_multiplication_more_is_a_small_share():
    assert extra_multiplications(16) == 1 / (18 * 16)
    assert extra_multiplications(4, kernel=1, convolutions=1) == 1 / 4


def test_step_times_go_round_by_round():
    ticks = iter(range(1000))
    seconds = step_seconds(
        ("sum", "max"), rounds=3, widths=(4,), images=2, clock=lambda: next(ticks)
    )
    assert {name: each.tolist() for name, each in seconds.items()} == {
        "sum": [1, 1, 1],
        "max": [1, 1, 1],
    }
    assert next(ticks) == 12
