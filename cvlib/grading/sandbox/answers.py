"""Read what a kernel says is the answer to a call."""

from __future__ import annotations

from cvlib.check.codec import NotPlainDataError, decode
from cvlib.check.marking import Reply
from cvlib.grading.sandbox.outputs import one_line
from cvlib.grading.sandbox.wire import Message, load_json


def read_answer(message: Message, left: int) -> tuple[int, Reply, int]:
    """Return the index of the call, the reply and its size; at most ``left`` bytes are decoded."""
    content = message.content or {}
    index = content.get("index")
    if type(index) is not int:
        return -1, Reply("refused"), 0
    status, detail = content.get("status"), one_line(content.get("detail"))
    if status in ("missing", "error", "refused"):
        return index, Reply(status, detail=detail), 0
    data = message.buffers[0] if message.buffers else None
    size = len(data or b"")
    if status != "ok" or data is None or size > left:
        return index, Reply("refused", detail="expected plain data within the limit"), size
    try:
        return index, Reply("ok", decode(load_json(data), max_bytes=left)), size
    except (NotPlainDataError, ValueError, TypeError, OverflowError, RecursionError) as error:
        return index, Reply("refused", detail=one_line(error)), size
