"""Two mistakes at once in orientation_histogram."""

import numpy as np


def full_turn_and_squares(gx, gy, bins):
    power = gx**2 + gy**2
    angle = np.arctan2(gy, gx)
    angle[angle < 0] += 2 * np.pi
    width = 2 * np.pi / bins
    hist = np.zeros(bins)
    for a, p in zip(angle.ravel(), power.ravel(), strict=True):
        hist[min(int(a / width), bins - 1)] += p
    total = hist.sum()
    if total == 0:
        return hist
    return hist / total


def from_the_vertical_and_divides_by_pixels(gx, gy, bins):
    magnitude = np.hypot(gx, gy)
    theta = np.mod(np.arctan2(gx, gy), np.pi)
    k = np.floor(theta * bins / np.pi).astype(int)
    k[k == bins] = bins - 1
    hist = np.zeros(bins)
    np.add.at(hist, k.ravel(), magnitude.ravel())
    return hist / gx.size


def small_number_and_city_blocks(gx, gy, bins):
    strength = np.abs(gx) + np.abs(gy)
    angle = np.arctan2(gy, gx) % np.pi
    place = np.minimum((angle / np.pi * bins).astype(int), bins - 1)
    votes = np.array([strength[place == k].sum() for k in range(bins)])
    return votes / (votes.sum() + 1e-8)


def one_vote_and_size_of_the_angle(gx, gy, bins):
    angle = np.abs(np.arctan2(gy, gx))
    angle[angle >= np.pi] = 0.0
    hist, _ = np.histogram(angle, bins=bins, range=(0, np.pi))
    s = hist.sum()
    return hist / s if s > 0 else np.zeros(bins)


PAIRS = (
    (full_turn_and_squares, "full_turn", "votes_with_squares"),
    (from_the_vertical_and_divides_by_pixels, "from_the_vertical", "divides_by_pixels"),
    (small_number_and_city_blocks, "adds_a_small_number", ""),
    (one_vote_and_size_of_the_angle, "one_pixel_one_vote", ""),
)
