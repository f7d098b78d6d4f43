"""Two mistakes at once in convolution_matrix."""

import numpy as np


def flipped_and_wrapped_round(w, image, stride, padding):
    H, W = image
    w = w[::-1, ::-1]
    R, S = w.shape
    out_h = (H + 2 * padding[0] - R) // stride[0] + 1
    out_w = (W + 2 * padding[1] - S) // stride[1] + 1
    A = np.zeros((out_h * out_w, H * W))
    row = 0
    for i in range(out_h):
        for j in range(out_w):
            start = (i * stride[0] - padding[0]) * W + j * stride[1] - padding[1]
            for r in range(R):
                for s in range(S):
                    column = start + r * W + s
                    if 0 <= column < H * W:
                        A[row, column] += w[r, s]
            row += 1
    return A


def columns_first_and_strides_swapped(w, image, stride, padding):
    height, width = image
    dx, dy = stride
    n = (height + 2 * padding[0] - w.shape[0]) // dy + 1
    m = (width + 2 * padding[1] - w.shape[1]) // dx + 1
    matrix = np.zeros((n * m, height * width))
    for i in range(n):
        for j in range(m):
            for r in range(w.shape[0]):
                for t in range(w.shape[1]):
                    y, x = i * dy + r - padding[0], j * dx + t - padding[1]
                    if y in range(height) and x in range(width):
                        matrix[i * m + j, x * height + y] = w[r, t]
    return matrix


def transposed_and_padded_once(w, image, stride, padding):
    rows = (image[0] + padding[0] - w.shape[0]) // stride[0] + 1
    cols = (image[1] + padding[1] - w.shape[1]) // stride[1] + 1
    A = np.zeros((*image, rows, cols))
    for i, j in np.ndindex(rows, cols):
        for (r, t), weight in np.ndenumerate(w):
            y = i * stride[0] + r - padding[0]
            x = j * stride[1] + t - padding[1]
            if 0 <= y < image[0] and 0 <= x < image[1]:
                A[y, x, i, j] = weight
    return A.reshape(image[0] * image[1], rows * cols)


def rows_by_columns_and_padding_added(w, image, stride, padding):
    (H, W), (R, S), (sh, sw), (ph, pw) = image, w.shape, stride, padding
    OH, OW = (H + 2 * ph - R) // sh + 1, (W + 2 * pw - S) // sw + 1
    lines = []
    for j in range(OW):
        for i in range(OH):
            line = np.zeros((H, W))
            for r in range(R):
                for s in range(S):
                    y, x = i * sh + r + ph, j * sw + s + pw
                    if y < H and x < W:
                        line[y, x] = w[r, s]
            lines.append(line.ravel())
    return np.array(lines)


PAIRS = (
    (flipped_and_wrapped_round, "matrix_of_the_flipped_kernel", "wraps_round_the_edge"),
    (columns_first_and_strides_swapped, "flattens_by_columns", "swaps_the_matrix_strides"),
    (transposed_and_padded_once, "is_the_transpose", ""),
    (rows_by_columns_and_padding_added, "rows_by_columns", ""),
)
