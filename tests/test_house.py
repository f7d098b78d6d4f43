"""The house keeps itself: what may import what, how long a file may be, what a score depends on."""

import ast
from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from cvlib.grading.judging.sources import COUNT, DO_NOT_COUNT, counted

ROOT = Path(__file__).resolve().parents[1]
GRADING = ROOT / "cvlib" / "grading"
#: The instructor's side, from the ground up: a folder imports from lower floors only.
FLOORS = (
    ("pages", "sandbox", "spec"), ("notebook",), ("judging",), ("course",),
    ("lms", "receipts", "similarity"), ("gradebook",),
    ("feedback", "rehearsal", "report", "running", "tamper"), ("regrading",), ("commands",),
)  # fmt: skip
LONGEST = 250
#: An exercise stands in one file with all the mistakes that it knows, and these know many.
MANY_MISTAKES = (
    "ps02_convolution/depthwise_separable",
    "ps04_backpropagation/gradient_check",
    "ps04_backpropagation/graph_gradients",
    "ps04_backpropagation/pool2d",
    "ps04_backpropagation/stop_training",
    "ps06_normalization/ghost_batch_norm2d",
)


def modules(top: Path, root: Path = ROOT) -> dict[str, Path]:
    """The modules below a folder, by their dotted names; what runs behind the wall is apart."""
    found = {}
    for path in sorted(top.rglob("*.py")):
        parts = path.relative_to(root).with_suffix("").parts
        if "inside" not in parts:
            found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def imported(path: Path, known: Mapping[str, Path]) -> Iterator[str]:
    """The modules among the known ones that a file imports, wherever it does so."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                yield from (
                    name for name in [whole if whole in known else node.module] if name in known
                )
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in known)


def circle(names: Mapping[str, Path]) -> list[str]:
    """Modules that import one another in a circle; none is the answer that is wanted."""
    graph = {name: set(imported(path, names)) - {name} for name, path in names.items()}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def test_nothing_imports_in_a_circle() -> None:
    assert circle(modules(ROOT / "cvlib")) == []


def test_a_circle_is_found(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "one.py").write_text("def f():\n    from a.two import x\n")
    (tmp_path / "a" / "two.py").write_text("import a.one\n")
    assert set(circle(modules(tmp_path / "a", tmp_path))) == {"a.one", "a.two"}


def test_the_instructors_side_has_floors_and_no_arrow_goes_up() -> None:
    floor = {folder: k for k, folders in enumerate(FLOORS) for folder in folders}
    there = {p.name for p in GRADING.iterdir() if (p / "__init__.py").is_file()}
    assert there == set(floor)
    known = modules(GRADING)
    up = []
    for name, path in known.items():
        for other in imported(path, known):
            here, there_ = (n.split(".")[2] for n in (f"{name}.x", f"{other}.x"))
            if (
                here in floor
                and there_ in floor
                and here != there_
                and floor[there_] >= floor[here]
            ):
                up.append(f"{name} imports {other}")
    assert up == []


def test_every_folder_counts_for_a_kept_result_or_does_not() -> None:
    folders = {p.name for p in GRADING.iterdir() if p.is_dir() and p.name != "__pycache__"}
    assert folders == {*COUNT, *DO_NOT_COUNT}
    assert not set(COUNT) & set(DO_NOT_COUNT)


def test_figures_and_experiments_regrade_nobody_and_the_check_everybody() -> None:
    found = {p.relative_to(ROOT / "cvlib").as_posix() for p in counted(ROOT / "cvlib")}
    for path in (
        "check/marking.py",
        "convolution/reference/conv2d.py",
        "grading/judging/rounds.py",
        "grading/sandbox/inside/judge_line.py",
        "grading/spec/sheets.py",
    ):
        assert path in found
    rooms = {p.partition("/")[0] for p in found}
    assert {"convolution", "layers", "optim", "training"} < rooms
    assert not [p for p in found if "plots" in p or "experiments" in p or "figures" in p]
    assert not [p for p in found if p.startswith(tuple(f"grading/{f}/" for f in DO_NOT_COUNT))]


@pytest.mark.parametrize(
    ("folder", "known"),
    [(name, ()) for name in ("cvlib", "book", "benchmarks", ".ci", "tests")]
    + [("assignments", MANY_MISTAKES)],
)
def test_a_file_fits_into_a_head(folder: str, known: tuple[str, ...]) -> None:
    files = sorted((ROOT / folder).rglob("*.py"))
    long = [p for p in files if len(p.read_text("utf-8").splitlines()) > LONGEST]
    names = [p.relative_to(ROOT / folder).with_suffix("").as_posix() for p in long]
    assert names == sorted(known), "too long, or no longer: then take it off the list"
