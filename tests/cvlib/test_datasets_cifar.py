"""CIFAR-10 and CIFAR-100 from small archives in the true format, whole and damaged."""

import hashlib
import io
import re
import tarfile
from dataclasses import replace

import numpy as np
import pytest
from cifar_archives import CLASSES, COARSE, FINE, batch, members, packed, place, python2

from cvlib.datasets import load_cifar10, load_cifar100, official

LOADERS = {"CIFAR-10": load_cifar10, "CIFAR-100": load_cifar100}


@pytest.mark.parametrize("last_first", [False, True])
def test_cifar10_is_read_batch_by_batch(tmp_path, monkeypatch, last_first):
    data = packed(members("CIFAR-10"), last_first=last_first)
    place(tmp_path, "CIFAR-10", data)
    small = replace(official.OFFICIAL["CIFAR-10: all"], md5=hashlib.md5(data).hexdigest())
    monkeypatch.setitem(official.OFFICIAL, "CIFAR-10: all", small)
    train, test = load_cifar10(tmp_path), load_cifar10(tmp_path, split="test")
    assert (train.images.shape, train.images.dtype) == ((15, 3, 32, 32), np.uint8)
    expected = [batch(3, k) for k in range(1, 6)]
    assert train.images.tobytes() == b"".join(one["data"].tobytes() for one in expected)
    assert train.labels.tolist() == [label for one in expected for label in one["labels"]]
    assert test.images.tobytes() == batch(4, 6)["data"].tobytes()
    assert train.class_names == test.class_names == tuple(CLASSES)
    assert train.images.flags.writeable
    # a row is 1024 reds, then greens, then blues, each from the top left, row by row
    row = expected[0]["data"][0]
    assert train.images[0, 1, 2, 5] == row[1024 + 2 * 32 + 5]


def test_cifar100_has_two_kinds_of_labels(tmp_path):
    place(tmp_path, "CIFAR-100", packed(members("CIFAR-100")))
    expected = batch(6, 2, fine=True)
    fine, coarse = (load_cifar100(tmp_path, coarse=c, verify=False) for c in (False, True))
    assert fine.labels.tolist() == expected["fine_labels"]
    assert coarse.labels.tolist() == expected["coarse_labels"]
    assert (fine.class_names, coarse.class_names) == (tuple(FINE), tuple(COARSE))
    assert fine.images.tobytes() == coarse.images.tobytes() == expected["data"].tobytes()
    assert len(load_cifar100(tmp_path, split="test", verify=False)) == 4


@pytest.mark.parametrize("name", LOADERS)
def test_missing_wrong_and_unknown(tmp_path, name):
    load, file = LOADERS[name], official.OFFICIAL[f"{name}: all"]
    with pytest.raises(
        FileNotFoundError,
        match=re.escape(
            f"no {file.name} of {name} in {tmp_path}: put it there from {file.url}, or ask for it "
            "with download=True"
        ),
    ):
        load(tmp_path)
    path = place(tmp_path, name, packed(members(name)))
    with pytest.raises(ValueError, match=f"{path} is damaged.*expected MD5 {file.md5}, got "):
        load(tmp_path)
    with pytest.raises(ValueError, match="split must be one of train, test, got 'extra'"):
        load(tmp_path, split="extra")


@pytest.mark.parametrize("name", LOADERS)
@pytest.mark.parametrize("kept", [0.0, 0.001, 0.5, 0.97])
def test_an_archive_that_is_cut_short(tmp_path, name, kept):
    data = packed(members(name), last_first=True)
    path = place(tmp_path, name, data[: int(kept * len(data))])
    with pytest.raises(ValueError, match=f"{re.escape(str(path))} is damaged or cut short: "):
        LOADERS[name](tmp_path, verify=False)


def test_an_archive_with_flipped_bytes(tmp_path):
    for split in ("train", "test"):
        for position in (0.1, 0.5, 0.9):
            data = bytearray(packed(members("CIFAR-10")))
            data[int(position * len(data))] ^= 0xFF
            path = place(tmp_path, "CIFAR-10", data)
            with pytest.raises(ValueError, match=re.escape(str(path))):
                load_cifar10(tmp_path, split=split, verify=False)


def test_an_archive_that_lacks_a_batch(tmp_path):
    content = members("CIFAR-10")
    del content["cifar-10-batches-py/data_batch_4"]
    path = place(tmp_path, "CIFAR-10", packed(content))
    message = f"{path} is damaged or cut short: it has no cifar-10-batches-py/data_batch_4"
    with pytest.raises(ValueError, match=re.escape(message)):
        load_cifar10(tmp_path, verify=False)
    assert len(load_cifar10(tmp_path, split="test", verify=False)) == 4


def test_a_link_in_place_of_a_batch_is_not_followed(tmp_path):
    secret = tmp_path / "secret"
    secret.write_bytes(python2(batch(4, 0)))
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz") as archive:
        link = tarfile.TarInfo("cifar-10-batches-py/test_batch")
        link.type, link.linkname = tarfile.SYMTYPE, str(secret)
        archive.addfile(link)
    place(tmp_path, "CIFAR-10", stream.getvalue())
    with pytest.raises(ValueError, match="it has no cifar-10-batches-py/test_batch"):
        load_cifar10(tmp_path, split="test", verify=False)


GOOD = batch(4, 6)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({k: v for k, v in GOOD.items() if k != "data"},
         "test_batch in {path} is damaged: it has no data, only "
         "['batch_label', 'filenames', 'labels']"),
        ({k: v for k, v in GOOD.items() if k != "labels"},
         "test_batch in {path} is damaged: it has no labels, only "
         "['batch_label', 'data', 'filenames']"),
        ({**GOOD, "data": GOOD["data"][:, 1:]},
         "data of test_batch in {path} must have shape (N, 3072), got (4, 3071)"),
        ({**GOOD, "labels": [1, 2, 3]}, "test_batch in {path} holds 4 images and 3 labels"),
        ({**GOOD, "labels": [1, 2, 3, 10]},
         "labels of test_batch in {path} must be whole numbers below 10, got 10"),
        ({**GOOD, "labels": [1, 2, 3, -1]},
         "labels of test_batch in {path} must be whole numbers below 10, got -1"),
        ({**GOOD, "labels": [1, 2, 3, 0.5]},
         "labels of test_batch in {path} must be whole numbers below 10, got 0.5"),
        ({**GOOD, "labels": "1234"}, "labels of test_batch in {path} must be a list, got bytes"),
    ],
)  # fmt: skip
def test_a_batch_that_does_not_fit(tmp_path, content, message):
    archive = {**members("CIFAR-10"), "cifar-10-batches-py/test_batch": python2(content)}
    path = place(tmp_path, "CIFAR-10", packed(archive))
    with pytest.raises(ValueError, match=re.escape(message.format(path=path))):
        load_cifar10(tmp_path, split="test", verify=False)
