"""What a check that found something raises."""

from __future__ import annotations


class CheckFailed(AssertionError):  # noqa: N818  (a student reads this name)
    """The check found something to mend; the notebook shows the message, not a stack trace."""

    def _render_traceback_(self) -> list[str]:
        return str(self).splitlines()
