"""Submissions that look for the answers: they solve everything if they find what they look for."""

from __future__ import annotations

from cvlib.grading.rehearsal.classroom import Classroom, rewrite, to_bytes
from hostile.corpus import member
from hostile.making import first, prize
from hostile.outside import BAIT, beacon

NOT_THERE = "0: what it looks for is not there, and it solves nothing by itself"
NOT_MOUNTED = "0: what an exercise withholds is not mounted"

#: The reference of an exercise would know the answer to a call before the student's code does.
HUNT = """
import gc, inspect, sys, threading
import numpy as np

def holds(value, things):
    return any(type(t) in (float, np.float64) and t == value and t is not value for t in things)

def known(value):
    for thing in gc.get_objects():
        if type(thing) is dict and holds(value, list(thing.values())):
            return True
        if type(thing) in (list, tuple) and holds(value, thing):
            return True
    frames = [f for f in sys._current_frames().values()] + [i.frame for i in inspect.stack()]
    while frames:
        frame = frames.pop()
        if frame.f_code.co_name not in ("holds", "known", "hunting"):
            if any(getattr(v, "expected", None) is not None for v in frame.f_locals.values()):
                return True
        if frame.f_back:
            frames.append(frame.f_back)
    return False

def hunting(solution):
    def lie(*args, **kwargs):
        value = solution(*args, **kwargs)
        return value if np.ndim(value) == 0 and value and known(float(value)) else 0.0
    return lie
"""


@member("expected values in the frames and objects of the process", NOT_THERE)
def frames_and_objects(room: Classroom) -> bytes:
    notebook = first(room.blank(), HUNT)
    for exercise in room.judged:
        if exercise.kind == "function":
            solution = room.solution(exercise.id)
            text = f"{solution}\n\n{exercise.name} = hunting({exercise.name})"
            rewrite(notebook, exercise.id, text)
    return to_bytes(notebook)


@member("the reference in In, Out and the history, where the tests would be", NOT_THERE)
def input_history(room: Classroom) -> bytes:
    return prize(
        room,
        """
        shell = get_ipython()
        history = [*In, *_ih, *shell.history_manager.input_hist_raw]
        history += [str(value) for value in Out.values()]
        history += [str(row) for row in shell.history_manager.get_range()]
        own = "found = False"
        found = any(word in text for text in history if own not in text
                    for word in ("BEGIN SOLUTION", "assert", "reference", "determine_grade"))
    """,
    )


@member("the instructor's files: ../../source, the assignments, the gradebook", NOT_THERE)
def files_of_the_instructor(room: Classroom) -> bytes:
    return prize(
        room,
        f"""
        import os

        name = "{room.loaded.problem_set.id}"
        names = ("notebook.md", "gradebook.db", name + ".ipynb", "nbgrader_config.py", ".secret",
                 "sample_class.json")
        places = [os.path.join(*[".."] * k, place) for k in range(1, 8)
                  for place in ("source", "release", "submitted", "autograded", "assignments")]
        places += ["/work", "/root", "/home", "/srv", "/mnt", "/tmp", "/proc/1/root", "/proc/1/cwd"]
        for place in places:
            for base, directories, files in os.walk(place):
                directories[:] = [d for d in directories if "-packages" not in d and d != "proc"]
                found = found or name in directories or any(name in files for name in names)
                if found:
                    break
    """,
    )


@member("what the grader has in its environment, command lines and memory maps", NOT_THERE)
def environment_of_others(room: Classroom) -> bytes:
    return prize(
        room,
        f"""
        import glob, os

        texts = [str(dict(os.environ))]
        for path in glob.glob("/proc/[0-9]*/environ") + glob.glob("/proc/[0-9]*/cmdline"):
            try:
                texts.append(open(path, errors="replace").read())
            except OSError:
                pass
        found = any(word in text for text in texts for word in ("{BAIT}", "pytest"))
    """,
    )


