"""The experiments measure what they say: arms, the table and its record, searches, training."""

import dataclasses
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from cvlib.architecture_search import RunFile, Settings, canonical_code, parse_code, tour_operators
from cvlib.architecture_search import experiments as ex
from cvlib.architecture_search.experiments import training
from cvlib.architecture_search.experiments.salesman import redraw
from cvlib.datasets import load_digits

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "architecture_table.py"


@pytest.fixture(autouse=True)
def one_thread():
    torch.set_num_threads(1)


def test_the_arms_differ_in_what_they_say():
    study = ex.salesman_study(range(20))
    assert set(study.ratios) == set(ex.ARMS)
    assert study.shortest == pytest.approx(3.2738, abs=5e-5)
    for name in ex.ARMS:
        assert np.all(study.excess(name) > -1e-12)
        assert np.array_equal(study.found(name) == 1, study.excess(name) < 1e-9)
    mean = {name: study.excess(name).mean() for name in ex.ARMS}
    good = ("genetic algorithm", "with an elite of one", "no crossover")
    bad = ("weights 1 / length", "no mutation", "random tours")
    assert max(mean[n] for n in good) < min(mean[n] for n in bad)


def test_random_tours_find_it_as_often_as_theory_says():
    """1,020 draws of 20,160 tours: 4.9 %."""
    found = ex.salesman_study(range(200), arms={"r": ex.ARMS["random tours"]}).found("r").mean()
    assert found == pytest.approx(1 - (1 - 1 / 20_160) ** 1020, abs=0.045)  # three deviations
    tour = tuple(range(9))
    assert redraw(tour_operators(9)).mutate(tour, np.random.default_rng(0)) != tour


def test_a_study_repeats_itself():
    arms = {"g": ex.ARMS["genetic algorithm"]}
    one, again, other = (ex.salesman_study([s], arms=arms).ratios["g"] for s in (1, 1, 2))
    assert one == again != other


def test_there_are_36_networks_each_once():
    found = ex.networks()
    assert len(found) == len({canonical_code(code) for code in found}) == 36
    assert found[0] == parse_code("0-00 0-00")
    assert len(ex.networks((2, 3))) == 12


def test_no_image_is_in_two_parts():
    (others, _), (test, _) = training._images()
    assert (len(others), len(test)) == (training.TRAIN + training.VALIDATION, training.TEST)
    dealt = torch.cat([others, test]).flatten(1).numpy()
    known = load_digits().images.reshape(len(dealt), -1)
    ours, theirs = (np.unique(images, axis=0) for images in (dealt, known))
    assert np.array_equal(ours, theirs)


def test_training_follows_from_the_seed():
    code = parse_code("1 0-00")
    torch.manual_seed(1)
    one = ex.train_code(code, 3, steps=10)
    torch.manual_seed(2)
    assert ex.train_code(code, 3, steps=10) == one
    assert ex.train_code(code, 4, steps=10) != one
    assert ex.validation_accuracy(code, 3) == ex.train_code(code, 3).validation
    assert all(0 <= share <= 1 for share in one)
    assert (one.validation * training.VALIDATION) % 1 == pytest.approx(0, abs=1e-9)


def test_the_record_is_what_training_gives():
    """Another processor trains other networks, so this compares means over seeds."""
    table = ex.load_record()
    assert table.codes == ex.networks()
    assert table.validation.shape == table.test.shape == (36, 24)
    codes = [parse_code("0-00 0-00"), parse_code("0-00 0-11")]
    again = ex.train_table(codes, range(100, 103))
    for code, new in zip(codes, again.validation, strict=True):
        kept = table.validation[table.row(code)]
        spread = kept.std(ddof=1) * (1 / 3 + 1 / 24) ** 0.5
        assert abs(new.mean() - kept.mean()) < 6 * spread
    assert again.test[1].mean() - again.test[0].mean() > 0.02


def test_a_record_is_read_as_it_was_written(tmp_path):
    table = ex.load_record()
    part = dataclasses.replace(
        table, codes=table.codes[:3], validation=table.validation[:3], test=table.test[:3]
    )
    path = tmp_path / "record.json"
    ex.save_record(part, path)
    back = ex.load_record(path)
    assert (back.codes, back.seeds, back.made) == (part.codes, part.seeds, part.made)
    np.testing.assert_array_equal(back.validation, part.validation)
    np.testing.assert_array_equal(back.test, part.test)
    path.write_text(path.read_text().replace('"test": [413, ', '"test": ['))
    with pytest.raises(
        ValueError, match="0-00 0-00 must have 24 counts, one a seed, got 24 and 23"
    ):
        ex.load_record(path)


def test_rows_are_found_by_any_code_of_a_network():
    table = ex.load_record()
    assert table.row(parse_code("0-01 1-11")) == table.row(parse_code("1-00 1-11"))
    assert table.codes[table.row(parse_code("0-10 0-00"))] == parse_code("1-00 0-00")


def test_a_killed_training_of_the_table_goes_on(tmp_path):
    codes = [parse_code("0-00"), parse_code("1-00")]
    with RunFile(tmp_path / "t.jsonl", {}) as run_file:
        first = ex.train_table(codes[:1], [0], run_file=run_file)
    with RunFile(tmp_path / "t.jsonl", {}) as run_file:
        assert len(run_file.results) == 1
        table = ex.train_table(codes, [0, 1], run_file=run_file)
        assert len(run_file.results) == 4
    assert table.validation.shape == (2, 2)
    assert table.validation[0, 0] == first.validation[0, 0]


def test_a_real_search_is_kept_and_repeated(tmp_path):
    settings = Settings(size=4, generations=2)
    path = tmp_path / "search.jsonl"
    one = ex.search_digits((2, 2), settings, seed=1, flip_rate=0.5, path=path)
    assert len(path.read_text().splitlines()) == 1 + one.evaluations
    again = ex.search_digits((2, 2), settings, seed=1, flip_rate=0.5, path=path)
    assert np.array_equal(one.fitness, again.fitness)
    assert one.best_fitness > 0.8
    with pytest.raises(ValueError, match="seed was 1, is 2"):
        ex.search_digits((2, 2), settings, seed=2, path=path)


def test_the_benchmark_prints_a_row_a_network():
    done = subprocess.run(
        [sys.executable, str(SCRIPT), "--workers", "1"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    rows = done.stdout.splitlines()[1:]
    assert [row.split()[:2] for row in rows] == [["0-00", "0-00"], ["0-00", "0-11"]]
