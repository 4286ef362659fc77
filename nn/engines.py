"""Engines: what one optimiser step on a batch is, and how good a model is. `fit` is the loop around them.

`choose` takes the one that was asked for, or that suits. What an engine does inside, it does not know.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from nn.eager import Eager
from nn.history import Means
from nn.recording import CannotRecordError
from nn.replay import Replay
from nn.wording import choices, described, shortened
from nn.work import Work


class Engine(Protocol):
    """What `fit` asks of an engine.

    The parameters' Values may be changed between epochs (by a callback, say): the first step of an epoch begins with
    what they hold.
    """

    @property
    def reason(self) -> str:
        """Which engine it is, and why it was taken, in a phrase."""

    def step(self, inputs: Sequence[Any], targets: Sequence[Any], indices: Sequence[int], means: Means) -> float:
        """One step of the optimiser on the mean loss of the examples at some indices, plus the penalty.

        Returns:
            That cost before the step. If it is not finite, no step was made.

        Loss and metrics of each example, and the penalty, are added to `means`, as they were before the step. Ctrl-C
        leaves the parameters as they were before the step or as they are after it.
        """

    def evaluate(self, inputs: Sequence[Any], targets: Sequence[Any]) -> dict[str, float]:
        """The mean loss and metrics of examples, the model in `eval()` mode; its mode is restored."""

    def synchronize(self) -> None:
        """Let the Values of the parameters hold the current numbers; called at each epoch's end, and at the last."""


NAMES = ("auto", "eager", "tape")


def choose(
    name: str,
    work: Work,
    inputs: Sequence[Any],
    targets: Sequence[Any],
    validation: tuple[Sequence[Any], Sequence[Any]] | None = None,
) -> Engine:
    """The engine of a name, or for "auto" the tape where the work can be recorded, else the eager one.

    Raises:
        TypeError, ValueError: there is no such engine, or "tape" cannot do this work.
    """
    if not isinstance(name, str):
        raise TypeError(f"engine is {described(name)}; wanted one of {choices('', NAMES)}")
    if name not in NAMES:
        raise ValueError(f"engine is {shortened(name)}; wanted one of {choices(name, NAMES)}")
    if name == "eager":
        return Eager(work)
    try:
        return Replay(work, inputs, targets, validation, falls_back=name == "auto")
    except CannotRecordError as error:
        if name == "tape":
            raise ValueError(f"engine='tape' cannot do this: {error}; engine='auto' takes what can") from error
        return Eager(work, f"eager: {error}")
