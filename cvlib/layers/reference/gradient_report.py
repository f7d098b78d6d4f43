"""What a gradient check found, array by array."""

from dataclasses import dataclass

Index = tuple[int, ...]


@dataclass(frozen=True)
class ArrayReport:
    """One array: its largest relative error and where, and where the check could not tell.

    `blind`: the numeric gradient is zero throughout, so a backward of zeros would look right.
    `kinks`: coordinates without a derivative, left out of `error`. `moved`: how many coordinates
    were moved away from a kink before.
    """

    name: str
    error: float
    at: Index
    backward: float
    numeric: float
    tolerance: float
    blind: bool
    kinks: tuple[Index, ...]
    moved: int

    @property
    def agrees(self) -> bool:
        """Whether backward and differences agree wherever there is a derivative."""
        return self.error <= self.tolerance

    @property
    def ok(self) -> bool:
        """Whether they agree, and a disagreement would have been seen."""
        return self.agrees and not self.blind and not self.kinks

    def __str__(self) -> str:
        if not self.agrees:
            verdict = (
                f"wrong, relative error {self.error:.1e} at {self.at}: backward says "
                f"{self.backward:.6g}, differences say {self.numeric:.6g}"
            )
        elif self.blind:
            verdict = "cannot tell, the gradient is zero everywhere: choose other data"
        elif self.kinks:
            verdict = f"cannot tell at {len(self.kinks)} kinks, the first at {self.kinks[0]}"
        else:
            verdict = f"right, relative error at most {self.error:.1e}"
        return f"{self.name}: {verdict}" + (f" ({self.moved} moved)" if self.moved else "")


@dataclass(frozen=True)
class GradientReport:
    """All arrays of a gradient check, by name; `print` it to read it."""

    arrays: tuple[ArrayReport, ...]

    @property
    def ok(self) -> bool:
        """Whether every gradient agrees, and a wrong one would have been seen."""
        return all(report.ok for report in self.arrays)

    @property
    def agrees(self) -> bool:
        """Whether no disagreement was seen, be it because the check was blind."""
        return all(report.agrees for report in self.arrays)

    @property
    def error(self) -> float:
        """The largest relative error of all arrays."""
        return max(report.error for report in self.arrays)

    def __getitem__(self, name: str) -> ArrayReport:
        """Return the report of one array; KeyError names those that there are."""
        for report in self.arrays:
            if report.name == name:
                return report
        raise KeyError(f"{name!r} is none of {[report.name for report in self.arrays]}")

    def __str__(self) -> str:
        return "\n".join(str(report) for report in self.arrays)
