"""The `Perceptron`: one neuron, and the rule that moves its line to the samples that lie on the wrong side.

It keeps a record of each move, and says of data that it could not separate what is known: proven that no line does, or
not. Gradients it needs none; that the rule descends `nn.losses.perceptron` is shown in the tests.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import isfinite
from numbers import Integral
from random import Random
from typing import Any, NamedTuple

from autograd import Value, no_grad
from nn.initializers import Initializer
from nn.neurons import Neuron
from nn.separability import is_certificate, samples, separates
from nn.wording import counted, require


class Update(NamedTuple):
    """One step of the learning rule: a sample that was wrong, and the line before and after it.

    Attributes:
        epoch: the pass over the samples, from 1.
        sample: the index of the wrong sample.
        weights: before the step.
        threshold: before the step.
        new_weights: after it, weights + x t.
        new_threshold: after it, threshold + t.
    """

    epoch: int
    sample: int
    weights: tuple[float, ...]
    threshold: float
    new_weights: tuple[float, ...]
    new_threshold: float


@dataclass(frozen=True)
class LearningRecord:
    """What `Perceptron.learn` has done, and what it has found out.

    Attributes:
        updates: each step, an `Update`.
        epochs: passes over the samples, the last one without an update if they are separated.
        separated: whether every sample lies on its side of the line now, as the neuron computes it.
        separable: whether a line separates the samples: True or False where that is proven, None where it is not known.
        repeats: whether the weights came back to what they were when an earlier epoch began, and so will for ever.
        certificate: where that proves that no line separates the samples, the proof: how often each was wrong in the
            time that repeats, m_i, with sum of m_i t_i (x_i, 1) = 0 (see `nn.separability`). Else None.
    """

    updates: list[Update]
    epochs: int
    separated: bool
    separable: bool | None = None
    repeats: bool = False
    certificate: tuple[int, ...] | None = None

    def __str__(self) -> str:
        done = f"{counted(len(self.updates), 'update')} in {counted(self.epochs, 'epoch')}"
        if self.separated:
            return f"separated after {done}" + ("" if self.separable else ", but only as floats are rounded")
        if self.separable is False:
            return f"not separated after {done}, and proven: no line separates these samples"
        why = "; the weights repeat themselves, but are rounded" if self.repeats else ""
        return f"not separated after {done}{why}; nn.separability.certificate decides whether a line can"

    def __repr__(self) -> str:
        return f"LearningRecord({self})"


class Perceptron(Neuron):
    """w · x + theta, with Rosenblatt's learning rule; the sign decides.

    Called, it gives the linear value, which has a gradient; `predict` gives its sign. It begins at zero, where every
    sample lies on the line.

    Args:
        n_inputs: how many numbers it takes.
        seed: an int or `random.Random` for the initializer.
        init: a name or function of `nn.initializers`.

    Attributes:
        w: the weights, a list of Values.
        b: the threshold, a Value; `theta` is another name of it.

    Raises:
        TypeError, ValueError: n_inputs is no whole number of at least 1, or there is no such initializer.

    Rosenblatt, The perceptron: a probabilistic model for information storage and organization in the brain (1958).

    >>> perceptron = Perceptron(2)
    >>> perceptron.learn([[0, 0], [0, 1], [1, 0], [1, 1]], [-1, 1, 1, 1])  # OR
    LearningRecord(separated after 9 updates in 6 epochs)
    >>> perceptron.predict([0, 1])
    1
    """

    def __init__(
        self, n_inputs: int, *, seed: int | Random | None = None, init: str | Initializer | None = "zeros"
    ) -> None:
        super().__init__(n_inputs, "linear", seed=seed, init=init)

    @property
    def theta(self) -> Value:
        """The threshold, as the lectures call it: `b`."""
        return self.b

    def predict(self, x: Iterable[Any]) -> int:
        """The class, 1 or -1, on whose side of the line x lies; 0 on the line itself, where it is neither."""
        with no_grad():
            output = self(x).data
        return (output > 0.0) - (output < 0.0)

    def learn(self, inputs: Sequence[Any], targets: Sequence[float], *, max_epochs: int = 1000) -> LearningRecord:
        """Cycle through the samples; where (w · x + theta) t <= 0, w <- w + x t and theta <- theta + t.

        A sample on the line counts as wrong. It ends after an epoch without a wrong sample, which comes if a line
        separates the samples: from zero after at most (R / gamma)**2 updates, where R is the largest norm of a (x, 1)
        and gamma their smallest distance to the best plane through the origin (Novikoff, On convergence proofs on
        perceptrons, 1962). It ends too when an epoch begins with weights that an earlier one began with: all that
        follows would repeat itself. Then the sum of the updates between is 0, and that proves that no line separates
        the samples, unless a sum was rounded on the way; this is checked exactly.

        Args:
            inputs: n samples, each with as many finite numbers as there are weights.
            targets: the class of each, -1 or 1.
            max_epochs: how many passes over the samples at most.

        Returns:
            The `LearningRecord`: every update, and the answer.

        Raises:
            ValueError: no samples, lengths that do not match, a NaN or infinity, or another target.
            TypeError: a sample is no list of numbers, or max_epochs no int.
            FloatingPointError: a weight is beyond the floats.

        >>> Perceptron(2).learn([[0, 0], [0, 1], [1, 0], [1, 1]], [-1, 1, 1, -1])  # XOR
        LearningRecord(not separated after 4 updates in 1 epoch, and proven: no line separates these samples)
        """
        require("max_epochs", max_epochs, Integral, lambda n: n >= 1, "an int of at least 1")
        rows, signs = samples(inputs, targets)
        if len(rows[0]) != len(self.w):
            raise ValueError(f"Perceptron takes {counted(len(self.w), 'number')}, but the samples have {len(rows[0])}")
        updates: list[Update] = []
        begun = {self._line(): 0}  # how many updates there had been when an epoch began with this line
        for epoch in range(1, max_epochs + 1):
            before = len(updates)
            for i, (x, t) in enumerate(zip(rows, signs, strict=True)):
                if self.predict(x) != t:
                    old = self._line()
                    self._move(x, t)
                    updates.append(Update(epoch, i, *old, *self._line()))
            if len(updates) == before:
                separable = separates(*self._line(), rows, signs) or None
                return LearningRecord(updates, epoch, separated=True, separable=separable)
            first = begun.setdefault(self._line(), len(updates))
            if first < len(updates):
                times = Counter(update.sample for update in updates[first:])
                proof = tuple(times[i] for i in range(len(rows)))
                if not is_certificate(proof, rows, signs):
                    return LearningRecord(updates, epoch, separated=False, repeats=True)
                return LearningRecord(updates, epoch, separated=False, separable=False, repeats=True, certificate=proof)
        return LearningRecord(updates, max_epochs, separated=False)

    def __repr__(self) -> str:
        return f"Perceptron({counted(len(self.w), 'input')})"

    def _line(self) -> tuple[tuple[float, ...], float]:
        return tuple([w.data for w in self.w]), self.b.data

    def _move(self, x: Sequence[float], t: int) -> None:
        """One step of the rule, for a wrong sample."""
        for w, xj in zip(self.w, x, strict=True):
            w.data += xj * t
        self.b.data += t
        if not all(isfinite(w.data) for w in self.w):
            raise FloatingPointError("a weight is beyond the floats; scale the inputs to about -1 to 1")
