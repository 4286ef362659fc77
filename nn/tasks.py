"""What output, loss and decision a data set asks for: one network, three kinds of problem.

| problem           | outputs  | loss                               | decision            |
|-------------------|----------|------------------------------------|---------------------|
| two classes       | 1 logit  | binary cross-entropy               | class 1 if above 0  |
| K > 2 classes     | K logits | cross-entropy of their softmax     | the largest         |
| regression        | 1 number | squared error, standardised target | the number itself   |

How the network is trained, and where rows come from or decisions go to, it does not know.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Self

from autograd import Value, no_grad, sigmoid, softmax
from nn import losses
from nn.datasets import DataError, Dataset, Scaling
from nn.encoding import argmax, threshold
from nn.layers import MLP
from nn.wording import counted, shortened


@dataclass(frozen=True)
class Task:
    """How raw rows become the network's inputs, and its outputs decisions.

    Attributes:
        input_names: the columns, in the order of the network's inputs.
        class_names: empty for regression.
        inputs: the scaling of the input columns, fitted to the training rows.
        target: the scaling of a regression target, one column.
    """

    input_names: tuple[str, ...]
    class_names: tuple[str, ...]
    inputs: Scaling
    target: Scaling = field(default_factory=lambda: Scaling([0.0], [1.0]))

    def __post_init__(self) -> None:
        if len(self.inputs.means) != len(self.input_names) or not self.input_names:
            scalings = counted(len(self.inputs.means), "scaling")
            raise ValueError(f"{counted(len(self.input_names), 'input name')} and {scalings}; wanted one for each")
        if len(self.target.means) != 1:
            raise ValueError(f"{len(self.target.means)} scalings of the target; wanted one")
        if len(self.class_names) == 1:
            raise ValueError("a single class; wanted two or more, or none for regression")

    @classmethod
    def of(cls, train: Dataset) -> Self:
        """The task of a data set; scalings are fitted to it, so give the training part only."""
        scaling = Scaling.fit(train.inputs, shared=train.same_unit)
        if train.is_classification:
            return cls(train.input_names, train.class_names, scaling)
        return cls(train.input_names, (), scaling, Scaling.fit([[float(t)] for t in train.targets]))

    @classmethod
    def from_dict(cls, about: dict[str, Any]) -> Self:
        """The inverse of `to_dict`; KeyError, TypeError or ValueError if it is none."""
        input_names, class_names = about["input_names"], about["class_names"]
        for names in (input_names, class_names):
            if not isinstance(names, list | tuple) or not all(isinstance(name, str) for name in names):
                raise TypeError(f"{shortened(names)} is no list of names")
        return cls(tuple(input_names), tuple(class_names), Scaling(**about["inputs"]), Scaling(**about["target"]))

    def to_dict(self) -> dict[str, Any]:
        """Everything, as JSON can hold it."""
        return asdict(self)

    def require(self, model: MLP) -> None:
        """ValueError unless the network has the inputs and outputs of this task."""
        wanted = (len(self.input_names), self.n_outputs)
        if (model.n_inputs, model.n_outputs) != wanted:
            raise ValueError(f"{model!r} for {counted(wanted[0], 'input')} and {counted(wanted[1], 'output')}")

    @property
    def n_outputs(self) -> int:
        """How many outputs the network needs."""
        return len(self.class_names) if len(self.class_names) > 2 else 1

    @property
    def loss(self) -> losses.Loss:
        """The loss that goes with these outputs."""
        if not self.class_names:
            return losses.squared_error
        return losses.cross_entropy if self.n_outputs > 1 else losses.binary_cross_entropy_with_logits

    def scaled(self, rows: Sequence[Sequence[float]]) -> list[list[float]]:
        """Raw rows as the network takes them; DataError for a number that is beyond the floats then."""
        scaled = self.inputs(rows)
        for number, (raw, row) in enumerate(zip(rows, scaled, strict=True), start=1):
            for name, came, x in zip(self.input_names, raw, row, strict=True):
                if not math.isfinite(x):
                    wanted = "a number that is nearer to those of the training rows"
                    raise DataError(
                        f"row {number}, column {shortened(name)}: {came!r}; wanted {wanted}; check the cell"
                    )
        return scaled

    def examples(self, dataset: Dataset) -> tuple[list[list[float]], list[Any]]:
        """Inputs and targets as the network and its loss take them."""
        targets = list(dataset.targets)
        if not self.class_names:
            targets = [row[0] for row in self.target([[float(t)] for t in targets])]
        return self.scaled(dataset.inputs), targets

    def decide(self, output: Any) -> Any:
        """The class index that the output stands for; in regression the number, in the target's unit."""
        if not self.class_names:
            return output.data * self.target.scales[0] + self.target.means[0]
        return argmax(output) if isinstance(output, list) else threshold(output)

    def probability(self, output: Any) -> float:
        """How sure the network is of its decision, 0 to 1."""
        if isinstance(output, list):
            return max(p.data for p in softmax(output))
        p: float = sigmoid(output).data
        return max(p, 1.0 - p)

    def predict(self, model: MLP, rows: Sequence[Sequence[float]]) -> list[Any]:
        """The network's output for each raw row; nothing is recorded.

        FloatingPointError, which names the row, where an output is not finite: its inputs are too large.
        """
        outputs = []
        with no_grad():
            for number, row in enumerate(self.scaled(rows), start=1):
                try:
                    output = model(row)
                except (ArithmeticError, ValueError):  # such as that of sin(inf)
                    output = Value(math.nan)
                if not all(math.isfinite(y.data) for y in (output if isinstance(output, list) else [output])):
                    raise FloatingPointError(f"row {number}: the network's output is not finite; check its inputs")
                outputs.append(output)
        return outputs
