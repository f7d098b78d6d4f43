"""PyTorch modules for the tests of receptive fields."""

import torch
import torch.nn.functional as F  # noqa: N812
from torch import nn


class Calls(nn.Module):
    """A module whose forward is the function it is given."""

    def __init__(self, forward, **parts):
        super().__init__()
        for name, part in parts.items():
            setattr(self, name, part)
        self.call = forward

    def forward(self, x):
        return self.call(self, x)


def alexnet_module():
    return nn.Sequential(
        nn.Conv2d(3, 8, 11, 4),
        nn.ReLU(),
        nn.LocalResponseNorm(3),
        nn.MaxPool2d(3, 2),
        nn.Conv2d(8, 8, 5, padding="same", groups=2),
        nn.ReLU(),
        nn.MaxPool2d(3, 2),
        nn.Conv2d(8, 8, 3, padding=1),
        nn.ReLU(),
        nn.Conv2d(8, 8, 3, padding=1),
        nn.ReLU(),
        nn.Conv2d(8, 8, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(3, 2),
    )


def bottleneck(channels, stride):
    def forward(self, x):
        y = F.relu(self.norm1(self.reduce(x)), inplace=True)
        y = torch.relu(self.norm2(self.three(y)))
        return (self.skip(x) + self.expand(y)).relu()

    return Calls(
        forward,
        reduce=nn.Conv2d(channels, 2, 1, bias=False),
        norm1=nn.BatchNorm2d(2),
        three=nn.Conv2d(2, 2, 3, stride, 1),
        norm2=nn.BatchNorm2d(2),
        expand=nn.Conv2d(2, channels, 1),
        skip=nn.Conv2d(channels, channels, 1, stride),
    )


def inception(self, x):
    pooled = F.avg_pool2d(x, kernel_size=3, stride=1, padding=1)
    deep = self.row(self.column(x))
    left, right = torch.chunk(deep, 2, dim=1)
    return torch.cat([self.one(x), left * 2 + right, pooled], dim=1)


def decoder(self, x):
    small = F.max_pool2d(self.first(x), 2)
    large = F.interpolate(self.second(small), scale_factor=2, mode="bilinear")
    return torch.cat((F.pad(x, (1, 1, 2, 2)), F.pad(large, (1, 1, 2, 2))), 1)


def gate(self, x):
    weight = torch.sigmoid(self.squeeze(x.mean((2, 3), keepdim=True)))
    return self.last(x * weight)


def head(self, x):
    x = self.pool(self.conv(x))
    return self.linear(x.view(x.size(0), -1))


def zero_padded_shortcut(self, x):
    return self.conv(x) + F.pad(x[:, :, ::2, ::3], (0, 0, 0, 0, 0, 2))


NETS = {
    "stack": lambda: nn.Sequential(nn.Conv2d(1, 2, (3, 5), (1, 2), (0, 1), (2, 1)), nn.GELU()),
    "same padding": lambda: nn.Conv2d(1, 2, (3, 5), padding="same", dilation=(1, 3)),
    "pools": lambda: nn.Sequential(nn.AvgPool2d(2), nn.MaxPool2d(3, 2, 1, 2), nn.Dropout()),
    "ceil": lambda: nn.Sequential(nn.MaxPool2d(3, 2, ceil_mode=True), nn.Conv2d(1, 1, 3)),
    "padding": lambda: nn.Sequential(nn.ZeroPad2d((0, 1, 2, 3)), nn.Conv2d(1, 1, 3, 2)),
    "transposed": lambda: nn.Sequential(
        nn.Conv2d(1, 2, 3, 2, 1), nn.ConvTranspose2d(2, 1, 4, 2, 1, output_padding=1)
    ),
    "nearest": lambda: nn.Sequential(nn.Conv2d(1, 1, 3), nn.Upsample(scale_factor=3)),
    "bilinear": lambda: nn.Sequential(
        nn.Conv2d(1, 1, 3), nn.Upsample(scale_factor=(3, 2), mode="bilinear"), nn.Conv2d(1, 1, 3)
    ),
    "inception": lambda: Calls(
        inception, one=nn.Conv2d(1, 1, 1), column=nn.Conv2d(1, 2, (5, 1), padding=(2, 0)),
        row=nn.Conv2d(2, 2, (1, 7), padding=(0, 3)),
    ),
    "decoder": lambda: Calls(
        decoder, first=nn.Conv2d(1, 1, 3, padding=1), second=nn.Conv2d(1, 1, 3, padding=1)
    ),
    "zero-padded shortcut": lambda: Calls(
        zero_padded_shortcut, conv=nn.Conv2d(1, 3, 3, (2, 3), padding=1)
    ),
    "functional convolution": lambda: Calls(
        lambda self, x: F.conv2d(x, self.weight, padding=1, dilation=(1, 2)),
        weight=nn.Parameter(torch.ones(1, 1, 3, 2)),
    ),
}  # fmt: skip
