"""What the judge of problem set 4 relies on: its pairs of backwards, and its references."""

from __future__ import annotations

import numpy as np
import pytest

PROBLEM_SET = "ps04_backpropagation"


@pytest.mark.parametrize("seed", range(3))
def test_each_backward_is_right_or_clearly_wrong_and_every_part_has_both(loaded, seed):
    exercise = loaded.problem_set["gradient_check"]
    verdicts: dict[str, list[bool]] = {}
    for case in exercise.draw(np.random.default_rng(seed)):
        verdict = exercise.expected(case)
        verdicts.setdefault(case.part, []).append(verdict)
        assert exercise.driver(agrees, *case.args) == verdict, case.part
    assert all(v.count(True) >= 3 and v.count(False) >= 3 for v in verdicts.values())


def agrees(forward, backward, arrays, rng):
    """Compare with differences on one side, and insist that what is off is clearly off."""
    arrays = [a.astype(float) for a in arrays]
    out, cache = forward(*arrays)
    dout = rng.normal(size=out.shape)
    largest = 0.0
    for k, gradient in enumerate(backward(dout, cache)):
        if gradient.shape != arrays[k].shape:
            return False
        seen = np.zeros(arrays[k].shape)
        for index in np.ndindex(seen.shape):
            moved = [a.copy() for a in arrays]
            moved[k][index] += 1e-6 * np.sign(arrays[k][index])
            change = np.vdot(dout, forward(*moved)[0] - out)
            seen[index] = change / (moved[k][index] - arrays[k][index]) if change else 0.0
        smooth = np.abs(arrays[k]) > 1e-3  # at a kink anything goes
        off = np.abs(gradient - seen)[smooth].max() / np.abs(seen[smooth]).max()
        largest = max(largest, off)
    assert not 1e-3 < largest < 0.005
    return largest < 1e-3


def test_no_number_of_a_backward_tells_whether_it_is_right(loaded):
    """Those of right and of wrong ones have the same names, forms and signs, and none is 0 or 1."""
    exercise = loaded.problem_set["gradient_check"]
    seen: dict[bool, set[str]] = {True: set(), False: set()}
    for case in exercise.draw(np.random.default_rng(1)):
        numbers = case.args[2]
        pieces = [p for pair in numbers["factors"] + numbers["last row"] for p in pair]
        assert not any(np.isin(p, (0.0, 1.0, -1.0)).any() for p in pieces)
        seen[exercise.expected(case)] |= {*numbers, case.args[0]}
    assert seen[True] == seen[False]


def cases_of(loaded, name, seed=6):
    exercise = loaded.problem_set[name]
    for case in exercise.draw(np.random.default_rng(seed)):
        yield case.args, exercise.expected(case)


def test_gradients_agree_with_torch(loaded):
    import torch
    from torch.nn import functional

    def gradients(out, dout, *inputs):
        return [g.numpy() for g in torch.autograd.grad(out, inputs, torch.from_numpy(dout))]

    def leaf(array):
        return torch.from_numpy(array).requires_grad_()

    for (which, dout, x, w), expected in cases_of(loaded, "linear_backward"):
        leaves = leaf(x), leaf(w), leaf(np.zeros(len(w)))
        found = gradients(functional.linear(*leaves), dout, *leaves)
        assert np.allclose(found[("dx", "dw", "db").index(which)], expected)
    bends = {
        "sigmoid": lambda x, a: x.sigmoid(),
        "tanh": lambda x, a: x.tanh(),
        "relu": lambda x, a: x.relu(),
        "leaky_relu": functional.leaky_relu,
        "elu": functional.elu,
    }
    for (name, dout, x, slope), expected in cases_of(loaded, "activation_backward"):
        z = leaf(x)
        expected = expected[0] if isinstance(expected, tuple) else expected
        assert np.allclose(gradients(bends[name](z, slope), dout, z)[0], expected, atol=1e-9)
    for (which, dout, x, alpha), expected in cases_of(loaded, "prelu_backward"):
        z, a = leaf(x), leaf(alpha)
        found = gradients(functional.prelu(z, a), dout, z, a)
        assert np.allclose(found[("dx", "dalpha").index(which)], expected)
    for (which, dout, x, w, b), expected in cases_of(loaded, "maxout_backward"):
        leaves = leaf(x), leaf(w), leaf(b)
        pieces = torch.einsum("pmd,nd->pnm", leaves[1], leaves[0]) + leaves[2][:, None]
        found = gradients(pieces.max(dim=0).values, dout, *leaves)
        assert np.allclose(found[("dx", "dw", "db").index(which)], expected)


def test_pooling_agrees_with_torch_also_at_ties(loaded):
    import torch
    from torch.nn import functional

    for (kind, kernel, stride, calls), expected in cases_of(loaded, "Pool2d"):
        seen = [array for layer, method, array in calls if (layer, method) == (0, "forward")]
        x = torch.from_numpy(seen[-1]).requires_grad_()
        if kind == "max":
            out = functional.max_pool2d(x, kernel, stride)
        else:
            divisor = 1 if kind == "sum" else None
            out = functional.avg_pool2d(x, kernel, stride, divisor_override=divisor)
        _, method, dout = calls[-1]
        if method == "backward":
            (out,) = torch.autograd.grad(out, x, torch.from_numpy(dout))
        assert np.allclose(out.detach().numpy(), expected)


def test_steps_agree_with_torch(loaded):
    import torch

    def descend(optimizer, parameters, gradients, lrs):
        for lr, step in zip(lrs, gradients, strict=True):
            optimizer.param_groups[0]["lr"] = lr
            for p, g in zip(parameters, step, strict=True):
                p.grad = torch.from_numpy(np.array(g))
            optimizer.step()

    for (w, v, gradients, lrs, momentum, nesterov), expected in cases_of(loaded, "momentum_step"):
        if not v.any():
            p = torch.from_numpy(w.copy()).requires_grad_()
            options = {"momentum": momentum, "nesterov": nesterov}
            descend(torch.optim.SGD([p], 1.0, **options), [p], gradients[:, None], lrs)
            assert np.allclose(p.detach().numpy(), expected["w"])
    for (arrays, gradients, lrs, betas, eps), expected in cases_of(loaded, "Adam"):
        parameters = [torch.from_numpy(a.copy()).requires_grad_() for a in arrays]
        descend(torch.optim.Adam(parameters, 1.0, betas, eps), parameters, gradients, lrs)
        for p, e in zip(parameters, expected, strict=True):
            assert np.allclose(p.detach().numpy(), e)
