"""Two mistakes at once in DepthwiseSeparable."""

import torch
from torch import nn


class NoReluBetweenAndBiases(nn.Module):
    def __init__(self, channels_in, channels_out, kernel, stride):
        super().__init__()
        pad = (kernel[0] // 2, kernel[1] // 2)
        self.depthwise = nn.Conv2d(
            channels_in, channels_in, kernel, stride=stride, padding=pad, groups=channels_in
        )
        self.bn1 = nn.BatchNorm2d(channels_in)
        self.pointwise = nn.Conv2d(channels_in, channels_out, 1)
        self.bn2 = nn.BatchNorm2d(channels_out)

    def forward(self, x):
        x = self.bn1(self.depthwise(x))
        x = self.bn2(self.pointwise(x))
        return torch.relu(x)


class NormalizedLateAndNeverByRunning(nn.Module):
    def __init__(self, channels_in, channels_out, kernel, stride):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(
                channels_in,
                channels_in,
                kernel,
                stride,
                padding=(kernel[0] // 2, kernel[1] // 2),
                groups=channels_in,
                bias=False,
            ),
            nn.ReLU(),
            nn.BatchNorm2d(channels_in, track_running_stats=False),
            nn.Conv2d(channels_in, channels_out, (1, 1), bias=False),
            nn.ReLU(),
            nn.BatchNorm2d(channels_out, track_running_stats=False),
        )

    def forward(self, x):
        return self.layers(x)


class NoPaddingAndAnotherEpsilon(nn.Module):
    def __init__(self, channels_in, channels_out, kernel, stride):
        super().__init__()
        self.dw = nn.Conv2d(
            channels_in, channels_in, kernel, stride, groups=channels_in, bias=False
        )
        self.norm1 = nn.BatchNorm2d(channels_in, eps=1e-3)
        self.pw = nn.Conv2d(channels_in, channels_out, 1, bias=False)
        self.norm2 = nn.BatchNorm2d(channels_out, eps=1e-3)
        self.relu = nn.ReLU()

    def forward(self, x):
        x = self.relu(self.norm1(self.dw(x)))
        return self.relu(self.norm2(self.pw(x)))


class StrideInThePointwiseAndPaddingSwapped(nn.Module):
    def __init__(self, channels_in, channels_out, kernel, stride):
        super().__init__()
        rows, columns = kernel
        self.filter = nn.Conv2d(
            channels_in,
            channels_in,
            (rows, columns),
            padding=(columns // 2, rows // 2),
            groups=channels_in,
            bias=False,
        )
        self.mix = nn.Conv2d(channels_in, channels_out, 1, stride=stride, bias=False)
        self.norm_a, self.norm_b = nn.BatchNorm2d(channels_in), nn.BatchNorm2d(channels_out)

    def forward(self, x):
        y = nn.functional.relu(self.norm_a(self.filter(x)))
        return nn.functional.relu(self.norm_b(self.mix(y)))


PAIRS = (
    (NoReluBetweenAndBiases, "no_relu_between", "keeps_the_biases"),
    (
        NormalizedLateAndNeverByRunning,
        "normalizes_after_relu",
        "never_uses_running_statistics",
    ),
    (NoPaddingAndAnotherEpsilon, "no_padding", ""),
    (StrideInThePointwiseAndPaddingSwapped, "stride_in_the_pointwise", ""),
)
