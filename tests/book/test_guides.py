"""The guides tell the truth: their commands, options, settings, files and links are real."""

from __future__ import annotations

import ast
import contextlib
import importlib
import importlib.metadata
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from cvlib.grading.commands.grade import cli

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted(
    path
    for name in ("instructors", "students")
    for path in [ROOT / "book" / f"{name}.md", *(ROOT / "book" / name).glob("*.md")]
)
SPOKEN = [*PAGES, ROOT / "README.md"]
TINY = ROOT / "tests" / "grading" / "tiny"
SET_ID = "ps90_tiny"

FENCE = re.compile(
    r"^(?:% tried: (?P<tried>[\w ]+)\n)?(?P<indent> *)(?P<ticks>`{3,})(?P<language>\w*)\n"
    r"(?P<body>.*?)^(?P=indent)(?P=ticks)$",
    re.MULTILINE | re.DOTALL,
)
#: Settings of programs that are no part of this environment.
FOREIGN = {"JupyterHub", "Authenticator", "Spawner"}


@dataclass(frozen=True)
class Block:
    """A fenced piece of a page; ``tried`` names the sequence of commands that a test runs."""

    page: Path
    language: str
    text: str
    tried: str


def blocks(*languages: str) -> Iterator[Block]:
    for page in SPOKEN:
        for found in FENCE.finditer(page.read_text("utf-8")):
            if not languages or found["language"] in languages:
                text = re.sub(rf"^{found['indent']}", "", found["body"], flags=re.MULTILINE)
                yield Block(page, found["language"], text, found["tried"] or "")


def prose(page: Path) -> str:
    return FENCE.sub("", page.read_text("utf-8"))


def shell_commands(text: str) -> Iterator[list[str]]:
    """The simple commands in a piece of shell, without comments, redirections and joints."""
    for line in text.replace("\\\n", " ").splitlines():
        lexer = shlex.shlex(line, posix=True, punctuation_chars="();|&")
        lexer.whitespace_split = True
        words: list[str] = []
        for word in [*lexer, ";"]:
            if set(word) <= set("();|&"):
                yield words
                words = []
            else:
                words.append(word)


def grade_commands() -> list[tuple[str, list[str]]]:
    """Every ``cvlib-grade …`` in a block or in running text, as words."""
    found = []
    for block in blocks("bash", "text"):
        if "cvlib-grade" not in block.text:
            continue
        for line in block.text.replace("\\\n", " ").splitlines():
            if "cvlib-grade " in line and "alias" not in line and "'" not in line.split("#")[0]:
                for words in shell_commands(line):
                    if words[:1] == ["cvlib-grade"]:
                        found.append((f"{block.page.name}: {' '.join(words)}", words))
    for page in SPOKEN:
        for code in re.findall(r"`(cvlib-grade [^`]+)`", prose(page)):
            found.append((f"{page.name}: {code}", shlex.split(code)))
    return found


@pytest.mark.parametrize(
    "words", [w for _, w in grade_commands()], ids=[name for name, _ in grade_commands()]
)
def test_every_command_line_is_one_that_the_program_knows(words: list[str]) -> None:
    context = click.Context(cli, info_name="cvlib-grade")
    options, rest, _ = cli.make_parser(context).parse_args(words[1:])
    if options.get("version") or options.get("help"):
        return
    assert rest, f"no command in {words}"
    command = cli.commands[rest[0]]
    inner = click.Context(command, parent=context, info_name=rest[0])
    given, _, _ = command.make_parser(inner).parse_args(rest[1:])
    for parameter in command.params:
        value = given.get(parameter.name)
        if isinstance(parameter.type, click.Choice) and value is not None:
            assert value in parameter.type.choices, f"{value} in {words}"


def test_every_make_target_is_one() -> None:
    made = re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    said = {
        target
        for page in SPOKEN
        for code in [b.text for b in blocks("bash") if b.page == page]
        + re.findall(r"`([^`]+)`", prose(page))
        for target in re.findall(r"\bmake ([a-z]+)\b", code)
    }
    assert {"setup", "doctor", "test"} <= said <= set(made), said - set(made)


