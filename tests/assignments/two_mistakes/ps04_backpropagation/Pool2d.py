"""Two mistakes at once in Pool2d."""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view


class OverwritesAndDoesNotDivide:
    def __init__(self, kind, kernel, stride):
        self.kind, self.kernel, self.stride = kind, kernel, stride

    def forward(self, x):
        self.x = x
        windows = sliding_window_view(x, self.kernel, axis=(2, 3))
        windows = windows[:, :, :: self.stride[0], :: self.stride[1]]
        return getattr(np, self.kind)(windows, axis=(4, 5))

    def backward(self, dout):
        dx = np.zeros_like(self.x)
        (R, S), (sh, sw) = self.kernel, self.stride
        for n, c, i, j in np.ndindex(dout.shape):
            top, left = i * sh, j * sw
            if self.kind == "max":
                window = self.x[n, c, top : top + R, left : left + S]
                r, s = np.unravel_index(window.argmax(), window.shape)
                dx[n, c, top + r, left + s] = dout[n, c, i, j]
            else:
                dx[n, c, top : top + R, left : left + S] = dout[n, c, i, j]
        return dx


class FromZeroAndStridesExchanged:
    def __init__(self, kind, kernel, stride):
        self.kind = kind
        self.rows, self.cols = kernel
        self.sx, self.sy = stride

    def forward(self, x):
        N, C, H, W = x.shape
        self.x = x
        out = np.zeros((N, C, (H - self.rows) // self.sy + 1, (W - self.cols) // self.sx + 1))
        for i in range(out.shape[2]):
            for j in range(out.shape[3]):
                window = self.window(x, i, j)
                if self.kind == "max":
                    for r in range(self.rows):
                        for s in range(self.cols):
                            out[:, :, i, j] = np.maximum(out[:, :, i, j], window[:, :, r, s])
                elif self.kind == "mean":
                    out[:, :, i, j] = window.mean(axis=(2, 3))
                else:
                    out[:, :, i, j] = window.sum(axis=(2, 3))
        return out

    def window(self, a, i, j):
        top, left = i * self.sy, j * self.sx
        return a[:, :, top : top + self.rows, left : left + self.cols]

    def backward(self, dout):
        dx = np.zeros(self.x.shape)
        out_h = (self.x.shape[2] - self.rows) // self.sy + 1
        out_w = (self.x.shape[3] - self.cols) // self.sx + 1
        for i in range(min(out_h, dout.shape[2])):
            for j in range(min(out_w, dout.shape[3])):
                g = dout[:, :, i, j, None, None]
                if self.kind == "max":
                    window = self.window(self.x, i, j)
                    flat = window.reshape(*window.shape[:2], -1)
                    hit = np.eye(flat.shape[2])[flat.argmax(axis=2)].reshape(window.shape)
                    self.window(dx, i, j)[...] += hit * g
                else:
                    share = 1 / (self.rows * self.cols) if self.kind == "mean" else 1
                    self.window(dx, i, j)[...] += share * g
        return dx


class TiesWinAndTheSumIsDivided:
    def __init__(self, kind, kernel, stride):
        self.kind, self.kernel, self.stride = kind, kernel, stride

    def slices(self, out_shape):
        for i in range(out_shape[0]):
            for j in range(out_shape[1]):
                y, x = i * self.stride[0], j * self.stride[1]
                yield i, j, slice(y, y + self.kernel[0]), slice(x, x + self.kernel[1])

    def forward(self, x):
        self.x = x
        h = (x.shape[2] - self.kernel[0]) // self.stride[0] + 1
        w = (x.shape[3] - self.kernel[1]) // self.stride[1] + 1
        self.out = np.zeros((x.shape[0], x.shape[1], h, w))
        for i, j, ys, xs in self.slices((h, w)):
            self.out[:, :, i, j] = getattr(np, self.kind)(x[:, :, ys, xs], axis=(2, 3))
        return self.out.copy()

    def backward(self, dout):
        dx = np.zeros(self.x.shape)
        for i, j, ys, xs in self.slices(dout.shape[2:]):
            g = dout[:, :, i : i + 1, j : j + 1]
            if self.kind == "max":
                dx[:, :, ys, xs] += g * (
                    self.x[:, :, ys, xs] == self.out[:, :, i : i + 1, j : j + 1]
                )
            else:
                dx[:, :, ys, xs] += g / (self.kernel[0] * self.kernel[1])
        return dx


class KeepsAddingAndSquaresTheKernel:
    def __init__(self, kind, kernel, stride):
        self.kind, self.kernel, self.stride = kind, kernel, stride

    def forward(self, x):
        self.x = x
        self.dx = np.zeros(x.shape)
        w = sliding_window_view(x, self.kernel, axis=(2, 3))
        w = w[:, :, :: self.stride[0], :: self.stride[1]]
        if self.kind == "max":
            return w.max(axis=(-1, -2))
        total = w.sum(axis=(-1, -2))
        return total / self.kernel[0] ** 2 if self.kind == "mean" else total

    def backward(self, dout):
        R, S = self.kernel
        for i in range(dout.shape[2]):
            for j in range(dout.shape[3]):
                y, x = i * self.stride[0], j * self.stride[1]
                for n in range(dout.shape[0]):
                    for c in range(dout.shape[1]):
                        g = dout[n, c, i, j]
                        if self.kind == "max":
                            k = np.argmax(self.x[n, c, y : y + R, x : x + S])
                            self.dx[n, c, y + k // S, x + k % S] += g
                        elif self.kind == "mean":
                            self.dx[n, c, y : y + R, x : x + S] += g / R**2
                        else:
                            self.dx[n, c, y : y + R, x : x + S] += g
        return self.dx


PAIRS = (
    (OverwritesAndDoesNotDivide, "LastWindowWins", "MeanWithoutDivision"),
    (FromZeroAndStridesExchanged, "MaximumFromZero", "ExchangesTheStrides"),
    (TiesWinAndTheSumIsDivided, "TiesAllWin", ""),
    (KeepsAddingAndSquaresTheKernel, "AddsToTheLastGradient", ""),
)
