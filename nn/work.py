"""`Work`: what an engine computes, as `fit` was asked for it. It knows nothing of how it is computed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from nn.arguments import Metric, Optimizer
from nn.interrupts import Uninterrupted
from nn.losses import Loss
from nn.module import Module
from nn.penalties import Penalty


@dataclass(frozen=True)
class Work:
    """The arguments of `fit` that say what a step is; they are described there."""

    model: Module
    loss: Loss
    optimizer: Optimizer
    metrics: Mapping[str, Metric]
    penalty: Penalty | None = None
    clip_norm: float | None = None
    clip_value: float | None = None
    uninterrupted: Uninterrupted = field(default_factory=Uninterrupted)
    """`with work.uninterrupted:` a step is made whole before Ctrl-C takes effect."""
