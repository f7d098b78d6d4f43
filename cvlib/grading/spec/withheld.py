"""What an exercise may withhold: the modules that are not mounted when it is graded.

Two exercises that withhold the same are graded in one run of the notebook, so keep to these sets.
"""

from pathlib import Path

import cvlib

#: Packages of data that lie on the disk, with their files: what the judge asks about is in them.
WITHHOLD_DATA = ("cvlib.datasets", "sklearn.datasets", "skimage.data", "torchvision.datasets")
#: The rooms of the library, which hold the references, and data: withheld from every exercise.
WITHHOLD_ROOMS = (
    *WITHHOLD_DATA,
    *(
        f"cvlib.{path.parent.name}"
        for path in sorted(Path(cvlib.__path__[0]).glob("*/__init__.py"))
        if path.parent.name not in ("check", "datasets", "grading")
    ),
)
#: Modules that hold ready-made answers to an exercise in NumPy.
WITHHOLD_NUMPY = ("torch", "skimage", "sklearn", "scipy.signal", "scipy.ndimage", *WITHHOLD_ROOMS)
