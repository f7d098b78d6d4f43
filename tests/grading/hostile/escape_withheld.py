"""Submissions that look for the modules that an exercise withholds."""

from __future__ import annotations

from cvlib.grading.rehearsal.classroom import Classroom
from hostile.corpus import member
from hostile.making import prize

NOT_MOUNTED = "0: what an exercise withholds is not mounted"


@member("withheld modules, imported once the finder that hollows them is gone", NOT_MOUNTED)
def without_the_hollow_finder(room: Classroom) -> bytes:
    return prize(
        room,
        """
        import importlib, sys

        sys.meta_path[:] = [f for f in sys.meta_path if type(f).__name__ != "HollowFinder"]
        sys.path_importer_cache.clear()
        importlib.invalidate_caches()
        for name in [n for n in sys.modules if n.startswith(("torch", "cvlib.", "scipy.signal"))]:
            if not name.startswith(("cvlib.check", "cvlib.datasets")):
                del sys.modules[name]
        for name, attribute in (("cvlib.convolution", "conv2d_forward"),
                                ("cvlib.convolution.reference", "conv2d_forward"),
                                ("cvlib.grading.spec.sheets", "judge_exercise")):
            try:
                module = importlib.reload(importlib.import_module(name))
                found = found or hasattr(module, attribute)
            except ImportError:
                pass
    """,
    )


@member("withheld modules by their path: specs, zipimport, runpy, pkgutil, resources", NOT_MOUNTED)
def modules_by_path(room: Classroom) -> bytes:
    return prize(
        room,
        """
        import glob, importlib.resources, importlib.util, pkgutil, runpy, site, sys, zipimport

        roots = {*sys.path, *site.getsitepackages(), *glob.glob("/usr/lib/python3*/*-packages"),
                 "/opt/cvlib", "/work", "/proc/1/root/opt/cvlib"}
        kinds = ("cvlib/convolution/*/*", "cvlib/grading/spec/sheets.py", "*.zip", "*.whl", "*.egg")
        for root in roots:
            for path in [p for name in kinds for p in glob.glob(root + "/" + name)]:
                try:
                    spec = importlib.util.spec_from_file_location("stolen", path)
                    module = importlib.util.module_from_spec(spec)
                    spec.loader.exec_module(module)
                    found = found or bool({"conv2d_forward", "judge_exercise"} & {*dir(module)})
                except Exception:
                    pass
                try:
                    archive = zipimport.zipimporter(path)
                    found = found or archive.find_spec("cvlib.convolution") is not None
                except Exception:
                    pass
        for package in ("cvlib.convolution", "cvlib.grading"):
            try:
                found = found or bool(pkgutil.get_data(package, "reference.py"))
            except Exception:
                pass
            try:
                found = found or any(importlib.resources.files(package).iterdir())
            except Exception:
                pass
            try:
                found = found or "conv2d_forward" in runpy.run_module(f"{package}.reference")
            except Exception:
                pass
        import cvlib
        found = found or any(m.name == "cvlib.convolution.reference"
                             for m in pkgutil.walk_packages(cvlib.__path__, "cvlib."))
    """,
    )


@member(
    "the text or the compiled code of the reference, anywhere below what is mounted", NOT_MOUNTED
)
def text_of_the_reference(room: Classroom) -> bytes:
    return prize(
        room,
        """
        import os, sys

        word = b"def conv2d_" + b"forward"
        compiled = b"conv2d_" + b"forward"
        for base, directories, files in os.walk("/opt"):
            for name in files:
                try:
                    data = open(os.path.join(base, name), "rb").read()
                except OSError:
                    continue
                found = found or word in data or (name.endswith(".pyc") and compiled in data)
        for root in sys.path:
            cache = os.path.join(root, "__pycache__")
            names = os.listdir(cache) if os.path.isdir(cache) else []
            found = found or any(n.startswith(("reference.", "exercises.")) for n in names)
    """,
    )


@member(
    "what pip says of the installed packages: RECORD, direct_url, editable finders", NOT_MOUNTED
)
def package_metadata(room: Classroom) -> bytes:
    return prize(
        room,
        """
        import glob, importlib.metadata, os, site, sys

        for root in {*site.getsitepackages(), *sys.path}:
            for path in glob.glob(f"{root}/*cvlib*") + glob.glob(f"{root}/*cvlib*/*"):
                try:
                    text = open(path).read()
                except (OSError, UnicodeDecodeError):
                    continue
                for line in text.replace('"', " ").replace("'", " ").replace(",", " ").split():
                    place = line.removeprefix("file://")
                    if place.startswith("/") and os.path.isdir(place) and len(place) > 1:
                        found = found or os.path.exists(f"{place}/assignments")
        for distribution in importlib.metadata.distributions():
            for file in distribution.files or []:
                if file.name == "reference.py" and "cvlib" in str(file):
                    found = found or os.path.isfile(distribution.locate_file(file))
    """,
    )


@member("leftovers of withheld modules in sys.modules, the objects and the memory map", NOT_MOUNTED)
def leftovers_in_memory(room: Classroom) -> bytes:
    return prize(
        room,
        """
        import gc, sys, types

        withheld = ("cvlib.convolution", "cvlib.grading", "cvlib.layers")
        for thing in [*sys.modules.values(), *gc.get_objects()]:
            if isinstance(thing, (types.FunctionType, type)):
                found = found or str(thing.__module__).startswith(withheld)
            if type(thing) is types.ModuleType and thing.__name__.startswith(withheld):
                found = found or bool(getattr(thing, "__file__", None))
        maps = open("/proc/self/maps").read()
        found = found or "/cvlib/convolution" in maps or "_sigtools" in maps
    """,
    )


TORCH = """
import ctypes, glob, importlib, os, site, sys

sys.meta_path[:] = [f for f in sys.meta_path if type(f).__name__ != "HollowFinder"]
for name in [n for n in sys.modules if n.split(".")[0] in ("torch", "functorch", "torchgen")]:
    del sys.modules[name]
importlib.invalidate_caches()
for root in site.getsitepackages():  # where PyTorch is allowed, its files are there
    path = f"{root}/torch/nn/functional.py"
    found = found or os.path.isfile(path) and os.path.getsize(path) > 0
try:
    if not found:
        import torch.nn.functional as F
        found = F.relu(torch.tensor([-1.0, 2.0])).tolist() == [0.0, 2.0]
except (ImportError, AttributeError, NameError):
    pass
found = found or "libtorch" in open("/proc/self/maps").read()
for root in site.getsitepackages():
    for path in glob.glob(f"{root}/torch*/**/libtorch*.so*", recursive=True):
        try:
            found = found or bool(ctypes.CDLL(path))
        except OSError:
            pass
"""


def torch_is_there(room: Classroom) -> float:
    return float(sum(e.points for e in room.judged if "torch" not in e.withhold))


@member(
    "PyTorch in an exercise in NumPy",
    "the points of exercises that allow PyTorch: elsewhere it is not mounted",
    torch_is_there,
)
def torch_in_numpy(room: Classroom) -> bytes:
    return prize(room, TORCH)