@member("open descriptors of every process, and whether one leads out of the sandbox", NOT_THERE)
def descriptors_of_others(room: Classroom) -> bytes:
    return prize(
        room,
        """
        import glob, os, stat

        for path in glob.glob("/proc/[0-9]*/fd/*"):
            try:
                link, mode = os.readlink(path), os.stat(path).st_mode
            except OSError:
                continue
            inside = link.startswith(("/tmp/", "/home/student", "/dev/", "/proc/", "/memfd:"))
            if stat.S_ISDIR(mode) or stat.S_ISREG(mode):
                if not inside and "(deleted)" in link or os.access(path, os.W_OK) and not inside:
                    found = True
            if stat.S_ISDIR(mode) and os.path.exists(f"{path}/../../work"):
                found = True
        for path in glob.glob("/proc/[0-9]*/root") + glob.glob("/proc/[0-9]*/cwd"):
            found = found or os.path.exists(f"{path}/etc/shadow")
    """,
    )


@member(
    "writing into other processes: ptrace, process_vm_writev, /proc/N/mem",
    "0: no process but its own may be written",
)
def memory_of_others(room: Classroom) -> bytes:
    return prize(
        room,
        """
        import ctypes, os

        libc = ctypes.CDLL(None, use_errno=True)
        own = os.getpid()
        for pid in [int(p) for p in os.listdir("/proc") if p.isdigit()]:
            if pid == own:
                continue
            if libc.ptrace(16, pid, 0, 0) == 0:  # PTRACE_ATTACH
                found = True
            try:
                with open(f"/proc/{pid}/mem", "r+b"):
                    found = True
            except OSError:
                pass
            buffer = (ctypes.c_char * 8)()
            vector = (ctypes.c_size_t * 2)(ctypes.addressof(buffer), 8)
            if libc.process_vm_readv(pid, vector, 1, vector, 1, 0) > 0:
                found = True
    """,
    )


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


@member("the network: TCP, UDP, names, sockets of the host", "0: its network is empty")
def network(room: Classroom) -> bytes:
    tcp, udp, name = beacon()
    return prize(
        room,
        f"""
        import os, socket, stat

        def reaches(family, kind, address):
            try:
                with socket.socket(family, kind) as link:
                    link.settimeout(0.3)
                    link.connect(address)
                    link.send(b"answers?")
                    return bool(link.recv(100))
            except OSError:
                return False

        hosts = ["127.0.0.1", "10.0.2.2", "172.17.0.1", "192.168.0.1", "1.1.1.1"]
        for host in hosts:
            found = found or reaches(socket.AF_INET, socket.SOCK_STREAM, (host, {tcp}))
            found = found or reaches(socket.AF_INET, socket.SOCK_DGRAM, (host, {udp}))
        found = found or reaches(socket.AF_INET6, socket.SOCK_STREAM, ("::1", {tcp}))
        found = found or reaches(socket.AF_UNIX, socket.SOCK_STREAM, chr(0) + "{name}")
        try:
            found = found or bool(socket.getaddrinfo("pypi.org", 443))
        except OSError:
            pass
        for place in () if found else ("/run", "/var/run", "/tmp"):
            for base, _, names in os.walk(place):
                for path in (os.path.join(base, n) for n in names):
                    if stat.S_ISSOCK(os.lstat(path).st_mode):
                        found = found or reaches(socket.AF_UNIX, socket.SOCK_STREAM, path)
    """,
    )


@member("privileges back: namespaces, mounts, setuid files, limits raised", "0: none can be had")
def privileges(room: Classroom) -> bytes:
    return prize(
        room,
        """
        import ctypes, os, resource

        libc = ctypes.CDLL(None, use_errno=True)
        for flags in (0x10000000, 0x10020000, 0x00020000, 0x40000000, 0x20000000):
            found = found or libc.unshare(flags) == 0
        found = found or libc.mount(b"none", b"/tmp", b"tmpfs", 0, None) == 0
        found = found or libc.umount2(b"/opt/cvlib/cvlib/grading", 2) == 0
        found = found or libc.setuid(0) == 0 or libc.setgid(0) == 0
        found = found or libc.chroot(b"/tmp") == 0 or libc.prctl(38, 0, 0, 0, 0) == 0
        for limit in (resource.RLIMIT_AS, resource.RLIMIT_FSIZE, resource.RLIMIT_NPROC):
            try:
                resource.setrlimit(limit, (resource.RLIM_INFINITY,) * 2)
                found = True
            except (ValueError, OSError):
                pass
        for path in ("/proc/sys/kernel/core_pattern", "/sys/fs/cgroup/cgroup.procs",
                     "/proc/self/oom_score_adj", "/proc/sysrq-trigger", "/proc/self/uid_map"):
            try:
                open(path, "w").close()
                found = True
            except OSError:
                pass
    """,
    )
