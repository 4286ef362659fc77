"""The same training steps in loops over lists of floats: what Python costs without a graph."""

from __future__ import annotations

from math import exp, log

import numpy as np
from work import Engine, Work, flat


def floats(work: Work):
    """Row after row, forward and backward; then the update."""
    rows, targets = work.inputs.tolist(), work.targets.tolist()
    loss_and_derivatives = _hinge if work.is_hinge else _cross_entropy
    layers = [(w.T.tolist(), b.tolist()) for w, b in work.layers()]

    def step():
        gradients = [([[0.0] * len(row) for row in weights], [0.0] * len(bias)) for weights, bias in layers]
        whole = 0.0
        for x, t in zip(rows, targets, strict=True):
            outputs = _forward(layers, x)
            loss, d = loss_and_derivatives(outputs.pop(), t)
            whole += loss
            _backward(layers, gradients, outputs, d)
        _update(layers, gradients, work.rate / len(rows), 1.0 - 2.0 * work.rate * work.penalty)
        return whole / len(rows)

    return Engine(step, lambda: flat([(np.array(weights).T, np.array(bias)) for weights, bias in layers]))


def _hinge(z, t):
    margin = 1.0 - t * z[0]
    return (margin, [-t]) if margin > 0.0 else (0.0, [0.0])


def _cross_entropy(z, t):
    top = max(z)
    exps = [exp(v - top) for v in z]
    whole = sum(exps)
    loss = top + log(whole) - sum([p * v for p, v in zip(t, z, strict=True)])
    return loss, [e / whole - p for e, p in zip(exps, t, strict=True)]


def _forward(layers, x):
    outputs = [x]
    for k, (weights, bias) in enumerate(layers, 1):
        h = outputs[-1]
        z = [sum([w * v for w, v in zip(row, h, strict=True)], b) for row, b in zip(weights, bias, strict=True)]
        outputs.append(z if k == len(layers) else [v if v > 0.0 else 0.0 for v in z])  # noqa: FURB136 (max is a call)
    return outputs


def _backward(layers, gradients, outputs, d):
    for k in range(len(layers) - 1, -1, -1):
        h, (of_weights, of_bias) = outputs[k], gradients[k]
        of_inputs = [0.0] * len(h)
        for i, (derivative, row) in enumerate(zip(d, layers[k][0], strict=True)):
            if derivative:
                of_weights[i] = [g + derivative * v for g, v in zip(of_weights[i], h, strict=True)]
                of_bias[i] += derivative
                if k:
                    of_inputs = [g + derivative * w for g, w in zip(of_inputs, row, strict=True)]
        d = [g if v > 0.0 else 0.0 for g, v in zip(of_inputs, h, strict=True)]


def _update(layers, gradients, rate, decay):
    for (weights, bias), (of_weights, of_bias) in zip(layers, gradients, strict=True):
        for i, (row, of_row) in enumerate(zip(weights, of_weights, strict=True)):
            weights[i] = [decay * w - rate * g for w, g in zip(row, of_row, strict=True)]
            bias[i] = decay * bias[i] - rate * of_bias[i]
