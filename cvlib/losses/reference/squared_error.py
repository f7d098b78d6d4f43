"""Half the squared distance between what came out and what was wanted."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cvlib.losses.validation import check_same_shape, check_scores, upstream


def squared_error_losses(scores: NDArray[Any], targets: ArrayLike) -> NDArray[Any]:
    """Give each example its own loss: half its squared distance, over all axes but N.

    losses[n] = ½ Σ_k (s[n, k] - t[n, k])²

    Shapes: scores (N, …), targets the same -> (N,).
    Raises TypeError or ValueError as `squared_error_forward` does.
    """
    return _losses(_differences(scores, targets))


def squared_error_forward(
    scores: NDArray[Any], targets: ArrayLike
) -> tuple[NDArray[Any], NDArray[Any]]:
    """Average over the batch half the squared distance to the targets.

    loss = (1/2N) Σ_nk (s[n, k] - t[n, k])²

    The sum runs over all axes; only N is averaged over.

    Shapes: scores (N, …), targets the same -> loss () in the dtype of scores, cache.
    Raises TypeError for dtypes and ValueError for shapes that do not fit; the message names what
    was expected, what came and where.
    """
    differences = _differences(scores, targets)
    return np.asarray(_losses(differences).mean(), differences.dtype), differences


def squared_error_backward(dout: Any, cache: NDArray[Any]) -> NDArray[Any]:
    """Turn the gradient of the loss into that of the scores: the ½ has done its work.

    dscores = dout · (s - t) / N

    Shapes: dout () or a number, 1.0 when the loss itself is descended -> dscores (N, …).
    Raises ValueError for a dout that is not one real number.
    """
    return cache * (upstream(dout, cache.dtype) / cache.dtype.type(len(cache)))


def _differences(scores: NDArray[Any], targets: ArrayLike) -> NDArray[Any]:
    check_scores(scores)
    wanted = np.asarray(targets)
    check_same_shape(scores.shape, wanted.shape)
    if not np.issubdtype(wanted.dtype, np.number) or np.iscomplexobj(wanted):
        raise TypeError(f"targets must be real numbers, got {wanted.dtype} (targets.dtype)")
    return scores - wanted.astype(scores.dtype, copy=False)


def _losses(differences: NDArray[Any]) -> NDArray[Any]:
    # ½ ‖s_n - t_n‖², the half first so that float32 meets its limit later
    squares = differences * differences
    squares *= 0.5
    return squares.reshape(len(squares), -1).sum(axis=1)
