"""The digits and the photographs are the real ones, and the room imports no other."""

import subprocess
import sys

import numpy as np
import pytest

from cvlib.datasets import load_digits, photo
from cvlib.datasets.photos import PHOTOS


def test_digits_are_the_real_ones():
    digits = load_digits()
    assert digits.images.shape == (1797, 1, 8, 8)
    assert digits.images.dtype == np.float32
    assert (digits.images.min(), digits.images.max()) == (0.0, 1.0)
    assert np.array_equal(digits.images * 16, np.round(digits.images * 16))
    assert digits.class_names == tuple("0123456789")
    assert np.bincount(digits.labels).tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]
    # nobody's change of the arrays reaches the next caller
    digits.images[:] = 0
    assert load_digits().images.max() == 1.0


def test_importing_the_room_imports_no_other():
    source = (
        "import sys, cvlib.datasets; print(sorted({m.split('.')[0] for m in sys.modules} & "
        "{'sklearn', 'skimage', 'scipy', 'torch', 'matplotlib', 'PIL'}), "
        "sorted(m for m in sys.modules if m.count('.') == 1 and m.startswith('cvlib.')))"
    )
    done = subprocess.run(
        [sys.executable, "-c", source], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[] ['cvlib.datasets']"


@pytest.mark.parametrize("name", PHOTOS)
def test_photos(name):
    pixels = photo(name)
    assert pixels.dtype == np.float32
    assert pixels.ndim == 3
    assert pixels.shape[2] == 3
    assert 0 <= pixels.min() < 0.25
    assert 0.7 < pixels.max() <= 1
    grey = bool((pixels[..., 0] == pixels[..., 1]).all() and (pixels[..., 1:2] == pixels).all())
    assert grey == (name in ("camera", "brick", "coins", "grass", "gravel", "moon"))


def test_an_unknown_photo_is_refused():
    with pytest.raises(ValueError, match=r"name must be one of china, .*, got 'lena'"):
        photo("lena")
