"""Problem set 1: plausible wrong answers with their misconception, and other right ones."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
from cvlib_assignments.ps01_image_classification.exercises import (
    ANSWERS,
    as_bytes,
    center_both,
    classifier,
    cross_entropy,
    descend,
    hinge,
    histogram,
    orientation_histogram,
    predict_digits,
    standardized,
    stratified_split,
)

from cvlib.grading.digits import released_and_hidden
from cvlib.grading.variants import Variants
from cvlib.shallow import train_linear

variants = Variants()
mutant, alternative = variants.mutant, variants.alternative


# --- color_histogram ----------------------------------------------------------------------------


@mutant(
    "color_histogram",
    "You made one histogram a channel and put them side by side. How much red and how much green "
    "says less than how much of each pair: count whole colours. See *Count the colours*.",
)
def one_histogram_a_channel(images, bins):
    level = np.minimum((images * bins).astype(int), bins - 1)
    rows = [np.concatenate([np.bincount(c.ravel(), minlength=bins) for c in x]) for x in level]
    return np.array(rows) / (3 * images[0, 0].size)


@mutant(
    "color_histogram",
    "Your counts are right and not divided by the number of pixels: a large image would look "
    "different from a small one of the same colours. See *Count the colours*.",
)
def counts_pixels(images, bins):
    return histogram(images, bins) * images[0, 0].size


@mutant(
    "color_histogram",
    "The boxes are right and in another order: you let blue run slowest. Red, channel 0, is the "
    "leading digit of the box's number. See *Count the colours*.",
)
def blue_slowest(images, bins):
    return histogram(images[:, ::-1].copy(), bins)


@mutant(
    "color_histogram",
    "You added up all images of the batch. A descriptor describes one image: one row each. See "
    "*Shallow: describe by hand, decide by learning*.",
)
def one_row_for_all(images, bins):
    return histogram(images, bins).mean(axis=0, keepdims=True).repeat(len(images) + 1, axis=0)


@mutant(
    "color_histogram",
    "You rounded to the nearest bin edge. A bin is a half-open interval: its number is the floor "
    "of bins · x. See *Count the colours*.",
)
def rounds_to_nearest(images, bins):
    return histogram(np.minimum(np.round(images * (bins - 1)) / bins + 1e-3, 1), bins)


@alternative("color_histogram")
def with_histogramdd(images, bins):
    rows = []
    for image in images:
        pixels = image.reshape(3, -1).T
        counts, _ = np.histogramdd(pixels, bins=bins, range=[(0, 1)] * 3)
        rows.append(counts.ravel() / len(pixels))
    return np.array(rows)


@alternative("color_histogram")
def pixel_by_pixel(images, bins):
    out = np.zeros((len(images), bins, bins, bins))
    for n, _, i, j in np.ndindex(len(images), 1, *images.shape[2:]):
        red, green, blue = (min(int(v * bins), bins - 1) for v in images[n, :, i, j])
        out[n, red, green, blue] += 1 / images[0, 0].size
    return out.reshape(len(images), -1)


# --- orientation_histogram ----------------------------------------------------------------------


def votes(gx: Any, gy: Any, bins: int, angle: Any, weight: Any, period: float = np.pi) -> Any:
    place = np.minimum((angle % period * bins / period).astype(int), bins - 1)
    counts = np.bincount(place.ravel(), weights=weight.ravel(), minlength=bins)
    return counts / counts.sum() if counts.any() else counts


@mutant(
    "orientation_histogram",
    "Every pixel had one vote in yours, also where nothing changes. An edge counts by its strength "
    "√(gx² + gy²). See *Count the edges: HOG*.",
)
def one_pixel_one_vote(gx, gy, bins):
    return votes(gx, gy, bins, np.arctan2(gy, gx), np.ones(gx.shape))


@mutant(
    "orientation_histogram",
    "You spread the bins over the full turn 2π, so an edge from dark to light and one from light "
    "to dark count as different. We asked for the half turn. See *Count the edges: HOG*.",
)
def full_turn(gx, gy, bins):
    return votes(gx, gy, bins, np.arctan2(gy, gx), np.hypot(gx, gy), 2 * np.pi)


@mutant(
    "orientation_histogram",
    "You measured the angle from the vertical: arctan2 takes the vertical part first, "
    "arctan2(gy, gx). See *Count the edges: HOG*.",
)
def from_the_vertical(gx, gy, bins):
    return votes(gx, gy, bins, np.arctan2(gx, gy), np.hypot(gx, gy))


@mutant(
    "orientation_histogram",
    "You divided by the number of pixels. Then a faint picture has a small histogram; divide by "
    "the sum of the votes, so that contrast drops out. See *Count the edges: HOG*.",
)
def divides_by_pixels(gx, gy, bins):
    return orientation_histogram(gx, gy, bins) * np.hypot(gx, gy).sum() / gx.size


@mutant(
    "orientation_histogram",
    "You used arctan(gy / gx) and shifted nothing: it runs from −π/2 to π/2, so half of the "
    "directions fall into the wrong bins. See *Count the edges: HOG*.",
)
def shifted_quarter(gx, gy, bins):
    return votes(gx, gy, bins, np.arctan2(gy, gx) + np.pi / 2, np.hypot(gx, gy))


@alternative("orientation_histogram")
def with_histogram(gx, gy, bins):
    angle = np.mod(np.arctan2(gy, gx), np.pi)
    counts, _ = np.histogram(angle, bins=bins, range=(0, np.pi), weights=np.hypot(gx, gy))
    total = counts.sum()
    return counts / total if total > 0 else np.zeros(bins)


@alternative("orientation_histogram")
def with_complex_numbers(gx, gy, bins):
    slope = (gx + 1j * gy).ravel()
    out = [0.0] * bins
    for z in slope:
        angle = np.angle(z)
        angle = angle + np.pi if angle < 0 else angle
        out[min(int(angle * bins / np.pi), bins - 1) if angle < np.pi else 0] += abs(z)
    return [v / sum(out) for v in out] if sum(out) else out


# --- softmax ------------------------------------------------------------------------------------


@mutant(
    "softmax",
    "You exponentiated the scores as they are: exp(900) is infinite, and ∞ / ∞ is no probability. "
    "Subtract each row's maximum first. See *Softmax and cross-entropy*.",
)
def overflows(scores):
    with np.errstate(all="ignore"):
        e = np.exp(scores)
        # what NumPy leaves of ∞ / ∞ is made visible as −1, for an answer must be finite to differ
        return np.nan_to_num(e / e.sum(axis=-1, keepdims=True), nan=-1.0)


@mutant(
    "softmax",
    "You normalized over the whole batch, so that the images compete with each other. Each row "
    "sums to 1. See *Softmax and cross-entropy*.",
)
def over_the_batch(scores):
    e = np.exp(scores - scores.max())
    return e / e.sum() if len(scores) > 1 else e / (2 * e.sum())


@mutant(
    "softmax",
    "You normalized down the columns, over the images of the batch. The classes compete, along the "
    "last axis. See *Softmax and cross-entropy*.",
)
def down_the_columns(scores):
    e = np.exp(scores - scores.max(axis=0))
    return e / e.sum(axis=0)


@mutant(
    "softmax",
    "You divided the scores by their sum without exponentiating. Scores may be negative, and only "
    "exp makes adding a constant harmless. See *Softmax and cross-entropy*.",
)
def without_exp(scores):
    shifted = scores - scores.min(axis=-1, keepdims=True)
    return shifted / shifted.sum(axis=-1, keepdims=True)


@mutant(
    "softmax",
    "You returned the largest score's class as 1 and the rest as 0: that is the decision. Softmax "
    "says how sure it is. See *Softmax and cross-entropy*.",
)
def hard_decision(scores):
    return (scores == scores.max(axis=-1, keepdims=True)).astype(float)


@alternative("softmax")
def through_the_logarithm(scores):
    shifted = scores - scores.max(axis=1)[:, None]
    return np.exp(shifted - np.log(np.exp(shifted).sum(axis=1))[:, None])


@alternative("softmax")
def by_pairs(scores):
    with np.errstate(over="ignore"):
        return 1 / np.exp(scores[:, None, :] - scores[:, :, None]).sum(axis=2)


# --- cross_entropy ------------------------------------------------------------------------------


@mutant(
    "cross_entropy",
    "You added up the images' losses and did not divide by their number, so that a larger batch "
    "takes larger steps. See *Softmax and cross-entropy*.",
)
def sums_losses(scores, labels):
    loss, dscores = cross_entropy(scores, labels)
    return loss * len(scores), dscores * len(scores)


@mutant(
    "cross_entropy",
    "The loss is right; the gradient stops at the loss's mean: divide it by the number of images, "
    "too. See *Softmax and cross-entropy*.",
)
def gradient_not_averaged(scores, labels):
    loss, dscores = cross_entropy(scores, labels)
    return loss, dscores * len(scores)


@mutant(
    "cross_entropy",
    "You used the probabilities as gradient and forgot the true class: at it the gradient is p − "
    "1, the one negative number of the row. See *Softmax and cross-entropy*.",
)
def gradient_is_p(scores, labels):
    loss, dscores = cross_entropy(scores, labels)
    dscores[np.arange(len(labels)), labels] += 1 / len(labels)
    return loss, dscores


@mutant(
    "cross_entropy",
    "Your sign is turned round: the gradient points to where the loss grows, p − y. The step of "
    "training goes against it. See *Softmax and cross-entropy*.",
)
def turned_round(scores, labels):
    loss, dscores = cross_entropy(scores, labels)
    return loss, -dscores


@mutant(
    "cross_entropy",
    "You took the logarithm to base 2. The loss is in natural units, and its gradient is p − y "
    "only there. See *Softmax and cross-entropy*.",
)
def in_bits(scores, labels):
    loss, dscores = cross_entropy(scores, labels)
    return loss / np.log(2), dscores / np.log(2)


@mutant(
    "cross_entropy",
    "You clipped the probability before taking its logarithm, so a very wrong answer costs no more "
    "than a wrong one. Use log softmax: s_y − log Σ exp s. See *Softmax and cross-entropy*.",
)
def clips(scores, labels):
    _, dscores = cross_entropy(scores, labels)
    p = np.exp(scores - scores.max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)
    return float(-np.log(np.maximum(p[np.arange(len(labels)), labels], 1e-12)).mean()), dscores


@alternative("cross_entropy")
def with_one_hot(scores, labels):
    y = np.eye(scores.shape[1])[labels]
    shifted = scores - scores.max(axis=1, keepdims=True)
    log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return -(y * log_p).sum() / len(y), (np.exp(log_p) - y) / len(y)


@alternative("cross_entropy")
def image_by_image(scores, labels):
    total, rows = 0.0, []
    for s, y in zip(scores, labels, strict=True):
        log_sum = np.logaddexp.reduce(s)
        total += log_sum - s[y]
        row = np.exp(s - log_sum)
        row[y] -= 1
        rows.append(row / len(scores))
    return total / len(scores), rows


# --- hinge --------------------------------------------------------------------------------------


def hinge_terms(scores: Any, labels: Any, margin: float = 1.0) -> Any:
    rows = np.arange(len(labels))
    terms = np.maximum(0, scores - scores[rows, labels][:, None] + margin)
    return terms, rows


@mutant(
    "hinge",
    "You gave the true class a term of its own: it trails itself by nothing and pays the margin, 1 "
    "for every image. Leave it out. See *The hinge: enough is enough*.",
)
def true_class_pays(scores, labels):
    terms, _ = hinge_terms(scores, labels)
    _, dscores = hinge(scores, labels)
    return float(terms.sum(axis=1).mean()), dscores


@mutant(
    "hinge",
    "You counted the worst wrong class only. That is a loss, too (Crammer and Singer's), but we "
    "asked for the sum over all that come too near. See *The hinge: enough is enough*.",
)
def worst_only(scores, labels):
    terms, rows = hinge_terms(scores, labels)
    terms[rows, labels] = 0
    dscores = np.zeros(scores.shape)
    worst = terms.argmax(axis=1)
    paid = (terms.max(axis=1) > 0) / len(labels)
    dscores[rows, worst] += paid
    dscores[rows, labels] -= paid
    return float(terms.max(axis=1).mean()), dscores


@mutant(
    "hinge",
    "You left out the margin: being ahead by a hair was enough for you. The true class must lead "
    "by 1. See *The hinge: enough is enough*.",
)
def no_margin(scores, labels):
    terms, rows = hinge_terms(scores, labels, 0.0)
    dscores = (terms > 0) / len(labels)
    dscores[rows, labels] -= dscores.sum(axis=1)
    return float(terms.sum(axis=1).mean()), dscores


@mutant(
    "hinge",
    "The loss is right. In the gradient you pushed the true score up by one share only; it gets "
    "one for each class within the margin. See *The hinge: enough is enough*.",
)
def true_gets_one(scores, labels):
    loss, dscores = hinge(scores, labels)
    rows = np.arange(len(labels))
    dscores[rows, labels] = -1.0 / len(labels)
    return loss, dscores


@mutant(
    "hinge",
    "You compared with margin − lead the wrong way round: a class is punished when it comes too "
    "near from below, s_j − s_y + 1 > 0. See *The hinge: enough is enough*.",
)
def wrong_way_round(scores, labels):
    terms, rows = hinge_terms(-scores, labels)
    terms[rows, labels] = 0
    dscores = (terms > 0) / len(labels)
    dscores[rows, labels] -= dscores.sum(axis=1)
    return float(terms.sum(axis=1).mean()), -dscores


@alternative("hinge")
def by_loops(scores, labels):
    n, k = scores.shape
    loss, dscores = 0.0, np.zeros((n, k))
    for i in range(n):
        for j in range(k):
            excess = scores[i, j] - scores[i, labels[i]] + 1
            if j != labels[i] and excess > 0:
                loss += excess / n
                dscores[i, j] += 1 / n
                dscores[i, labels[i]] -= 1 / n
    return loss, dscores


@alternative("hinge")
def with_a_mask(scores, labels):
    wrong = np.arange(scores.shape[1]) != labels[:, None]
    lead = np.take_along_axis(scores, labels[:, None], axis=1) - scores
    near = wrong & (lead < 1)
    loss = np.where(near, 1 - lead, 0).sum() / len(scores)
    return loss, (near - ~wrong * near.sum(axis=1, keepdims=True)) / len(scores)


# --- cat_car_frog -------------------------------------------------------------------------------


def other(**changes: Any) -> dict[str, Any]:
    return {**ANSWERS, **changes}


variants.mutant_value(
    "cat_car_frog",
    "true_class_counted",
    other(hinge=[3.1, 1.0, 7.1], mean_hinge=11.2 / 3),
    "You gave the true class a term of its own, max(0, 0 + 1) = 1 for every image. The sum runs "
    "over the wrong classes. See *The hinge: enough is enough*.",
)
variants.mutant_value(
    "cat_car_frog",
    "summed",
    other(mean_hinge=8.2, mean_cross_entropy=3 * ANSWERS["mean_cross_entropy"]),
    "You added the three losses up and did not take their mean. See *Cat, car, frog*.",
)
variants.mutant_value(
    "cat_car_frog",
    "in_bits",
    other(mean_cross_entropy=ANSWERS["mean_cross_entropy"] / np.log(2)),
    "You took the logarithm to base 2 in the cross-entropy; we use the natural one. See *Softmax "
    "and cross-entropy*.",
)
variants.mutant_value(
    "cat_car_frog",
    "whole_lead",
    other(least_change=1.8),
    "1.8 is the car's lead over the frog. Its loss stops being 0 as soon as the lead falls below "
    "the margin of 1. See *The hinge: enough is enough*.",
)
variants.alternative_value(
    "cat_car_frog",
    "rounded",
    {"hinge": (2.1, 0, 6.1), "mean_hinge": 2.73,
     "mean_cross_entropy": round(ANSWERS["mean_cross_entropy"], 2), "least_change": 0.8},
)  # fmt: skip
variants.alternative_value(
    "cat_car_frog", "as_arrays", {k: np.asarray(v) for k, v in ANSWERS.items()}
)


# --- center_both --------------------------------------------------------------------------------


@mutant(
    "center_both",
    "You centred the test images by their own mean. Then a test set of dark images looks like a "
    "bright one, and the classifier was never told. See *Zero-centring, and what it is for*.",
)
def own_mean_for_test(train, test, per_channel):
    return center_both(train, train, per_channel)[0], center_both(test, test, per_channel)[0]


@mutant(
    "center_both",
    "You computed the mean over training and test images together: the test set has then helped to "
    "make the classifier. See *Train, validation, test*.",
)
def pooled_mean(train, test, per_channel):
    axes = (0, 2, 3) if per_channel else 0
    mean = np.concatenate([train, test]).mean(axis=axes, keepdims=True)
    return train - mean, test - mean


@mutant(
    "center_both",
    "You left the test images as they were. What was subtracted in training must be subtracted at "
    "test time, too. See *Zero-centring, and what it is for*.",
)
def test_untouched(train, test, per_channel):
    return center_both(train, test, per_channel)[0], test


@mutant(
    "center_both",
    "You subtracted from every image its own mean: that takes each image's brightness away, a "
    "different operation. One mean serves them all. See *Zero-centring, and what it is for*.",
)
def mean_of_each_image(train, test, per_channel):
    axes = (2, 3) if per_channel else (1, 2, 3)
    return tuple(x - x.mean(axis=axes, keepdims=True) for x in (train, test))


@mutant(
    "center_both",
    "You subtracted one number, the mean of everything. The channels have different means, and so "
    "have the pixels. See *Zero-centring, and what it is for*.",
)
def one_number(train, test, per_channel):
    return train - train.mean(), test - train.mean()


@alternative("center_both")
def with_axes(train, test, per_channel):
    mean = train.mean(axis=(0, 2, 3) if per_channel else (0,), keepdims=True)
    return train - mean, test - mean


@alternative("center_both")
def summing_up(train, test, per_channel):
    total = sum(train) / len(train)
    if per_channel:
        total = np.array([channel.mean() for channel in total]).reshape(-1, 1, 1)
    return [x - total for x in train], np.stack([x - total for x in test])


# --- stratified_split ---------------------------------------------------------------------------


@mutant(
    "stratified_split",
    "You returned places in `order`, and we asked for places in `labels`: the image is number "
    "order[k]. See *Train, validation, test*.",
)
def places_in_order(labels, order, per_class):
    train, test = stratified_split(labels, order, per_class)
    where = np.argsort(order)
    return where[train], where[test]


@mutant(
    "stratified_split",
    "You ignored `order` and took the first images of each class as they are stored. Files are "
    "often sorted, by camera or by day. See *Train, validation, test*.",
)
def first_stored(labels, order, per_class):
    return stratified_split(labels, np.arange(len(labels)), per_class)


@mutant(
    "stratified_split",
    "You took the first images of `order` whatever their class, so that a rare class may be "
    "missing. Take `per_class` of each. See *Train, validation, test*.",
)
def not_stratified(labels, order, per_class):
    count = per_class * len(np.unique(labels))
    return order[:count], order[count:]


@mutant(
    "stratified_split",
    "Your test part is the whole dataset: it holds the training images, too. A test that was "
    "learnt by heart says nothing. See *Train, validation, test*.",
)
def test_is_everything(labels, order, per_class):
    return stratified_split(labels, order, per_class)[0], order


@mutant(
    "stratified_split",
    "The parts are exchanged: the first images of each class are for training. See "
    "*Train, validation, test*.",
)
def exchanged(labels, order, per_class):
    return stratified_split(labels, order, per_class)[::-1]


@alternative("stratified_split")
def counting_down(labels, order, per_class):
    left = {int(label): per_class for label in labels}
    train, test = [], []
    for image in order:
        label = int(labels[image])
        (train if left[label] > 0 else test).append(int(image))
        left[label] -= 1
    return train, test


@alternative("stratified_split")
def by_rank(labels, order, per_class):
    ranked = labels[order]
    rank = np.array([np.sum(ranked[:k] == ranked[k]) for k in range(len(order))])
    return order[rank < per_class], order[rank >= per_class]


# --- train_linear -------------------------------------------------------------------------------


@mutant(
    "train_linear",
    "You went up the slope: the step goes against the gradient, w ← w − lr · dw. See *One template "
    "a class*.",
)
def uphill(x, y, classes, lr, steps):
    return descend(x, y, classes, -lr, steps)


@mutant(
    "train_linear",
    "You kept the gradient of the first step and walked on along it. Compute it anew where you "
    "stand. See *One template a class*.",
)
def one_gradient(x, y, classes, lr, steps):
    w, b = descend(x, y, classes, lr, 1)
    return (w * steps, b * steps) if steps > 1 else (w * 0.5, b * 0.5)


@mutant(
    "train_linear",
    "You trained w and left b at zero. Without it every template must pass through the origin. See "
    "*One template a class*.",
)
def no_bias(x, y, classes, lr, steps):
    w, _ = descend(x, y, classes, lr, steps)
    return w, np.zeros(classes)


@mutant(
    "train_linear",
    "You divided by the number of images twice: the gradient of the mean loss has that factor "
    "already. See *Softmax and cross-entropy*.",
)
def divides_twice(x, y, classes, lr, steps):
    return descend(x, y, classes, lr / len(x), steps)


@mutant(
    "train_linear",
    "You updated w first and computed the gradient of b at the new w. Both belong to one point: "
    "compute both, then step. See *One template a class*.",
)
def one_after_the_other(x, y, classes, lr, steps):
    w, b = np.zeros((classes, x.shape[1])), np.zeros(classes)
    for _ in range(steps):
        w -= lr * cross_entropy(x @ w.T + b, y)[1].T @ x
        b -= lr * cross_entropy(x @ w.T + b, y)[1].sum(axis=0)
    return w, b


@alternative("train_linear")
def with_a_column_of_ones(x, y, classes, lr, steps):
    x = np.concatenate([x, np.ones((len(x), 1))], axis=1)
    w = np.zeros((classes, x.shape[1]))
    for _ in range(steps):
        e = np.exp(x @ w.T)
        p = e / e.sum(axis=1, keepdims=True)
        w = w + lr * (np.eye(classes)[y] - p).T @ x / len(x)
    return w[:, :-1], w[:, -1]


@alternative("train_linear")
def image_after_image(x, y, classes, lr, steps):
    w, b = np.zeros((classes, x.shape[1])), np.zeros(classes)
    for _ in range(steps):
        dw, db = np.zeros_like(w), np.zeros_like(b)
        for row, label in zip(x, y, strict=True):
            p = np.exp(w @ row + b)
            p /= p.sum()
            p[label] -= 1
            dw += np.outer(p, row) / len(x)
            db += p / len(x)
        w, b = w - lr * dw, b - lr * db
    return w, b


# --- predict ------------------------------------------------------------------------------------


@functools.cache
def raw_classifier() -> Any:
    training, _ = released_and_hidden()
    rows = as_bytes(training.images).reshape(len(training), -1).astype(float)
    return train_linear(rows, training.labels, 10)


@mutant(
    "predict",
    "Your classifier does well on the digits as scanned and fails when the paper is grey: it has "
    "learned how black ink is. Put every image on one scale first. See *Three principles, "
    "measured*.",
)
def learned_the_light(images):
    return raw_classifier().predict(images.reshape(len(images), -1).astype(float))


@mutant(
    "predict",
    "Your labels are off by one. Class k is digit k here, counted from 0. See *One template a "
    "class*.",
)
def counts_from_one(images):
    return predict_digits(images) + 1


@mutant(
    "predict",
    "You returned the class with the lowest score. The class whose template fits best has the "
    "highest. See *One template a class*.",
)
def lowest_score(images):
    return classifier().scores(standardized(images)).argmin(axis=1)


@mutant(
    "predict",
    "It looks as if you put the images in shape in another way than in training: rows and columns "
    "are exchanged. See *Zero-centring, and what it is for*.",
)
def transposed(images):
    return predict_digits(images.swapaxes(1, 2))


@alternative("predict")
def nearest_neighbour(images):
    training, _ = released_and_hidden()
    known = standardized(as_bytes(training.images))
    return training.labels[(standardized(images) @ known.T).argmax(axis=1)]


@functools.cache
def stretched_classifier() -> Any:
    training, _ = released_and_hidden()
    rows = stretched(as_bytes(training.images))
    return train_linear(rows, training.labels, 10, loss="hinge")


def stretched(images: Any) -> Any:
    rows = images.reshape(len(images), -1).astype(float)
    low, high = np.percentile(rows, [5, 95], axis=1)[:, :, None]
    return (rows - low) / (high - low)


@alternative("predict")
def stretches_the_contrast(images):
    return stretched_classifier().predict(stretched(images)).tolist()
