"""Two mistakes at once in stop_training."""

import math


def keeps_the_last_and_waits(losses, patience, target):
    best = losses[0]
    since = 0
    for epoch in range(len(losses)):
        loss = losses[epoch]
        if loss <= target:
            return epoch, epoch
        if epoch > 0:
            if loss < best:
                best = loss
                since = 0
            else:
                since += 1
        if since > patience:
            return epoch, epoch
    return len(losses) - 1, len(losses) - 1


def equal_is_better_than_ten(losses, patience, target):
    lowest, keep, waited = 10.0, 0, 0
    for epoch, loss in enumerate(losses):
        if loss <= lowest:
            lowest, keep, waited = loss, epoch, 0
        else:
            waited += 1
        if loss <= target or waited == patience:
            return epoch, keep
    return epoch, keep


def all_bad_epochs_and_below_the_target(losses, patience, target):
    best_loss, best_epoch = math.inf, 0
    bad = 0
    stop = len(losses) - 1
    for epoch, loss in enumerate(losses):
        if loss < best_loss:
            best_loss, best_epoch = loss, epoch
        else:
            bad += 1
        if loss < target or bad >= patience:
            stop = epoch
            break
    return stop, best_epoch


def the_epoch_before_and_past_the_end(losses, patience, target):
    best, bad = 0, 0
    for i in range(len(losses)):
        if losses[i] < losses[best]:
            best = i
        if i > 0 and losses[i] < losses[i - 1]:
            bad = 0
        elif i > 0:
            bad += 1
        if losses[i] <= target or bad == patience:
            return i, best
    return len(losses), best


PAIRS = (
    (keeps_the_last_and_waits, "keeps_the_last", "waits_one_more"),
    (equal_is_better_than_ten, "equal_is_better", "starts_from_a_number"),
    (all_bad_epochs_and_below_the_target, "counts_all_bad_epochs", ""),
    (the_epoch_before_and_past_the_end, "compares_with_the_epoch_before", ""),
)
