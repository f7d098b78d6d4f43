"""Every figure of the receptive field room can be drawn, and its alt text is read off the data."""

from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from cvlib.figures import Plot
from cvlib.receptive_field import (
    INPUT,
    Graph,
    LayerGeometry,
    alexnet,
    experiments,
    inception_v3,
    plots,
    resnet50,
    spread,
    vgg16,
)
from cvlib.receptive_field.experiments.rings import learn_rings, side_by_side


def drawn(plot: Plot) -> str:
    """Render the figure and return its alt text, which the page must carry as well."""
    html = plot.to_html()
    assert "<figure" in html
    return plot.alt


def line(*numbers, **names):
    sizes: list[Any] = [(n,) for n in numbers]
    return LayerGeometry(*sizes, **names)


def test_boxes_on_a_photograph_have_the_sizes_they_claim():
    photo = np.full((224, 256, 3), 0.5)
    alt = drawn(plots.fields_on_photo(photo, vgg16(), {"conv2_2": (50, 60), "pool5": (3, 3)}))
    assert "224 × 256 pixels" in alt
    assert "conv2_2 sees 14 × 14 pixels; pool5 sees 212 × 212 pixels" in alt
    alt = drawn(plots.fields_on_photo(photo, vgg16(), {"pool5": (3, 3)}, effective=True))
    assert f"{2 * spread(vgg16())[0]:.0f} pixels" in alt


def test_the_cone_counts_what_it_lights():
    alt = drawn(plots.cone([line(3, 2, 1, name="a"), line(3, 1, 1), line(2, 2)], 16, 0))
    assert "sees 1, then 2, then 4, then 9 places" in alt
    assert "pixels −3 to 5 of 16" in alt
    assert "1, 2, 2, 4 pixels apart" in alt


def test_centres_report_the_shift():
    alt = drawn(plots.centres_on_a_line({"VGG": (vgg16(), 224), "ResNet": (resnet50(), 224)}))
    assert "VGG on 224 pixels: 7 centres from 15.5 to 207.5, their middle 0 pixels" in alt
    assert "ResNet on 224 pixels: 7 centres from 0 to 192, their middle 15.5 pixels" in alt


def test_merged_intervals_tell_whether_the_branches_line_up():
    graph = Graph()
    ends = [graph.window(INPUT, LayerGeometry(k, 2)) for k in (1, 3)]
    graph.merge(*ends, name="sum")
    alt = drawn(
        plots.merged_intervals(
            {
                "good": (inception_v3(), "A1", ["a", "b", "c", "d"]),
                "bad": (graph, "sum", ["a", "b"]),
            }
        )
    )
    assert "merged −18 to 44, all centres equal" in alt
    assert "branches see 0 to 0, 0 to 2, merged 0 to 2, centres differ" in alt


def test_strips_count_the_pixels_that_are_read():
    stacks = {"two": [line(3, 1, 0, d) for d in (2, 2)], "one": [line(3)]}
    alt = drawn(plots.path_strips(stacks))
    assert "two: 5 of 9 pixels read, up to 3 paths" in alt
    assert "one: 3 of 3 pixels read, up to 1 paths" in alt


def test_power_maps_report_support_and_width():
    power = np.zeros((5, 7))
    power[2, 3], power[1, 3], power[3, 3] = 2, 1, 1
    alt = drawn(plots.power_maps({"a": power}))
    assert "a: 9 % of 5 × 7 pixels above zero, standard deviations 0.7 and 0.0" in alt
    assert "a: 9 %" in drawn(plots.power_maps({"a": power}, ellipses=False))


def test_profiles_measure_how_far_the_mass_is_from_the_bell():
    place = np.arange(31) - 15
    bell = np.exp(-0.5 * (place / 3) ** 2)
    alt = drawn(plots.profiles({4: np.outer(bell, bell), 5: np.eye(31)}, {4: 3.0, 5: 3.0}))
    assert "4 layers: bell of standard deviation 3.00 over a field of 31, 0 % of" in alt
    assert "5 layers" in alt
    assert "5 layers: bell of standard deviation 3.00 over a field of 31, 0 %" not in alt


