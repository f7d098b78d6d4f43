"""CIFAR-10 and CIFAR-100 from small archives in the true format: hostile ones run nothing."""

import hashlib
import io
import os
import pickle
import re
import struct
import tarfile
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from cvlib.datasets import load_cifar10, load_cifar100, official
from cvlib.datasets.pickles import array_of_bytes, read_pickle

LOADERS = {"CIFAR-10": load_cifar10, "CIFAR-100": load_cifar100}
CLASSES = ["plane", "car", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"]
FINE = [f"fine {k}" for k in range(100)]
COARSE = [f"coarse {k}" for k in range(20)]


#: Pickle written in Python: the stubs leave most of its methods out.
Pickler: Any = pickle._Pickler


class Python2Pickler(Pickler):
    """Writes what Python 2's cPickle wrote: protocol 2, strings of bytes, NumPy's old address."""

    dispatch = dict(Pickler.dispatch)  # noqa: RUF012

    def __init__(self, file):
        super().__init__(file, protocol=2)

    def save_bytes(self, data):
        self.write(pickle.BINSTRING + struct.pack("<i", len(data)) + data)
        self.memoize(data)

    def save_str(self, text):
        self.save_bytes(text.encode("latin1"))

    def save_global(self, thing, name=None):
        if getattr(thing, "__name__", "") == "_reconstruct":
            self.write(b"cnumpy.core.multiarray\n_reconstruct\n")
            self.memoize(thing)
        else:
            super().save_global(thing, name)

    dispatch[bytes], dispatch[str] = save_bytes, save_str


def python2(value):
    stream = io.BytesIO()
    Python2Pickler(stream).dump(value)
    return stream.getvalue()


def batch(n, seed, *, fine=False):
    rng = np.random.default_rng(seed)
    data = rng.integers(0, 256, (n, 3072), dtype=np.uint8)
    if fine:
        return {
            "filenames": [f"{k}.png" for k in range(n)],
            "batch_label": "training batch 1 of 1",
            "fine_labels": rng.integers(0, 100, n).tolist(),
            "coarse_labels": rng.integers(0, 20, n).tolist(),
            "data": data,
        }
    return {
        "data": data,
        "labels": rng.integers(0, 10, n).tolist(),
        "batch_label": f"training batch {seed} of 5",
        "filenames": [f"{k}.png" for k in range(n)],
    }


def members(name):
    """Return the content of a small official archive, by path inside it."""
    if name == "CIFAR-10":
        meta = {"num_cases_per_batch": 10000, "label_names": CLASSES, "num_vis": 3072}
        found = {f"data_batch_{k}": batch(3, k) for k in range(1, 6)}
        content = {"batches.meta": meta, **found, "test_batch": batch(4, 6)}
        return {f"cifar-10-batches-py/{k}": python2(value) for k, value in content.items()}
    meta = {"fine_label_names": FINE, "coarse_label_names": COARSE}
    content = {"meta": meta, "test": batch(4, 1, fine=True), "train": batch(6, 2, fine=True)}
    return {f"cifar-100-python/{k}": python2(value) for k, value in content.items()}


def packed(content, *, last_first=False):
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz") as archive:
        folder = tarfile.TarInfo(next(iter(content)).split("/")[0])
        folder.type = tarfile.DIRTYPE
        archive.addfile(folder)
        for path in sorted(content, reverse=last_first):
            member = tarfile.TarInfo(path)
            member.size = len(content[path])
            archive.addfile(member, io.BytesIO(content[path]))
    return stream.getvalue()


def place(folder, name, data):
    path = folder / official.OFFICIAL[f"{name}: all"].name
    path.write_bytes(data)
    return path


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


class Command:
    """A pickle of this runs a command when it is read."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.system, (f"touch {self.path}",)


def test_a_hostile_archive_runs_nothing(tmp_path):
    trace = tmp_path / "trace"
    content = members("CIFAR-10")
    hostile = pickle.dumps({"data": Command(trace), "labels": []}, protocol=2)
    content["cifar-10-batches-py/test_batch"] = hostile
    path = place(tmp_path, "CIFAR-10", packed(content))
    with pytest.raises(ValueError) as caught:  # noqa: PT011
        load_cifar10(tmp_path, split="test", verify=False)
    assert not trace.exists()
    assert str(caught.value) == (
        f"cifar-10-batches-py/test_batch in {path} is not a pickle of plain data: it asks for "
        f"{os.system.__module__}.system; only plain data and arrays are allowed"
    )
    # the bytes are what they seem: a trusting reader would have run them
    pickle.loads(hostile)
    assert trace.exists()


@pytest.mark.parametrize(
    "name",
    [
        "builtins eval",
        "builtins getattr",
        "numpy load",
        "numpy.core.multiarray scalar",
        "subprocess Popen",
        "copyreg _reconstructor",
        "_codecs decode",
        "numpy ndarray.tofile",
    ],
)
@pytest.mark.parametrize("protocol", [2, 4])
def test_only_four_names_can_be_called(name, protocol):
    module, attribute = name.split()
    if protocol == 2:
        program = f"c{module}\n{attribute}\n.".encode()
    else:
        words = [b"\x8c" + bytes((len(w),)) + w.encode() for w in (module, attribute)]
        program = b"\x80\x04" + b"".join(words) + b"\x93."
    with pytest.raises(ValueError, match=f"it asks for {module}.{attribute}; only plain data"):
        read_pickle(program, "this")


def test_python_3_and_new_numpy_write_readable_pickles():
    data = np.arange(6, dtype=np.uint8).reshape(2, 3)
    for protocol in (2, 3, 4):
        for array in (data, np.asfortranarray(data), data[:, ::-1]):
            found = read_pickle(pickle.dumps({"data": array}, protocol=protocol), "this")
            assert array_of_bytes(found["data"], "data").tolist() == array.tolist()


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "this is not a pickle of plain data: Ran out of input"),
        (b"hello", "this is not a pickle of plain data: "),
        (python2({"a": 1})[:-3], "this is not a pickle of plain data: "),
        (python2([1, 2]), "this must hold a dictionary, got list"),
        (b"\x80\x02c_codecs\nencode\nX\x01\x00\x00\x00aX\x05\x00\x00\x00rot13\x86R.",
         "this is not a pickle of plain data: bytes in an unknown encoding 'rot13'"),
        (b"\x80\x02(" + b"]" * 10 + b"B\xff\xff\xff\x7f.", "this is not a pickle of plain data: "),
    ],
)  # fmt: skip
def test_what_is_no_pickle_of_data(data, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        read_pickle(data, "this")


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ([1, 2], "data must be an array, got list"),
        (np.zeros((2, 3)), "data must be of unsigned bytes, got f8"),
        (np.zeros(2, object), "data must be of unsigned bytes, got O8"),
        (np.zeros(2, "i1"), "data must be of unsigned bytes, got i1"),
    ],
)
def test_what_is_no_array_of_bytes(value, message):
    found = read_pickle(python2({"data": value}), "this")
    with pytest.raises(ValueError, match=re.escape(message)):
        array_of_bytes(found["data"], "data")


def forged(shape, raw, kind=b"cnumpy\ndtype\n(S'u1'\nI0\nI1\ntR"):
    """Write an array whose state says what is not so."""
    head = b"\x80\x02}S'data'\ncnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\ntR(I1\n"
    return head + pickle.dumps(shape, 2)[2:-1] + kind + b"I00\n" + raw + b"tbs."


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (forged((2, 3), b"S'12345'\n"), "data is damaged: shape (2, 3) and 5 bytes"),
        (forged((-1, -6), b"S'123456'\n"), "data is damaged: shape (-1, -6) and 6 bytes"),
        (forged((2**40, 2**40), b"S''\n"), "data is damaged: shape (1099511627776, 109951162777"),
        (forged("ab", b"S'12'\n"), "data is damaged: shape ab and 2 bytes"),
        (forged((2,), b"I7\n"), "data is damaged: shape (2,) and int"),
        (forged((2,), b"S'12'\n", b"I3\n"), "data must be of unsigned bytes, got 3"),
        (b"\x80\x02}S'data'\ncnumpy.core.multiarray\n_reconstruct\n)Rs.",
         "data must be an array, got NotedArray"),
    ],
)  # fmt: skip
def test_a_forged_array(data, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        array_of_bytes(read_pickle(data, "this")["data"], "data")


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
