"""Random augmentation: draw the moves for each image, warp once, change the light."""

from dataclasses import dataclass

import numpy as np

from cvlib.arrays import Array
from cvlib.regularization.reference import affine
from cvlib.regularization.reference.frame import flip
from cvlib.regularization.reference.tones import color_cast, gamma
from cvlib.regularization.reference.warp import warp_forward
from cvlib.regularization.validation import check_not_negative, check_share


@dataclass(frozen=True)
class Policy:
    """How far an augmentation may go; every amount is drawn evenly between − and +, an image.

    shift: pixels along either axis; degrees: of rotation; stretch: a factor exp(±stretch) along
    either axis; shear: columns a row; mirror: probability of a left-right flip; gamma: an
    exponent exp(±gamma); cast: gains exp(±cast), one a channel.
    """

    shift: float = 0.0
    degrees: float = 0.0
    stretch: float = 0.0
    shear: float = 0.0
    mirror: float = 0.0
    gamma: float = 0.0
    cast: float = 0.0

    def __post_init__(self) -> None:
        check_not_negative(
            shift=self.shift,
            degrees=self.degrees,
            stretch=self.stretch,
            shear=self.shear,
            gamma=self.gamma,
            cast=self.cast,
        )
        check_share("mirror", self.mirror)

    def __call__(self, x: Array, rng: np.random.Generator) -> Array:
        """Return one random variant of each image: (N, C, H, W) -> the same shape."""
        n, channels = x.shape[:2]

        def drawn(reach: float, *size: int) -> Array:
            return rng.uniform(-reach, reach, size or n)

        if self.shift or self.degrees or self.stretch or self.shear:
            moves = (
                affine.translation(drawn(self.shift), drawn(self.shift))
                @ affine.rotation(drawn(self.degrees))
                @ affine.shearing(drawn(self.shear))
                @ affine.stretching(np.exp(drawn(self.stretch)), np.exp(drawn(self.stretch)))
            )
            x = warp_forward(x, moves)[0]  # one interpolation, however many moves
        if self.mirror:
            x = flip(x, rng.random(n) < self.mirror)
        if self.gamma or self.cast:
            x = np.clip(x, 0, 1)  # rounding may leave it by a hair
        if self.gamma:
            x = gamma(x, np.exp(drawn(self.gamma)))
        if self.cast:
            x = color_cast(x, np.exp(drawn(self.cast, n, channels)))
        return x
