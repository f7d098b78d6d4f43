"""Two mistakes at once in seen_pixels."""

import numpy as np
import torch


def column_first_and_channels_added(network, images, unit):
    x = images.clone().detach().requires_grad_(True)
    column, row = unit
    out = network(x)
    out[:, :, row, column].sum().backward()
    gradient = x.grad.sum(dim=1)
    return (gradient != 0).any(dim=0).numpy()


def first_image_and_a_threshold(network, images, unit):
    image = images[0].unsqueeze(0).clone().requires_grad_(True)
    value = network(image)[0, :, unit[0], unit[1]].sum()
    (grad,) = torch.autograd.grad(value, image)
    strength = grad[0].abs().max(dim=0).values
    return strength.numpy() > 1e-6


def first_channel_and_growing_only(network, images, unit):
    images = images.clone()
    images.requires_grad = True
    row, column = unit
    network(images)[:, 0, row, column].sum().backward()
    mask = images.grad > 0
    return mask.any(dim=1).any(dim=0).numpy()


def every_image_and_units_from_one(network, images, unit):
    height, width = images.shape[2:]
    seen = np.ones((height, width), dtype=bool)
    for k in range(len(images)):
        x = images[k : k + 1].clone().requires_grad_()
        network(x)[:, :, unit[0] - 1, unit[1] - 1].sum().backward()
        seen &= (x.grad[0] != 0).any(dim=0).numpy()
    return seen


PAIRS = (
    (column_first_and_channels_added, "column_first", "adds_the_channels"),
    (first_image_and_a_threshold, "first_image_only", "above_a_millionth"),
    (first_channel_and_growing_only, "first_channel_only", ""),
    (every_image_and_units_from_one, "every_image", ""),
)
