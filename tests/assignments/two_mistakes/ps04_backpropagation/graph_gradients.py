"""Two mistakes at once in graph_gradients."""

import math


def forward(graph, inputs):
    values: list[float] = []
    position = 0
    for op, *args in graph:
        a = [values[k] for k in args]
        if op == "input":
            values.append(inputs[position])
            position += 1
        elif op == "add":
            values.append(a[0] + a[1])
        elif op == "sub":
            values.append(a[0] - a[1])
        elif op == "mul":
            values.append(a[0] * a[1])
        elif op == "max":
            values.append(max(a))
        else:
            values.append(math.exp(a[0]))
    return values


def overwrites_and_max_pays_both(graph, inputs):
    v = forward(graph, inputs)
    grad = [0.0] * len(graph)
    grad[-1] = 1.0
    for i in range(len(graph) - 1, -1, -1):
        op, *args = graph[i]
        g = grad[i]
        if op in ("add", "max"):
            grad[args[0]] = g
            grad[args[1]] = g
        elif op == "sub":
            grad[args[0]] = g
            grad[args[1]] = -g
        elif op == "mul":
            grad[args[0]] = g * v[args[1]]
            grad[args[1]] = g * v[args[0]]
        elif op == "exp":
            grad[args[0]] = g * v[i]
    return grad


def own_factor_and_sub_like_add(graph, inputs):
    values = forward(graph, inputs)
    grads = [0.0 for _ in graph]
    grads[-1] = 1.0
    for node in reversed(range(len(graph))):
        step, args = graph[node][0], graph[node][1:]
        for a in args:
            if step in ("add", "sub"):
                local = 1.0
            elif step == "mul":
                local = values[a]
            elif step == "max":
                local = 1.0 if values[a] == values[node] else 0.0
            else:
                local = values[node]
            grads[a] += grads[node] * local
    return grads


def exp_by_its_argument_from_the_loss(graph, inputs):
    v = forward(graph, inputs)
    d = [0.0] * len(graph)
    d[-1] = v[-1]
    for i in reversed(range(len(graph))):
        op = graph[i][0]
        if op == "input":
            continue
        a = graph[i][1]
        if op == "exp":
            d[a] += d[i] * v[a]
            continue
        b = graph[i][2]
        if op == "mul":
            d[a] += d[i] * v[b]
            d[b] += d[i] * v[a]
        elif op == "max":
            d[a if v[a] > v[b] else b] += d[i]
        else:
            d[a] += d[i]
            d[b] += d[i] if op == "add" else -d[i]
    return d


def one_share_and_the_difference_reversed(graph, inputs):
    values = forward(graph, inputs)
    gradient = dict.fromkeys(range(len(graph)), 0.0)
    gradient[len(graph) - 1] = 1.0
    for node in range(len(graph) - 1, -1, -1):
        op, *args = graph[node]
        shares = {}
        if op == "exp":
            shares[args[0]] = values[node]
        elif op != "input":
            a, b = args
            x, y = values[a], values[b]
            slopes = {
                "add": (1, 1),
                "sub": (-1, 1),
                "mul": (y, x),
                "max": (x > y, y > x),
            }[op]
            shares[a] = slopes[0]
            shares[b] = slopes[1]
        for k, slope in shares.items():
            gradient[k] += gradient[node] * slope
    return [float(gradient[k]) for k in range(len(graph))]


PAIRS = (
    (overwrites_and_max_pays_both, "overwrites_the_gradient", "max_pays_both"),
    (own_factor_and_sub_like_add, "keeps_its_own_factor", "subtracts_like_adding"),
    (exp_by_its_argument_from_the_loss, "exp_has_slope_x", ""),
    (one_share_and_the_difference_reversed, "one_share_for_two_uses", ""),
)
