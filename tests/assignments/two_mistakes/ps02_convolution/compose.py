"""Two mistakes at once in compose."""

import numpy as np


def turned_and_cut_to_the_first(first, second):
    (R, S), (P, Q) = first.shape, second.shape
    full = np.zeros((R + P - 1, S + Q - 1))
    for p in range(P):
        for q in range(Q):
            full[p : p + R, q : q + S] += second[p, q] * first
    full = np.flip(full)
    top, left = (P - 1) // 2, (Q - 1) // 2
    return full[top : top + R, left : left + S]


def correlated_and_the_last_wins(first, second):
    R, S = first.shape
    P, Q = second.shape
    out = np.zeros((R + P - 1, S + Q - 1))
    for p in range(P):
        for q in range(Q):
            out[p : p + R, q : q + S] = first * second[P - 1 - p, Q - 1 - q]
    return out


def the_last_wins_and_a_pixel_too_large(first, second):
    kernel = np.zeros((first.shape[0] + second.shape[0], first.shape[1] + second.shape[1]))
    for (r, t), a in np.ndenumerate(first):
        for (u, v), b in np.ndenumerate(second):
            kernel[r + u, t + v] = a * b
    return kernel


def cut_to_the_first_and_second_transposed(first, second):
    rows, cols = first.shape
    more_rows, more_cols = second.shape
    padded = np.pad(first, ((more_cols, more_cols), (more_rows, more_rows)))
    out = np.zeros(first.shape)
    for i in range(rows):
        for j in range(cols):
            for u in range(more_rows):
                for v in range(more_cols):
                    y = i + more_cols + (more_cols - 1) // 2 - v
                    x = j + more_rows + (more_rows - 1) // 2 - u
                    out[i, j] += second[u, v] * padded[y, x]
    return out


PAIRS = (
    (turned_and_cut_to_the_first, "composes_it_turned", "keeps_the_size_of_the_first"),
    (correlated_and_the_last_wins, "correlates_the_kernels", "the_last_pair_wins"),
    (the_last_wins_and_a_pixel_too_large, "the_last_pair_wins", ""),
    (cut_to_the_first_and_second_transposed, "keeps_the_size_of_the_first", ""),
)
