"""Two mistakes at once in Adam."""

import numpy as np


class UncorrectedWithEpsilonUnderTheRoot:
    def __init__(self, parameters, lr, betas=(0.9, 0.999), eps=1e-8):
        self.parameters, self.lr, self.betas, self.eps = parameters, lr, betas, eps
        self.m = [np.zeros(p.shape) for p in parameters]
        self.v = [np.zeros(p.shape) for p in parameters]

    def step(self, gradients):
        b1, b2 = self.betas
        for i, g in enumerate(gradients):
            self.m[i] = b1 * self.m[i] + (1 - b1) * g
            self.v[i] = b2 * self.v[i] + (1 - b2) * g**2
            self.parameters[i] -= self.lr * self.m[i] / np.sqrt(self.v[i] + self.eps)


class CountsFromTwoAtTheFirstRate:
    def __init__(self, parameters, lr, betas=(0.9, 0.999), eps=1e-8):
        self.parameters, self.lr, self.betas, self.eps = parameters, lr, betas, eps
        self.alpha = lr
        self.t = 1
        self.mean = dict.fromkeys(range(len(parameters)), 0.0)
        self.square = dict.fromkeys(range(len(parameters)), 0.0)

    def step(self, gradients):
        self.t += 1
        beta1, beta2 = self.betas
        for k, (p, g) in enumerate(zip(self.parameters, gradients, strict=True)):
            self.mean[k] = beta1 * self.mean[k] + (1 - beta1) * g
            self.square[k] = beta2 * self.square[k] + (1 - beta2) * g * g
            m_hat = self.mean[k] / (1 - beta1**self.t)
            s_hat = self.square[k] / (1 - beta2**self.t)
            p -= self.alpha * m_hat / (np.sqrt(s_hat) + self.eps)


class BetasExchangedAndTheMeanNotWeighted:
    def __init__(self, parameters, lr, betas=(0.9, 0.999), eps=1e-8):
        self.parameters, self.lr, self.eps = parameters, lr, eps
        self.beta2, self.beta1 = betas
        self.t = 0
        self.state = [[np.zeros_like(p), np.zeros_like(p)] for p in parameters]

    def step(self, gradients):
        self.t += 1
        for p, state, g in zip(self.parameters, self.state, gradients, strict=True):
            state[0] = self.beta1 * state[0] + g
            state[1] = self.beta2 * state[1] + (1 - self.beta2) * g**2
            m = state[0] / (1 - self.beta1**self.t)
            s = state[1] / (1 - self.beta2**self.t)
            p[...] = p - self.lr * m / (np.sqrt(s) + self.eps)


class CountsEveryArrayAndCorrectsOneMean:
    def __init__(self, parameters, lr, betas=(0.9, 0.999), eps=1e-8):
        self.parameters, self.lr, self.betas, self.eps = parameters, lr, betas, eps
        self.t = 0
        self.m = [np.zeros_like(p) for p in parameters]
        self.s = [np.zeros_like(p) for p in parameters]

    def step(self, gradients):
        first, second = self.betas
        for w, m, s, g in zip(self.parameters, self.m, self.s, gradients, strict=True):
            self.t += 1
            m *= first
            m += (1 - first) * g
            s *= second
            s += (1 - second) * g**2
            w -= self.lr * m / (1 - first**self.t) / (np.sqrt(s) + self.eps)


PAIRS = (
    (UncorrectedWithEpsilonUnderTheRoot, "NoCorrection", "EpsilonUnderTheRoot"),
    (CountsFromTwoAtTheFirstRate, "CountsFromTwo", "KeepsTheFirstRate"),
    (BetasExchangedAndTheMeanNotWeighted, "ExchangesTheBetas", ""),
    (CountsEveryArrayAndCorrectsOneMean, "CountsEveryArray", ""),
)
