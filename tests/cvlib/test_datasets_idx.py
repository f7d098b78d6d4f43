"""MNIST and Fashion-MNIST from small files in the true format, whole and damaged."""

import gzip
import hashlib
import re
import struct
from dataclasses import replace

import numpy as np
import pytest

from cvlib.datasets import load_fashion_mnist, load_mnist, official
from cvlib.datasets.idx import read_idx

LOADERS = {"MNIST": load_mnist, "Fashion-MNIST": load_fashion_mnist}
NAMES = {
    ("train", "images"): "train-images-idx3-ubyte.gz",
    ("train", "labels"): "train-labels-idx1-ubyte.gz",
    ("test", "images"): "t10k-images-idx3-ubyte.gz",
    ("test", "labels"): "t10k-labels-idx1-ubyte.gz",
}


def idx(array):
    """Write an array of bytes as the publishers do: magic number, lengths, numbers."""
    magic = bytes((0, 0, 8, array.ndim))
    return magic + struct.pack(f">{array.ndim}I", *array.shape) + array.tobytes()


def zipped(data):
    return gzip.compress(data, mtime=0)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Return a folder with small official files of MNIST, whose sums the registry then holds."""
    rng = np.random.default_rng(0)
    for (split, part), name in NAMES.items():
        n = 7 if split == "train" else 4
        shape = (n, 28, 28) if part == "images" else (n,)
        data = zipped(idx(rng.integers(0, 256 if part == "images" else 10, shape, dtype=np.uint8)))
        (tmp_path / name).write_bytes(data)
        key = f"MNIST: {split} {part}"
        small = replace(official.OFFICIAL[key], md5=hashlib.md5(data).hexdigest())
        monkeypatch.setitem(official.OFFICIAL, key, small)
    return tmp_path


@pytest.mark.parametrize("split", ["train", "test"])
def test_both_parts_are_read(folder, split):
    dataset = load_mnist(folder, split=split)
    files = [
        gzip.decompress((folder / NAMES[split, part]).read_bytes()) for part in ("images", "labels")
    ]
    n = 7 if split == "train" else 4
    assert (dataset.images.shape, dataset.images.dtype) == ((n, 1, 28, 28), np.uint8)
    assert dataset.images.tobytes() == files[0][16:]
    assert dataset.labels.tolist() == list(files[1][8:])
    assert dataset.class_names == tuple("0123456789")
    assert dataset.images.flags.writeable
    assert load_mnist(str(folder), split=split).images.tobytes() == dataset.images.tobytes()


def test_the_default_is_the_training_part(folder):
    assert len(load_mnist(folder)) == 7


def test_fashion_mnist_has_the_same_files_and_other_classes(folder):
    dataset = load_fashion_mnist(folder, verify=False)
    assert dataset.class_names[0] == "T-shirt/top"
    assert dataset.class_names[9] == "ankle boot"
    assert dataset.classes == 10
    assert dataset.as_float().images.max() <= 1


def test_the_wrong_folder_is_recognized(folder):
    with pytest.raises(
        ValueError,
        match=re.escape(
            "train-images-idx3-ubyte.gz is train-images-idx3-ubyte.gz of MNIST, expected that of "
            "Fashion-MNIST: keep them in different folders"
        ),
    ):
        load_fashion_mnist(folder)


@pytest.mark.parametrize("name", LOADERS)
def test_a_missing_file_says_where_to_get_it(tmp_path, name):
    with pytest.raises(FileNotFoundError) as caught:
        LOADERS[name](tmp_path)
    message = str(caught.value)
    assert message.startswith(f"no train-images-idx3-ubyte.gz of {name} in {tmp_path}: ")
    assert official.OFFICIAL[f"{name}: train images"].url in message
    assert "download=True" in message


def test_a_missing_folder_is_said_to_be_missing(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"/nowhere, which is not a folder: put it there"):
        load_mnist(tmp_path / "nowhere")


def test_a_wrong_checksum_says_expected_and_got(folder):
    path = folder / NAMES["train", "labels"]
    data = bytearray(path.read_bytes())
    data[-9] ^= 1
    path.write_bytes(data)
    with pytest.raises(ValueError) as caught:  # noqa: PT011
        load_mnist(folder)
    file = official.OFFICIAL["MNIST: train labels"]
    assert str(caught.value) == (
        f"{path} is damaged, incomplete or another file: expected MD5 {file.md5}, got "
        f"{hashlib.md5(data).hexdigest()} ({len(data)} bytes); delete it and fetch it again from "
        f"{file.url}"
    )
    with pytest.raises(ValueError, match=f"{path} is damaged or cut short: "):
        load_mnist(folder, verify=False)


def test_an_unknown_part_is_refused(folder):
    with pytest.raises(ValueError, match="split must be one of train, test, got 'valid'"):
        load_mnist(folder, split="valid")


@pytest.mark.parametrize("kept", [0.0, 0.02, 0.3, 0.9])
def test_a_file_that_is_cut_short(folder, kept):
    path = folder / NAMES["train", "images"]
    data = path.read_bytes()
    path.write_bytes(data[: int(kept * len(data))])
    with pytest.raises(ValueError, match="expected MD5"):
        load_mnist(folder)
    with pytest.raises(ValueError, match=f"{path} is (damaged or cut short|not an IDX file)"):
        load_mnist(folder, verify=False)


def test_images_and_labels_must_be_as_many(folder):
    (folder / NAMES["train", "labels"]).write_bytes(zipped(idx(np.zeros(6, np.uint8))))
    with pytest.raises(
        ValueError,
        match=re.escape(
            "train-images-idx3-ubyte.gz holds 7 images and train-labels-idx1-ubyte.gz 6 labels: "
            f"expected as many (in {folder})"
        ),
    ):
        load_mnist(folder, verify=False)


def test_a_label_that_is_no_class(folder):
    path = folder / NAMES["train", "labels"]
    path.write_bytes(zipped(idx(np.full(7, 10, np.uint8))))
    message = f"{path} is damaged: expected labels 0 … 9, got 10"
    with pytest.raises(ValueError, match=re.escape(message)):
        load_mnist(folder, verify=False)


WHOLE = idx(np.arange(24, dtype=np.uint8).reshape(2, 3, 4))


def test_an_idx_file_is_read_to_its_last_byte(tmp_path):
    path = tmp_path / "whole.gz"
    path.write_bytes(zipped(WHOLE))
    found = read_idx(path, 3)
    assert found.tolist() == np.arange(24).reshape(2, 3, 4).tolist()


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (zipped(WHOLE[:-1]),
         "is damaged: its header promises 24 bytes, shape (2, 3, 4), and only 23 follow"),
        (zipped(WHOLE + b"x"),
         "is damaged: its header promises 24 bytes, shape (2, 3, 4), and more follow"),
        (zipped(WHOLE[:11]), "is cut short: its header ends after 11 bytes"),
        (zipped(b""), "is not an IDX file of bytes with 3 axes: expected it to begin with "
         "00 00 08 03, got nothing"),
        (zipped(idx(np.zeros(4, np.uint8))), "is not an IDX file of bytes with 3 axes: expected "
         "it to begin with 00 00 08 03, got 00 00 08 01"),
        (zipped(b"\0\0\x0d\3" + WHOLE[4:]), "expected it to begin with 00 00 08 03, got "
         "00 00 0d 03"),
        (zipped(bytes((0, 0, 8, 3)) + b"\xff" * 12),
         f"is damaged: its header promises {(2**32 - 1) ** 3} bytes"),
        (zipped(WHOLE)[:-12], "is damaged or cut short: "),
        (zipped(WHOLE)[:-8] + b"\0" * 8, "is damaged or cut short: CRC check failed"),
        (WHOLE, "is damaged or cut short: Not a gzipped file"),
    ],
    ids=["short", "long", "header", "empty", "axes", "type", "huge", "gzip", "sum", "plain"],
)  # fmt: skip
def test_a_damaged_idx_file(tmp_path, data, message):
    path = tmp_path / "damaged.gz"
    path.write_bytes(data)
    with pytest.raises(ValueError, match=re.escape(f"{path} ")) as caught:
        read_idx(path, 3)
    assert message in str(caught.value)
