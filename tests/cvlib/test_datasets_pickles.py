"""Pickles are read as plain data: a hostile one runs nothing, a forged one is refused."""

import os
import pickle
import re

import numpy as np
import pytest
from cifar_archives import members, packed, place, python2

from cvlib.datasets import load_cifar10
from cvlib.datasets.pickles import array_of_bytes, read_pickle


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
