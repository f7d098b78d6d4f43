"""Submissions that have learned nothing, and look for the data that the judge asks about."""

from __future__ import annotations

import base64

from cvlib.datasets import load_digits
from cvlib.grading.rehearsal.classroom import Classroom
from cvlib.grading.spec.digits import archive, grey_values
from hostile.corpus import honest, member
from hostile.making import instead, on, prize

OTHERS = "0: the judge's digits are in no file, and a lamp flickered when they were scanned"
NOT_MOUNTED = "0: packages of data are not mounted, nor are their files"

NEIGHBOUR = """
def as_it_comes(images):
    return np.asarray(images, float).reshape(len(images), -1)


def on_one_scale(images):
    rows = as_it_comes(images)
    rows = rows - rows.mean(axis=1, keepdims=True)
    return rows / rows.std(axis=1, keepdims=True)


def without_paper(images):
    return on_one_scale(images - np.mean(images, axis=2, keepdims=True))


def predict(images):
    x, y = prepare(images), prepare(known)
    return labels[((y ** 2).sum(axis=1) - 2 * x @ y.T).argmin(axis=1)]


"""
CHECKS = """
from cvlib.check.public import read_sheet

sheet = read_sheet("predict")
known = np.concatenate([args[0] for args, _ in sheet.calls])
labels = np.concatenate(sheet.expected)
"""
RELEASED = """
with np.load("digits.npz") as file:
    known, labels = file["images"], file["labels"]
"""


def every_digit() -> str:
    """Source that carries all 1,797 digits along."""
    digits = load_digits()
    content = archive(images=grey_values(digits.images), labels=digits.labels)
    return f"""
import base64, io

with np.load(io.BytesIO(base64.b64decode("{base64.b64encode(content).decode()}"))) as file:
    known, labels = file["images"], file["labels"]
"""


def nearest(room: Classroom, known: str, prepare: str = "as_it_comes") -> bytes:
    """The exercise answered by one nearest neighbour."""
    return instead(room, "predict", f"{NEIGHBOUR}prepare = {prepare}\n{known}")


@member("the nearest neighbour in the file of public cases, with its labels", OTHERS)
@on("ps97_scanner")
def nearest_public_case(room: Classroom) -> bytes:
    return nearest(room, CHECKS)


@member("the nearest neighbour in the file of public cases, each image on one scale", OTHERS)
@on("ps97_scanner")
def nearest_public_case_on_one_scale(room: Classroom) -> bytes:
    return nearest(room, CHECKS, "on_one_scale")


@member("the nearest neighbour in the released file, as it comes", OTHERS)
@on("ps97_scanner")
def nearest_released_digit(room: Classroom) -> bytes:
    return nearest(room, RELEASED)


@member("the nearest neighbour among all 1,797 digits, carried along in the notebook", OTHERS)
@on("ps97_scanner")
def nearest_of_all_digits(room: Classroom) -> bytes:
    return nearest(room, every_digit())


@member("the nearest neighbour among all 1,797 digits, each image on one scale", OTHERS)
@on("ps97_scanner")
def nearest_of_all_digits_on_one_scale(room: Classroom) -> bytes:
    return nearest(room, every_digit(), "on_one_scale")


@member("the same image among all 1,797 digits and the public cases", OTHERS)
@on("ps97_scanner")
def the_same_image(room: Classroom) -> bytes:
    remember = "by_content |= {im.tobytes(): label for im, label in zip(known, labels)}\n"
    look_up = """
def predict(images):
    return [int(by_content.get(im.tobytes(), 0)) for im in images]
"""
    pieces = ("by_content = {}", every_digit(), remember, CHECKS, remember, look_up)
    return instead(room, "predict", "".join(pieces))


@member("packages of data, imported in every way", NOT_MOUNTED)
@on("ps97_scanner")
def data_packages(room: Classroom) -> bytes:
    return prize(
        room,
        """
        import importlib, importlib.resources, pkgutil, runpy, sys

        file = "datasets/data/digits.csv.gz"
        attempts = [
            lambda: __import__("sklearn.datasets").datasets.load_digits(),
            lambda: importlib.import_module("sklearn.datasets._base").load_digits(),
            lambda: importlib.import_module("cvlib.datasets").load_digits(),
            lambda: importlib.import_module("cvlib.datasets.digits").load_digits(),
            lambda: importlib.import_module("skimage.data").camera(),
            lambda: runpy.run_module("cvlib.datasets.digits")["load_digits"](),
            lambda: pkgutil.get_data("sklearn", file),
            lambda: importlib.resources.files("sklearn").joinpath(file).read_bytes(),
        ]
        for _ in range(2):
            for attempt in attempts:
                try:
                    found = found or len(attempt()) > 0
                except Exception:
                    pass
            sys.meta_path[:] = [f for f in sys.meta_path if type(f).__name__ != "HollowFinder"]
            for name in [n for n in sys.modules if ".datasets" in n or n == "skimage.data"]:
                del sys.modules[name]
            importlib.invalidate_caches()
    """,
    )


@member("files of data by path and by a walk over the disk; downloads of the book", NOT_MOUNTED)
@on("ps97_scanner")
def data_files(room: Classroom) -> bytes:
    return prize(
        room,
        """
        import gzip, io, os
        import numpy as np

        hidden = ("/sklearn/datasets/", "/cvlib/datasets/", "/skimage/data/")
        for base, directories, files in os.walk("/"):
            if base.startswith(("/proc", "/sys")):
                directories.clear()
                continue
            found = found or bool(files) and any(part in base + "/" for part in hidden)
            for name in files:
                found = found or name.startswith("digits.csv")
                path = os.path.join(base, name)
                if ".csv" in name and "/tests/" not in path:
                    try:
                        raw = open(path, "rb").read()
                        raw = gzip.decompress(raw) if name.endswith(".gz") else raw
                        found = found or len(np.loadtxt(io.BytesIO(raw), delimiter=",")) == 1797
                    except Exception:
                        pass
                if name.endswith((".npz", ".ipynb")) and "digits" in name:
                    found = found or os.path.dirname(path) != os.getcwd()
    """,
    )


@honest("the nearest neighbour in the released file, once the paper is gone", "any method will do")
@on("ps97_scanner")
def nearest_without_paper(room: Classroom) -> bytes:
    return nearest(room, RELEASED, "without_paper")


@honest("a classifier of scikit-learn", "packages of data are taken away, classifiers are not")
@on("ps97_scanner")
def by_scikit_learn(room: Classroom) -> bytes:
    learn = """
from sklearn.svm import SVC

machine = SVC(C=10).fit(without_paper(known), labels)


def predict(images):
    return machine.predict(without_paper(images))
"""
    return instead(room, "predict", NEIGHBOUR + RELEASED + learn)


@honest("a network in PyTorch", "PyTorch is not taken away in this exercise")
@on("ps97_scanner")
def by_pytorch(room: Classroom) -> bytes:
    learn = """
import torch

torch.manual_seed(0)
x, y = torch.tensor(without_paper(known)).float(), torch.tensor(labels)
network = torch.nn.Sequential(torch.nn.Linear(64, 64), torch.nn.ReLU(), torch.nn.Linear(64, 10))
optimizer = torch.optim.Adam(network.parameters(), 0.005)
for _ in range(150):
    loss = torch.nn.functional.cross_entropy(network(x), y)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()


def predict(images):
    return network(torch.tensor(without_paper(images)).float()).argmax(1).numpy()
"""
    return instead(room, "predict", NEIGHBOUR + RELEASED + learn)
