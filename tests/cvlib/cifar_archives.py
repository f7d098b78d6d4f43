"""Small archives of CIFAR-10 and CIFAR-100 in the true format, for tests."""

import io
import pickle
import struct
import tarfile
from typing import Any

import numpy as np

from cvlib.datasets import official

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