def test_blank_maps_count_the_units_that_saw_the_frame():
    maps = {"2": experiments.blank_response(2, 9), "4": experiments.blank_response(4, 9)}
    alt = drawn(plots.blank_maps(maps))
    assert "2: 69 % of the units differ; 4: 99 % of the units differ" in alt  # 1 - 25/81, 1 - 1/81


def test_the_width_law_holds_at_small_scale_and_says_so():
    law = experiments.width_law(depths=(2, 8), seeds=range(4), channels=6)
    for kind in experiments.KINDS:
        assert law.widths[kind].shape == (4, 2)
        assert law.exponents(kind).mean() == pytest.approx(0.5, abs=0.15)
    wide = spread(experiments.plain_or_residual(8))[0]
    assert law.widths["linear"][:, 1].mean() == pytest.approx(wide, rel=0.1)
    lazy = spread(experiments.plain_or_residual(8, residual=True))[0]
    assert lazy == pytest.approx(wide / np.sqrt(2))
    alt = drawn(plots.width_curves(law, {"linear": [1.15, 2.31]}))
    assert "The field grows from 5 to 17" in alt
    assert alt.count("exponent") == 3


def test_an_experiment_repeats_itself():
    first, again = (
        experiments.effective_power([LayerGeometry(3)] * 3, seed=5, relu=True) for _ in range(2)
    )
    assert np.array_equal(first, again)
    other = experiments.effective_power([LayerGeometry(3)] * 3, seed=6, relu=True)
    assert not np.array_equal(first, other)
    assert first.shape == (7, 7)


def test_alexnet_before_training_is_as_wide_as_its_table_says():
    noise = torch.randn(2, 3, 259, 259, generator=torch.Generator().manual_seed(0))
    widths = experiments.alexnet_width(noise, seeds=range(4), width=8)
    assert widths.mean() == pytest.approx(spread(alexnet())[0], rel=0.08)


def test_training_on_the_middle_narrows_the_view():
    rings = learn_rings([(0, 1), (3, 3)], seeds=range(2), depth=3, steps=100)
    assert rings.error.shape == rings.before.shape == rings.after.shape == (2, 2)
    assert np.allclose(rings.before[:, 0], rings.before[:, 1], rtol=1e-5)
    assert np.all(rings.after[:, 0] < rings.before[:, 0] - 0.05)
    assert np.all(rings.error[:, 0] < rings.error[:, 1] - 0.1)
    alt = drawn(plots.ring_results(rings))
    assert "ring 0–1: error" in alt
    assert "ring 3: error" in alt


def test_units_trained_side_by_side_learn_what_each_would_alone():
    options = {"depth": 3, "steps": 8, "channels": 4}
    together = learn_rings([(0, 1), (3, 3)], seeds=[5, 9], **options)
    alone = learn_rings([(3, 3)], seeds=[9], **options)
    for name in ("error", "before", "after"):
        ours, expected = getattr(together, name)[1, 1], getattr(alone, name)[0, 0]
        assert ours == pytest.approx(expected, rel=1e-3)
    assert not np.allclose(together.error[0], together.error[1], rtol=1e-2)


def test_networks_side_by_side_compute_what_each_computes():
    generator = torch.Generator().manual_seed(0)
    networks = [
        nn.Sequential(nn.Conv2d(2, 3, 3, 2, 1), nn.LeakyReLU(0.1), nn.Conv2d(3, 1, 1))
        for _ in range(4)
    ]
    images = torch.randn(5, 4, 2, 9, 9, generator=generator)
    expected = [network(images[:, k]) for k, network in enumerate(networks)]
    joined = side_by_side(networks)(images.flatten(1, 2))
    assert torch.allclose(joined, torch.cat(expected, dim=1), atol=1e-5)