def test_no_command_is_left_out() -> None:
    told = {words[1] for _, words in grade_commands() if len(words) > 1}
    inline = " ".join(p.read_text("utf-8") for p in PAGES)
    missing = [name for name in cli.commands if name not in told and f"`{name}" not in inline]
    assert not missing, f"no guide speaks of {missing}"


def test_options_in_running_text_exist() -> None:
    known = {o for c in [cli, *cli.commands.values()] for p in c.params for o in p.opts}
    for page in PAGES:
        for code in re.findall(r"`(--[a-z-]+)[^`]*`", prose(page)):
            others = {
                "--scheduler-file",
                "--nthreads",
                "--nworkers",
                "--remote-python",
                "--extra-index-url",
            }
            assert code in known | others, f"{page.name}: {code}"


def configurables() -> dict[str, type[Any]]:
    """Classes with settings: nbgrader's, the judge's and the late policy, by name."""
    from nbgrader.apps.nbgraderapp import NbGraderApp
    from nbgrader.exchange.default import Exchange
    from nbgrader.plugins import FileNameCollectorPlugin
    from nbgrader.server_extensions.formgrader import formgrader

    ours = [
        getattr(importlib.import_module(f"cvlib.grading.gradebook.{module}"), name)
        for module, name in (("nbgrader_plugins", "JudgeSettings"), ("late", "LatePolicy"))
    ]
    nbgraders = NbGraderApp().all_configurable_classes()
    classes = [*nbgraders, FileNameCollectorPlugin, *ours, formgrader.NbGrader, Exchange]
    return {c.__name__: c for c in classes}


def test_every_setting_is_a_real_one() -> None:
    classes = configurables()
    found = 0
    for page in SPOKEN:
        for name, trait in re.findall(r"\bc\.([A-Z]\w+)\.(\w+)", page.read_text("utf-8")):
            if name in FOREIGN:
                continue
            assert name in classes, f"{page.name}: nobody reads c.{name}"
            assert trait in classes[name].class_traits(config=True), (
                f"{page.name}: c.{name}.{trait}"
            )
            found += 1
    assert found > 8


def test_settings_shown_are_accepted(tmp_path: Path) -> None:
    from traitlets.config import Config, PyFileConfigLoader

    classes = configurables()
    shown = [b for b in blocks("python") if re.search(r"^c\.[A-Z]", b.text, re.MULTILINE)]
    assert shown
    for block in shown:
        text = block.text
        if "get_config()" not in text:
            text = "c = get_config()\n" + text
        (tmp_path / "shown.py").write_text(text)
        config: Config = PyFileConfigLoader("shown.py", path=str(tmp_path)).load_config()
        for name, values in config.items():
            if name not in FOREIGN:
                thing = classes[name](config=Config({name: values}))
                assert all(getattr(thing, trait) == value for trait, value in values.items())


def test_python_and_yaml_in_the_guides_can_be_read() -> None:
    for block in blocks("python"):
        try:
            ast.parse(block.text)
        except SyntaxError as error:
            raise AssertionError(f"{block.page.name}: {error}\n{block.text}") from error
    for block in blocks("yaml"):
        assert all(isinstance(d, dict) for d in yaml.safe_load_all(block.text)), block.page


def targets(page: Path) -> Iterator[str]:
    text = prose(page)
    for name in re.findall(r"\{doc\}`(?:[^`<]*<)?([^`>]+)>?`", text):
        yield f"{name}.md"
    yield from re.findall(r"\]\((?!https?:)([^)#\s]+)", text)


@pytest.mark.parametrize("page", SPOKEN, ids=lambda p: p.stem)
def test_links_within_the_book_lead_somewhere(page: Path) -> None:
    missing = [t for t in targets(page) if not (page.parent / t).is_file()]
    assert not missing, f"{page.name}: {missing}"
    labels = {
        label
        for other in PAGES
        for label in re.findall(r"^\(([\w-]+)\)=$", other.read_text("utf-8"), re.MULTILINE)
    }
    wanted = re.findall(r"\{ref\}`(?:[^`<]*<)?([\w-]+)>?`", prose(page))
    assert not set(wanted) - labels


