"""SVHN from small MAT files in the true format, whole and damaged."""

import hashlib
import re
from dataclasses import replace

import numpy as np
import pytest
from scipy.io import savemat

from cvlib.datasets import load_svhn, official

RNG = np.random.default_rng(0)
X = RNG.integers(0, 256, (32, 32, 3, 12), dtype=np.uint8)
Y = np.array([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 10, 1], np.uint8)[:, None]


def save(path, **variables):
    savemat(path, variables or {"X": X, "y": Y}, do_compression=True)
    return path


@pytest.mark.parametrize("split", ["train", "test", "extra"])
def test_ten_means_zero(tmp_path, monkeypatch, split):
    path = save(tmp_path / f"{split}_32x32.mat")
    small = replace(
        official.OFFICIAL[f"SVHN: {split}"], md5=hashlib.md5(path.read_bytes()).hexdigest()
    )
    monkeypatch.setitem(official.OFFICIAL, f"SVHN: {split}", small)
    dataset = load_svhn(tmp_path, split=split)
    assert (dataset.images.shape, dataset.images.dtype) == ((12, 3, 32, 32), np.uint8)
    assert dataset.labels.tolist() == [1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 0, 1]
    assert dataset.class_names == tuple("0123456789")
    np.testing.assert_array_equal(dataset.images[5, 2], X[:, :, 2, 5])
    assert dataset.images.flags.c_contiguous


def test_missing_wrong_and_unknown(tmp_path):
    file = official.OFFICIAL["SVHN: train"]
    with pytest.raises(
        FileNotFoundError,
        match=re.escape(f"no train_32x32.mat of SVHN in {tmp_path}: put it there from {file.url}"),
    ):
        load_svhn(tmp_path)
    path = save(tmp_path / "train_32x32.mat")
    with pytest.raises(ValueError, match=f"{path} is damaged.*expected MD5 {file.md5}, got "):
        load_svhn(tmp_path)
    with pytest.raises(ValueError, match="split must be one of train, test, extra, got 'all'"):
        load_svhn(tmp_path, split="all")


@pytest.mark.parametrize("kept", [0.0, 0.01, 0.5, 0.99])
def test_a_file_that_is_cut_short(tmp_path, kept):
    path = save(tmp_path / "train_32x32.mat")
    data = path.read_bytes()
    path.write_bytes(data[: int(kept * len(data))])
    with pytest.raises(ValueError, match=f"{re.escape(str(path))} is damaged"):
        load_svhn(tmp_path, verify=False)


def test_a_file_of_another_kind(tmp_path):
    path = tmp_path / "train_32x32.mat"
    path.write_bytes(b"\x89PNG\r\n\x1a\n" * 100)
    with pytest.raises(ValueError, match=f"{re.escape(str(path))} is damaged or not a MAT file: "):
        load_svhn(tmp_path, verify=False)


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        ({"X": X}, "{path} is damaged: it has no variable y"),
        ({"y": Y}, "{path} is damaged: it has no variable X"),
        ({"X": X[..., 0], "y": Y}, "X in {path} must be (32, 32, 3, N) uint8, got (32, 32, 3)"),
        ({"X": X / 255, "y": Y}, "X in {path} must be (32, 32, 3, N) uint8, got (32, 32, 3, 12) "
         "float64"),
        ({"X": X, "y": Y[:11]}, "y in {path} must hold a whole number for each of the 12 images, "
         "shape (12, 1), got (11, 1) uint8"),
        ({"X": X, "y": Y * 0.5}, "got (12, 1) float64"),
        ({"X": X, "y": Y + 1}, "y in {path} must lie in 1 … 10, got 2 … 11"),
        ({"X": X, "y": Y - 1}, "y in {path} must lie in 1 … 10, got 0 … 9"),
    ],
)  # fmt: skip
def test_a_file_that_does_not_fit(tmp_path, variables, message):
    path = save(tmp_path / "train_32x32.mat", **variables)
    with pytest.raises(ValueError, match=re.escape(message.format(path=path))):
        load_svhn(tmp_path, verify=False)
