"""Two mistakes at once in convolution_matrix_channels."""

import numpy as np


def one_block(kernel, image, stride, padding):
    H, W = image
    R, S = kernel.shape
    n = (H + 2 * padding[0] - R) // stride[0] + 1
    m = (W + 2 * padding[1] - S) // stride[1] + 1
    A = np.zeros((n * m, H * W))
    for i in range(n):
        for j in range(m):
            for r in range(R):
                for s in range(S):
                    y, x = i * stride[0] + r - padding[0], j * stride[1] + s - padding[1]
                    if 0 <= y < H and 0 <= x < W:
                        A[i * m + j, y * W + x] = kernel[r, s]
    return A


def exchanged_and_one_kernel_for_all(w, shape, stride, padding):
    K, C = w.shape[:2]
    rows = []
    for c in range(C):
        block = one_block(w[0, c], shape[1:], stride, padding)
        rows.append(np.hstack([block] * K))
    return np.vstack(rows)


def maps_side_by_side_and_one_slice(w, shape, stride, padding):
    K, C = w.shape[:2]
    per_map = []
    for k in range(K):
        block = one_block(w[k, 0], shape[1:], stride, padding)
        per_map.append(np.concatenate([block for _ in range(C)], axis=1))
    # (pixels, K, columns)
    A = np.stack(per_map, axis=1)
    return A.reshape(-1, A.shape[2])


def added_blocks_and_padded_once(w, shape, stride, padding):
    _, H, W = shape
    K, C, R, S = w.shape
    n = (H + padding[0] - R) // stride[0] + 1
    m = (W + padding[1] - S) // stride[1] + 1
    A = np.zeros((K, n, m, H, W))
    for k in range(K):
        for c in range(C):
            for i, j, r, s in np.ndindex(n, m, R, S):
                y, x = i * stride[0] + r - padding[0], j * stride[1] + s - padding[1]
                if 0 <= y < H and 0 <= x < W:
                    A[k, i, j, y, x] += w[k, c, r, s]
    return A.reshape(K * n * m, H * W)


def channels_last_and_misses_the_first_pixels(w, shape, stride, padding):
    C, H, W = shape
    K, _, R, S = w.shape
    n = (H + 2 * padding[0] - R) // stride[0] + 1
    m = (W + 2 * padding[1] - S) // stride[1] + 1
    A = np.zeros((K * n * m, C * H * W))
    for k, i, j in np.ndindex(K, n, m):
        row = (k * n + i) * m + j
        for c, r, s in np.ndindex(C, R, S):
            y, x = i * stride[0] + r - padding[0], j * stride[1] + s - padding[1]
            if 0 < y < H and 0 < x < W:
                A[row, (y * W + x) * C + c] = w[k, c, r, s]
    return A


PAIRS = (
    (exchanged_and_one_kernel_for_all, "blocks_exchanged", "one_kernel_for_all"),
    (
        maps_side_by_side_and_one_slice,
        "channels_last_in_the_rows",
        "one_slice_in_all_blocks",
    ),
    (added_blocks_and_padded_once, "adds_the_blocks", ""),
    (channels_last_and_misses_the_first_pixels, "channels_last_in_the_columns", ""),
)