def test_every_guide_is_in_the_table_of_contents() -> None:
    toc = (ROOT / "_toc.yml").read_text("utf-8")
    for page in PAGES:
        name = page.relative_to(ROOT).with_suffix("").as_posix()
        assert re.search(rf"- file: {name}$", toc, re.MULTILINE), name


def test_binder_installs_what_everybody_else_installs() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    folder = ROOT / ".binder"
    ours = yaml.safe_load((folder / "environment.yml").read_text())["dependencies"]
    conda = yaml.safe_load((ROOT / "environment.yml").read_text())["dependencies"]
    assert [d for d in ours if d.startswith("python=")] == [
        d for d in conda if isinstance(d, str) and d.startswith("python=")
    ]
    script = folder / "postBuild"
    assert os.access(script, os.X_OK)
    lines = script.read_text().replace("\\\n  ", "").splitlines()
    assert lines[0] == "#!/bin/bash"
    assert "set -euo pipefail" in lines
    (install,) = [line for line in lines if line.startswith("pip install")]
    assert "-c constraints.txt" in install
    (extras,) = re.findall(r'-e "\.\[([\w,]+)\]"', install)
    assert set(extras.split(",")) <= set(project["optional-dependencies"])
    assert lines[-1] == "cvlib-grade release"


def test_what_grading_needs_is_in_its_extra() -> None:
    """The guides install ``.[grading]`` and nothing else, in a fresh environment."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    installed = closure([*project["dependencies"], *project["optional-dependencies"]["grading"]])
    providers = importlib.metadata.packages_distributions()
    folders = [ROOT / "cvlib" / "grading", ROOT / "cvlib" / "check", ROOT / "assignments"]
    files = [p for f in folders for p in f.rglob("*.py")] + [ROOT / "cvlib/datasets/digits.py"]
    ours = {path.stem for path in files} | sys.stdlib_module_names
    for path in files:
        for module in imported(path):
            if module not in ours and not module.startswith("cvlib"):
                from_where = {canonicalize_name(name) for name in providers[module]}
                assert from_where & installed, f"{path.name} imports {module} of {from_where}"


def closure(requirements: list[str]) -> set[str]:
    """What pip installs for these requirements, as far as it is installed here."""
    found: set[str] = set()
    waiting = list(requirements)
    while waiting:
        requirement = Requirement(waiting.pop())
        name = canonicalize_name(requirement.name)
        if requirement.marker and not requirement.marker.evaluate({"extra": ""}):
            continue
        if name not in found:
            found.add(name)
            with contextlib.suppress(importlib.metadata.PackageNotFoundError):
                waiting += importlib.metadata.requires(name) or []
    return found


def imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.partition(".")[0]


# --- the blocks that are marked as tried, run on the tiny problem set ----------------------------


def tried(name: str, page: str) -> str:
    """The commands of a page that belong together, on the tiny set in place of a real one."""
    texts = [b.text for b in blocks("bash") if b.tried == name and b.page.stem == page]
    assert texts, f"{page}.md has no block marked '% tried: {name}'"
    return "\n".join(texts).replace("ps02_convolution", SET_ID)


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    """A folder to stand in, with ``assignments/`` as an instructor has it."""
    shutil.copytree(TINY, tmp_path / "assignments")
    return tmp_path


def run_shell(desk: Path, text: str, **environment: str) -> str:
    """Run shell lines as they stand in a guide; background jobs end with the shell."""
    binaries = str(Path(sys.executable).parent)
    home = desk / "home"
    home.mkdir(exist_ok=True)
    settings = dict(os.environ) | {
        "PATH": f"{binaries}{os.pathsep}{os.environ['PATH']}",
        "HOME": str(home),
        "JUPYTER_CONFIG_DIR": str(home / ".jupyter"),
        "JUPYTER_DATA_DIR": str(home / "data"),
        "OMP_NUM_THREADS": "1",
    }
    process = subprocess.Popen(
        ["bash", "-e", "-o", "pipefail", "-c", text],
        cwd=desk,
        env=settings | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        output, _ = process.communicate(timeout=240)
    finally:
        if process.poll() is None or "&\n" in text:
            os.killpg(process.pid, signal.SIGKILL)
    assert process.returncode == 0, f"{text}\n{output}"
    return output


def test_the_first_hour_of_an_instructor(desk: Path) -> None:
    said = run_shell(desk, tried("sample", "start"))
    members = re.search(r"sample class: (\d+) of (\d+) score what they must", said)
    assert members
    assert members[1] == members[2]
    assert (desk / "practice/feedback/right" / SET_ID / f"{SET_ID}.html").is_file()


def test_a_due_date_as_the_guide_sets_it(desk: Path) -> None:
    assert "2027-03-01" in run_shell(desk, tried("release", "start"))


def test_the_check_of_an_installation(desk: Path) -> None:
    assert run_shell(desk, tried("install check", "install")).strip() == "ready"


def test_a_cluster_by_hand(desk: Path) -> None:
    port = free_port()
    text = tried("by hand", "clusters").replace("8786", str(port))
    run_shell(desk, "cvlib-grade release && cvlib-grade sample")
    for member in (desk / "_build/course/submitted").iterdir():
        if member.name not in ("right", "blank"):
            shutil.rmtree(member)
    text = text.replace(f"--port {port}", f"--host 127.0.0.1 --port {port}")
    said = run_shell(desk, text + "\nkill %1 %2\nwait || true")
    assert "2 graded now, 2 recorded" in said


def free_port() -> int:
    import socket

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def test_once_around_the_exchange(desk: Path) -> None:
    exchange = desk / "exchange"
    exchange.mkdir()
    exchange.chmod(0o777)
    shown = next(b.text for b in blocks("python") if "c.Exchange.root" in b.text)
    config = shown.replace("/srv/nbgrader/exchange", str(exchange))
    (desk / "assignments" / "nbgrader_config.py").write_text(config)
    student = desk / "student"
    student.mkdir()
    (student / "nbgrader_config.py").write_text(config)
    texts = [
        b.text.replace("ps02_convolution", SET_ID)
        for b in blocks("bash")
        if b.tried == "exchange" and b.page.stem == "jupyterhub"
    ]
    release, hand_in, grade = texts
    options = ["--course", str(desk / "class"), "--assignments", str(desk / "assignments")]
    within = f'cvlib-grade() {{ command cvlib-grade {shlex.join(options)} "$@"; }}\n'
    run_shell(desk, f"{within}cvlib-grade release\n{release}")
    run_shell(student, hand_in)
    said = run_shell(desk / "class", within + grade)
    assert "1 submissions, 1 graded now, 1 recorded" in said
    run_shell(student, f"nbgrader fetch_feedback {SET_ID}")
    (page,) = (student / SET_ID / "feedback").rglob(f"{SET_ID}.html")
    assert "0 of 10" in page.read_text("utf-8") or "Spread" in page.read_text("utf-8")


def test_the_smallest_problem_set_passes_the_doctor(tmp_path: Path) -> None:
    page = ROOT / "book" / "instructors" / "problem_sets.md"
    mine = [b for b in blocks() if b.page == page]
    exercise, order = [b.text for b in mine if b.language == "python"][:2]
    (notebook,) = [b.text for b in mine if b.text.startswith("---\njupytext")]
    folder = tmp_path / "assignments" / "ps20_spread"
    folder.mkdir(parents=True)
    for name, text in (("spread.py", exercise), ("__init__.py", order), ("notebook.md", notebook)):
        (folder / name).write_text(text, "utf-8")
    said = run_shell(tmp_path, "cvlib-grade doctor ps20_spread && cvlib-grade release ps20_spread")
    table = next(b.text for b in mine if b.language == "text" and "kill rate" in b.text)
    assert table in said
