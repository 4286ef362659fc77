"""What is measured: training steps of three networks, and how parameters lie in them. Of engines it knows nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

import nn


@dataclass(frozen=True)
class Work:
    """Steps of gradient descent on one batch, all alike.

    Attributes:
        widths: of the layers, the inputs first; relu between them, the last is linear.
        inputs: (rows, n_inputs).
        targets: signs (rows,), for the hinge loss; or indicator vectors (rows, classes), for the cross-entropy.
        rate: the learning rate.
        penalty: L2, this times the sum of the squares of all parameters.
    """

    widths: tuple[int, ...]
    inputs: Any
    targets: Any
    rate: float = 0.01
    penalty: float = 0.0

    @property
    def name(self):
        return "-".join(map(str, self.widths))

    @property
    def is_hinge(self):
        return self.targets.ndim == 1

    @property
    def loss(self):
        """Of one example."""
        return nn.losses.hinge if self.is_hinge else nn.losses.cross_entropy

    def network(self):
        """With the same numbers each time."""
        return nn.MLP(self.widths[0], self.widths[1:], seed=1)

    def layers(self):
        """The network's numbers as a matrix (inputs, outputs) and a bias for each layer."""
        numbers = np.array([p.data for p in self.network().parameters()])
        found, start = [], 0
        for n, m in pairwise(self.widths):
            rows = numbers[start : start + m * (n + 1)].reshape(m, n + 1)
            found.append((rows[:, :n].T.copy(), rows[:, n].copy()))
            start += rows.size
        return found


def flat(layers):
    """Such numbers in the order of the network's parameters."""
    return np.concatenate([np.vstack([weights, bias]).T.ravel() for weights, bias in layers])


@dataclass(frozen=True)
class Engine:
    """One engine at one work: `step()` makes a step and gives the mean loss before it, `numbers()` the parameters."""

    step: Callable[[], float]
    numbers: Callable[[], Any]


def moons(n_rows=100):
    """The demo of micrograd."""
    data = nn.data.moons(n_rows, seed=1337)
    return Work((2, 16, 16, 1), np.array(data.inputs), 2.0 * np.array(data.targets) - 1.0, penalty=1e-4)


def classes(*widths, n_rows=64):
    """Numbers and classes at random, the numbers as those of a picture: from 0 to 1."""
    random = np.random.default_rng(0)
    inputs = random.uniform(size=(n_rows, widths[0]))
    return Work(widths, inputs, np.eye(widths[-1])[random.integers(widths[-1], size=n_rows)])
