"""Every figure of the shallow room can be drawn, and its alt text is read off the data."""

import numpy as np
import pytest

from cvlib.datasets import load_digits, make_shapes
from cvlib.figures import Plot
from cvlib.shallow import plots, train_linear
from cvlib.shallow.experiments.pipelines import LearningCurves
from cvlib.shallow.experiments.zero_centring import Descent


def drawn(plot: Plot) -> str:
    """Render the figure and return its alt text, which the page must carry as well."""
    html = plot.to_html()
    assert "<figure" in html
    assert plot.alt
    return plot.alt


def test_distances_are_those_of_the_pixels():
    white, grey = np.ones((4, 4, 3)), np.full((4, 4, 3), 0.75)
    assert plots.pixel_distance(white, grey) == 0.25
    alt = drawn(plots.pixel_distances({"white": white, "grey": grey}))
    assert "white: 0.000. grey: 0.250." in alt


def test_the_gallery_names_what_it_shows():
    alt = drawn(plots.gallery({"digits": load_digits()}, shown=4))
    assert "digits: 0, 1, 2, 3." in alt


def test_scenes_carry_their_captions():
    scenes = make_shapes(2, difficulty="medium")
    alt = drawn(plots.scene_truths(scenes))
    assert all(caption in alt for caption in scenes.captions)


def test_color_histograms_count_boxes():
    images = np.zeros((1, 3, 4, 4))
    images[0, 0, :, :1] = 1
    alt = drawn(plots.color_histograms(images, names=["stripe"]))
    assert "stripe: 2 boxes used, 75 % in the fullest" in alt


def test_glyphs_find_the_direction_of_most_change():
    upright = np.tile(np.arange(32.0) % 8 / 8, (32, 1))[None]
    alt = drawn(plots.hog_glyphs(upright))
    assert "4 by 4 cells" in alt
    assert "Most change goes along 0 degrees, with 100 %" in alt


def test_glyphs_of_a_flat_image_can_be_drawn():
    assert "with 0 % of all strength" in drawn(plots.hog_glyphs(np.full((3, 16, 16), 0.5)))


def test_templates_say_where_ink_speaks_against_a_class():
    data = load_digits().subset(slice(300))
    found = train_linear(data.images.reshape(300, -1), data.labels, 10, l2=0.1)
    alt = drawn(plots.templates(found, data.class_names, (8, 8)))
    row, column = np.unravel_index(found.w[0].argmin(), (8, 8))
    assert f"0: most against it is row {row}, column {column}." in alt


def test_losses_at_a_lead_of_one():
    alt = drawn(plots.losses_of_a_lead())
    assert f"cross-entropy is {np.log(1 + np.exp(-1)):.2f}, the hinge 0.00" in alt


@pytest.mark.parametrize(("target", "words"), [(0.5, "after 1 steps"), (0.1, "not in 3 steps")])
def test_descents_say_when_they_arrive(target, words):
    run = Descent(np.array([1.0, 0.5, 0.25]), np.ones(2))
    assert words in drawn(plots.descents({"a": run}, target=target))


def test_the_best_of_many_reports_both_accuracies():
    shown, fresh = np.array([[0.1, 0.2], [0.1, 0.2]]), np.full((2, 2), 0.1)
    alt = drawn(plots.best_of_many((1, 10), shown, fresh, images=50, chance=0.1))
    assert "20.0 ± 0.0 % of 10" in alt
    assert "on new images: 10.0 ± 0.0 %" in alt


def curves(task: str) -> LearningCurves:
    values = np.array([[0.5, 0.75], [0.5, 0.75]])
    names = ("pixels", "colour histogram", "HOG", "network")
    same = dict.fromkeys(names, values)
    return LearningCurves(task, (10, 100), same, same, [], [])


def test_learning_curves_report_their_ends():
    alt = drawn(plots.learning_curves([curves(f"task {k}") for k in range(4)]))
    assert "task 3 network: 50 % to 75 %." in alt


def test_changed_minds_report_each_cell():
    found = {
        "HOG": {"moved": np.array([0.1, 0.3]), "mirrored": np.zeros(2)},
        "network": {"moved": np.array([0.9, 0.9]), "mirrored": np.ones(2)},
    }
    alt = drawn(plots.changed_minds(found))
    assert "moved, HOG: 20 %." in alt
    assert "mirrored, network: 100 %." in alt
