"""The words of the scenes: classes, colours, textures, sizes, places and directions."""

import numpy as np
from numpy.typing import NDArray

CLASSES = ("circle", "square", "triangle", "cross", "ring", "star")
PLURALS = ("circles", "squares", "triangles", "crosses", "rings", "stars")
COLORS = ("red", "green", "blue", "yellow", "purple", "orange", "cyan")
TEXTURES = ("plain", "striped", "checkered")
SIZES = ("small", "large")
DIFFICULTIES = ("easy", "medium", "hard")

#: Red, green and blue of each colour, (7, 3).
PALETTE: NDArray[np.float32] = np.array(
    [
        (0.86, 0.12, 0.14),
        (0.13, 0.66, 0.22),
        (0.16, 0.30, 0.92),
        (0.96, 0.88, 0.12),
        (0.60, 0.18, 0.78),
        (0.98, 0.54, 0.06),
        (0.10, 0.82, 0.88),
    ],
    np.float32,
)

#: Radii as shares of the image's side: large is at least √2 times small, and nothing is between.
RADII = {"small": (0.13, 0.17), "large": (0.24, 0.30)}

#: A centre between these shares of the side is neither left nor right, neither top nor bottom.
MIDDLE = (0.4, 0.6)

#: Each direction's opposite.
OPPOSITE = {"left of": "right of", "right of": "left of", "above": "below", "below": "above"}


def article(word: str) -> str:
    """Put "a" or "an" before a word, by its first letter."""
    return f"an {word}" if word[0] in "aeiou" else f"a {word}"


def position(x: float, y: float) -> str:
    """Name the place of a centre, x from the left and y from the top: "top left" … "center"."""
    across = "left" if x < MIDDLE[0] else "right" if x > MIDDLE[1] else ""
    down = "top" if y < MIDDLE[0] else "bottom" if y > MIDDLE[1] else ""
    return " ".join(word for word in (down, across) if word) or "center"


def holds(relation: str, a: tuple[float, float], b: tuple[float, float]) -> bool:
    """Say whether a centre (x, y) stands in a relation to another, such as "left of"."""
    axis = 0 if relation in ("left of", "right of") else 1
    first, second = (a, b) if relation in ("left of", "above") else (b, a)
    return first[axis] < second[axis]


def main_relation(a: tuple[float, float], b: tuple[float, float]) -> str:
    """Name how a lies to b, along the axis on which they are farther apart."""
    across, down = b[0] - a[0], b[1] - a[1]
    if abs(across) >= abs(down):
        return "left of" if across > 0 else "right of"
    return "above" if down > 0 else "below"
