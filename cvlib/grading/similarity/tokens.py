"""Source and prose as fingerprints: what stays when names, numbers, comments and layout change.

Every run of ``k`` tokens is hashed, and of every ``w`` neighbouring hashes the smallest is kept:
winnowing, of S. Schleimer, D. S. Wilkerson and A. Aiken, "Winnowing: local algorithms for document
fingerprinting", SIGMOD 2003 (the method of MOSS). A passage that two texts share gives a shared
fingerprint wherever it stands, if it has at least ``w + k - 1`` tokens.
"""

from __future__ import annotations

import builtins
import functools
import hashlib
import itertools
import keyword
import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

#: Python's own tokenizer stops at the first error; every text is a row of these.
TOKEN = re.compile(
    r"""
    (?P<skip> [ \t\f\r]+ | \\\n | \#[^\n]* )
  | (?P<newline> \n )
  | (?P<string> [rRbBuUfF]{0,2} (?: \"\"\" (?:[^"\\] | \\. | "(?!""))* (?:\"\"\")?
                                  | ''' (?:[^'\\] | \\. | '(?!''))* (?:''')?
                                  | " (?:[^"\\\n] | \\.)* "? | ' (?:[^'\\\n] | \\.)* '? ) )
  | (?P<number> \.?\d (?:[\w.] | (?<=[eE])[+-])* )
  | (?P<name> [^\W\d]\w* )
  | (?P<operator> \*\*=? | //=? | >>=? | <<=? | -> | := | \.\.\. | [-+*/%&|^@=!<>]=? | . )
    """,
    re.VERBOSE | re.DOTALL,
)
MAGIC = re.compile(r"^[ \t]*[%!][^\n]*", re.MULTILINE)
WORD = re.compile(r"\w+")

#: Of torch, which is not worth a second of import: the layers that exercises ask for.
TORCH = (
    "nn functional Conv2d ConvTranspose2d BatchNorm1d BatchNorm2d LayerNorm GroupNorm Linear "
    "Sequential ModuleList Module Parameter ReLU GELU Sigmoid Tanh Softmax Dropout Dropout2d "
    "MaxPool2d AvgPool2d AdaptiveAvgPool2d Flatten Embedding Identity CrossEntropyLoss MSELoss "
    "relu gelu sigmoid softmax log_softmax conv2d conv_transpose2d max_pool2d avg_pool2d unfold "
    "fold pad cross_entropy mse_loss no_grad backward detach register_buffer parameters "
    "zero_grad step view permute unsqueeze squeeze cat stack einsum matmul bmm clamp manual_seed"
)


#: Kind, text, line, and whether it begins a statement.
Lexeme = tuple[str, str, int, bool]


@dataclass(frozen=True)
class Shape:
    """How long a hashed run of tokens is, and of how many neighbours one is kept."""

    k: int
    w: int


CODE, PROSE = Shape(k=9, w=4), Shape(k=4, w=2)


@dataclass(frozen=True)
class Tokens:
    """The tokens of a text, names and values made alike, and the line that each stands in."""

    texts: Sequence[str]
    lines: Sequence[int]


def code_tokens(source: str) -> Tokens:
    """The tokens of Python that a copyist cannot change without changing what it does.

    Keywords, operators and the names of libraries stay; names of one's own and values become one
    letter. Comments, docstrings, blank space, magics and brackets that only group go. Any text has
    tokens.
    """
    found: list[Lexeme] = []
    line, depth, fresh = 0, 0, True
    for match in TOKEN.finditer(MAGIC.sub("", source.replace("\0", " "))):
        kind, text = str(match.lastgroup), match[0]
        if kind == "newline":
            if fresh and found and found[-1][0] == "string" and found[-1][3]:
                found.pop()  # a docstring, or another text that stands for itself
            fresh = fresh or depth == 0
        elif kind != "skip":
            depth = max(0, depth + (text in "([{") - (text in ")]}"))
            found.append((kind, text, line, fresh))
            fresh = text in (":", ";") and depth == 0
            if kind == "string":
                fresh = found[-1][3]
        line += text.count("\n")
    if found and found[-1][0] == "string" and found[-1][3]:
        found.pop()
    found = _without_grouping(found)
    texts = [
        _token(
            kind,
            text,
            before=found[k - 1][1] if k else "",
            after=found[k + 1][1] if k + 1 < len(found) else "",
        )
        for k, (kind, text, _, _) in enumerate(found)
    ]
    return Tokens(texts, [line for _, _, line, _ in found])


