"""The guides, and what stands in them: fenced blocks, prose, commands."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted(
    path
    for name in ("instructors", "students")
    for path in [ROOT / "book" / f"{name}.md", *(ROOT / "book" / name).glob("*.md")]
)
SPOKEN = [*PAGES, ROOT / "README.md"]
FENCE = re.compile(
    r"^(?:% tried: (?P<tried>[\w ]+)\n)?(?P<indent> *)(?P<ticks>`{3,})(?P<language>\w*)\n"
    r"(?P<body>.*?)^(?P=indent)(?P=ticks)$",
    re.MULTILINE | re.DOTALL,
)


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
