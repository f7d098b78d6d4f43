"""Batch normalization: one mean and one variance a channel, over the whole batch."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from cvlib.arrays import Array, check_arrays, check_upstream
from cvlib.normalization.reference.affine import affine, affine_backward, by_channel
from cvlib.normalization.reference.standardize import (
    Statistics,
    standardize,
    standardize_backward,
)
from cvlib.normalization.validation import (
    check_batch,
    check_enough,
    check_eps,
    check_folded,
    check_momentum,
    check_per_channel,
    check_running,
)


class BatchCache(NamedTuple):
    """What a backward pass needs to remember of its forward pass."""

    x: Array
    gamma: Array | None
    shifted: bool
    statistics: Statistics
    training: bool


def batch_norm_forward(
    x: Array,
    gamma: Array | None,
    beta: Array | None,
    running_mean: Array | None = None,
    running_var: Array | None = None,
    *,
    training: bool,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> tuple[Array, BatchCache]:
    """Give every channel mean 0 and variance 1 over the batch; then scale it and shift it.

    out = γ_c · (x - μ_c) / √(σ²_c + ε) + β_c

    In training, μ_c and σ²_c are the mean and the biased variance over N, H and W, and both running
    arrays are updated *in place*: running ← (1 - momentum) · running + momentum · new, where the
    new variance is the unbiased one, m / (m - 1) · σ², for m = N·H·W. (PyTorch's two conventions.
    The paper has no momentum: its algorithm 2 averages over batches once training is over.)
    Otherwise the running arrays stand in for μ and σ².

    Shapes: x (N, C), (N, C, L) or (N, C, H, W); all others (C,) or None -> out like x, cache.
    Raises TypeError for dtypes that are not all float32 or all float64, ValueError for shapes that
    do not fit, for a single number a channel in training and for no running arrays outside it.
    Source: Ioffe and Szegedy, Batch normalization, 2015, algorithms 1 and 2, §3.2.
    """
    check_arrays(x=x, gamma=gamma, beta=beta, running_mean=running_mean, running_var=running_var)
    check_batch(x.shape)
    vectors = {"gamma": gamma, "beta": beta, "running_mean": running_mean}
    vectors["running_var"] = running_var
    shapes = {name: None if v is None else v.shape for name, v in vectors.items()}
    check_per_channel(x.shape[1], **shapes)
    check_running(running_mean, running_var, training)
    check_momentum(momentum)
    check_eps(eps)
    if training:
        check_enough(x.shape)
        out, statistics = standardize(by_channel(x), gamma, beta, eps)
        if running_mean is not None and running_var is not None:
            count = x.size // x.shape[1]
            mean, var = statistics.mean, statistics.var * (count / (count - 1))
            for running, new in ((running_mean, mean), (running_var, var)):
                running[...] = update_running(running, new.astype(x.dtype), momentum=momentum)
    else:
        assert running_mean is not None
        assert running_var is not None
        fixed, spread = running_mean.astype(np.float64), running_var.astype(np.float64)
        statistics = Statistics(fixed, spread, 1 / np.sqrt(spread + eps))
        slope = statistics.inv_std if gamma is None else gamma * statistics.inv_std
        out = affine(by_channel(x), slope, beta, statistics.mean)
    cache = BatchCache(x, gamma, beta is not None, statistics, training)
    return out.reshape(x.shape), cache


def batch_norm_backward(dout: Array, cache: BatchCache) -> tuple[Array, Array | None, Array | None]:
    """Turn the gradient of the output into those of x, γ and β.

    In training, dx = γ/σ · (dout - mean(dout) - x̂ · mean(dout · x̂)), means over N, H and W; else
    the statistics are constants and dx = γ/σ · dout. In both, dγ = Σ dout · x̂ and dβ = Σ dout.

    Shapes: dout like out -> dx like x, dγ (C,), dβ (C,); None for a γ or β that was None.
    Raises ValueError or TypeError when dout is not of the output's shape and dtype.
    Source: Ioffe and Szegedy, 2015, §3.
    """
    x, gamma, shifted, statistics, training = cache
    check_upstream(dout, x.shape, x.dtype)
    g, view = by_channel(dout), by_channel(x)
    if training:
        dx, along_x, along_one = standardize_backward(g, view, gamma, statistics)
    else:
        slope = statistics.inv_std if gamma is None else gamma * statistics.inv_std
        dx, products, along_one = affine_backward(g, view, slope, statistics.mean)
        along_x = products * statistics.inv_std
    dgamma = None if gamma is None else along_x.astype(x.dtype)
    dbeta = along_one.astype(x.dtype) if shifted else None
    return dx.reshape(x.shape), dgamma, dbeta


def update_running(running: Array, new: Array, *, momentum: float) -> Array:
    """Return (1 - momentum) · running + momentum · new: one step of a running statistic.

    After k steps the starting value weighs (1 - momentum)ᵏ. Shapes: both (C,) -> (C,).
    Source: PyTorch's convention; Ioffe and Szegedy, 2015, §3.1, ask for "moving averages".
    """
    check_arrays(running=running, new=new)
    check_momentum(momentum)
    return running + running.dtype.type(momentum) * (new - running)


def fold_batch_norm(
    w: Array,
    b: Array | None,
    gamma: Array,
    beta: Array,
    mean: Array,
    var: Array,
    *,
    eps: float = 1e-5,
) -> tuple[Array, Array]:
    """Write a layer followed by batch norm at test time as one layer with other weights.

    w′ = w · γ/√(v + ε), b′ = (b - mean) · γ/√(v + ε) + β, one factor for each output channel.

    Shapes: w (K, …), of a convolution (K, C, R, S) or a linear layer (K, C), all others (K,), b may
    be None -> w′ like w, b′ (K,). Raises TypeError or ValueError as `batch_norm_forward`.
    Source: Jacob et al., Quantization and training of neural networks, 2018, §3.2.
    """
    check_arrays(w=w, b=b, gamma=gamma, beta=beta, mean=mean, var=var)
    check_eps(eps)
    check_folded(
        w.shape,
        b=None if b is None else b.shape,
        gamma=gamma.shape,
        beta=beta.shape,
        mean=mean.shape,
        var=var.shape,
    )
    factor = gamma / np.sqrt(var + w.dtype.type(eps))
    bias = -mean if b is None else b - mean
    return w * factor.reshape(-1, *(1,) * (w.ndim - 1)), bias * factor + beta