def _without_grouping(found: list[Lexeme]) -> list[Lexeme]:
    """Leave out round brackets that call nothing, and a comma before a closing bracket."""
    kept: list[Lexeme] = []
    calls: list[bool] = []
    for kind, text, line, fresh in found:
        before = kept[-1] if kept else ("", "", 0, True)
        if text in (")", "]", "}") and before[1] == ",":
            kept.pop()
        if text == "(":
            called = before[1] in (")", "]") or before[0] in ("name", "string")
            calls.append(called and not keyword.iskeyword(before[1]))
        is_kept = calls[-1] if text == "(" else text != ")" or not calls or calls.pop()
        if is_kept:
            kept.append((kind, text, line, fresh))
    return kept


def _token(kind: str, text: str, *, before: str, after: str) -> str:
    if kind == "string":
        return "S"
    if kind == "number":
        return "1"
    if kind != "name" or keyword.iskeyword(text):
        return text
    known = text in library_names() and (before == "." or (after == "(" and before != "def"))
    return text if known else "N"


@functools.cache
def library_names() -> frozenset[str]:
    """Names that Python and the libraries give: nobody can rename what they call."""
    rooms = (
        builtins, math, itertools, functools, str, list, dict, set, np, np.ndarray, np.linalg,
        np.random, np.random.Generator, np.lib.stride_tricks, np.fft,
    )  # fmt: skip
    names = itertools.chain(TORCH.split(), *(dir(room) for room in rooms))
    return frozenset(n for n in names if len(n) > 2 and not n.startswith("_"))


def prose_tokens(text: str) -> Tokens:
    """The words of a written answer, in small letters."""
    words, lines = [], []
    for number, line in enumerate(text.split("\n")):
        for word in WORD.findall(line.casefold()):
            words.append(word)
            lines.append(number)
    return Tokens(words, lines)


def runs(tokens: Tokens, shape: Shape) -> np.ndarray:
    """The hash of every run of ``k`` tokens, one for each token that begins one."""
    values = np.array([_value(t) for t in tokens.texts], dtype=np.uint64)
    count = len(values) - shape.k + 1
    if count <= 0:
        return np.zeros(0, dtype=np.uint64)
    hashes = np.zeros(count, dtype=np.uint64)
    for j in range(shape.k):
        hashes = hashes * np.uint64(0x9E3779B97F4A7C15) + values[j : j + count]
    return hashes ^ (hashes >> np.uint64(29))


@functools.lru_cache(maxsize=100_000)
def _value(token: str) -> int:
    digest = hashlib.blake2b(token.encode("utf-8", "replace"), digest_size=8).digest()
    return int.from_bytes(digest, "big")


def winnow(hashes: np.ndarray, shape: Shape) -> np.ndarray:
    """Indices of the kept hashes: in every window the smallest, of equal ones the last."""
    if len(hashes) <= shape.w:
        return np.array([hashes.argmin()] if len(hashes) else [], dtype=np.intp)
    windows = np.lib.stride_tricks.sliding_window_view(hashes, shape.w)
    last = shape.w - 1 - windows[:, ::-1].argmin(axis=1)
    return np.unique(np.arange(len(windows)) + last)


def fingerprints(tokens: Tokens, shape: Shape) -> np.ndarray:
    """The different kept hashes of a text."""
    hashes = runs(tokens, shape)
    return np.unique(hashes[winnow(hashes, shape)])


def shared_lines(tokens: Tokens, shape: Shape, common: Iterable[int]) -> set[int]:
    """The lines of a text which a run of tokens among the ``common`` hashes touches."""
    hashes = runs(tokens, shape)
    starts = np.flatnonzero(np.isin(hashes, np.fromiter(common, dtype=np.uint64)))
    return {line for s in starts.tolist() for line in tokens.lines[s : s + shape.k]}
