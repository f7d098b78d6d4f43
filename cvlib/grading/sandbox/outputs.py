"""The outputs of a cell, kept short: what a hostile kernel publishes becomes plain nbformat 4."""

from __future__ import annotations

import re
from typing import Any

MAX_TEXT = 200_000
MAX_DATA = 2_000_000
MAX_OUTPUTS = 200
NOTE = "\n[… the rest of this cell's output was left out]\n"

TEXT_FORMS = ("text/plain", "text/html", "text/markdown", "text/latex")
IMAGE_FORMS = ("image/png", "image/jpeg", "image/svg+xml")
BASE64 = re.compile(r"[A-Za-z0-9+/=\s]*")


class Outputs:
    """Collects outputs in ``cells`` until ``MAX_TEXT`` characters and ``MAX_DATA`` of images."""

    def __init__(self) -> None:
        self.cells: list[dict[str, Any]] = []
        self._text = MAX_TEXT
        self._data = MAX_DATA
        self._noted = False

    def add(self, kind: str, content: dict[str, Any] | None) -> None:
        """Add a published message of this kind; None stands for one that was too large."""
        if content is None:
            self._note()
            return
        match kind:
            case "stream":
                name = "stderr" if content.get("name") == "stderr" else "stdout"
                self._stream(name, self._take(content.get("text")))
            case "display_data" | "execute_result":
                self._display(kind, content)
            case "error":
                trace = content.get("traceback")
                lines = trace[:100] if isinstance(trace, list) else []
                self._append(
                    {
                        "output_type": "error",
                        "ename": one_line(content.get("ename")),
                        "evalue": self._take(content.get("evalue")),
                        "traceback": [self._take(line) for line in lines],
                    }
                )
            case "clear_output":
                self.cells.clear()

    def _stream(self, name: str, text: str) -> None:
        last = self.cells[-1] if self.cells else {}
        if last.get("name") == name:
            last["text"] += text
        elif text:
            self._append({"output_type": "stream", "name": name, "text": text})

    def _display(self, kind: str, content: dict[str, Any]) -> None:
        given = content.get("data")
        given = given if isinstance(given, dict) else {}
        data = {form: self._take(given[form]) for form in TEXT_FORMS if form in given}
        for form in IMAGE_FORMS:
            image = given.get(form)
            if not isinstance(image, str):
                continue
            if len(image) > self._data:
                self._note()
            elif form == "image/svg+xml" or BASE64.fullmatch(image):
                self._data -= len(image)
                data[form] = clean(image)
        output: dict[str, Any] = {"output_type": kind, "data": data, "metadata": {}}
        if kind == "execute_result":
            count = content.get("execution_count")
            output["execution_count"] = count if type(count) is int and 0 <= count < 10**6 else None
        self._append(output)

    def _append(self, output: dict[str, Any]) -> None:
        if len(self.cells) < MAX_OUTPUTS:
            self.cells.append(output)
        else:
            self._note()

    def _take(self, text: Any) -> str:
        text = clean(text) if isinstance(text, str) else ""
        if len(text) > self._text:
            text, self._noted = text[: self._text] + ("" if self._noted else NOTE), True
            self._text = 0
        else:
            self._text -= len(text)
        return text

    def _note(self) -> None:
        if not self._noted:
            self._noted = True
            self.cells.append({"output_type": "stream", "name": "stderr", "text": NOTE})


def clean(text: str) -> str:
    """Text that any file can hold."""
    return text.encode("utf-8", "replace").decode()


def one_line(value: Any, limit: int = 500) -> str:
    """A value as one short line."""
    line = " ".join(clean(str(value)[: 4 * limit]).split()) if value is not None else ""
    return line if len(line) <= limit else line[: limit - 1] + "…"
