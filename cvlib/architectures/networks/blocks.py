"""What several families are built from."""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn
from torch.nn import functional


class ConvReLU(nn.Module):
    """Convolution, batch norm where wanted, ReLU: the "conv" of most figures.

    Without batch norm the convolution has a bias. Padding keeps the size unless given.
    """

    def __init__(
        self,
        channels: int,
        out_channels: int,
        kernel: int | tuple[int, int],
        stride: int = 1,
        padding: int | None = None,
        *,
        norm: bool = True,
        eps: float = 1e-5,
    ) -> None:
        super().__init__()
        sides = (kernel, kernel) if isinstance(kernel, int) else kernel
        around: Any = tuple((side - 1) // 2 for side in sides) if padding is None else padding
        self.conv = nn.Conv2d(channels, out_channels, kernel, stride, around, bias=not norm)
        if norm:
            self.bn = nn.BatchNorm2d(out_channels, eps=eps)
        self.norm = norm

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, C, H, W) to (N, K, H', W')."""
        x = self.conv(x)
        return functional.relu(self.bn(x) if self.norm else x)


def he_normal(layer: nn.Module, mode: str = "fan_out", linear_std: float | None = None) -> None:
    """Draw a layer's weights: He's normal for convolutions, 1 and 0 for batch norm.

    Linear layers keep PyTorch's uniform draw, or get N(0, linear_std²) and no bias.
    Source: He et al., Delving deep into rectifiers, 2015, §2.2.
    """
    if isinstance(layer, nn.Conv2d):
        nn.init.kaiming_normal_(layer.weight, mode=mode, nonlinearity="relu")  # type: ignore[arg-type]
        if layer.bias is not None:
            nn.init.zeros_(layer.bias)
    elif isinstance(layer, nn.BatchNorm2d):
        nn.init.ones_(layer.weight)
        nn.init.zeros_(layer.bias)
    elif isinstance(layer, nn.Linear) and linear_std is not None:
        nn.init.normal_(layer.weight, 0.0, linear_std)
        nn.init.zeros_(layer.bias)
