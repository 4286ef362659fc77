"""What all optimisers share: whose data they change, weight decay, and a memory that can be saved and restored.

An optimiser is settings and one rule in plain arithmetic: over floats it changes Values, over NumPy arrays all
parameters at once. How the derivatives came into `.grad`, this module does not know.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from numbers import Real
from typing import Any, TypeAlias

from autograd import Value
from nn.settings import Count, Flag, NonNegative, Settings
from nn.wording import counted, listed, shortened

Number: TypeAlias = Any
"""A float, or an array with one entry for each parameter."""


def distinct(parameters: Iterable[Value], name: str, does: str) -> list[Value]:
    """The parameters, each once; TypeError or ValueError if they are none, for the one who does something with them.

    >>> w = Value(1.0)
    >>> distinct([w, w], "SGD", "changes")
    [Value(data=1.0, grad=0.0)]
    """
    parameters = list(parameters) if isinstance(parameters, Iterable) else [parameters]
    for parameter in parameters:
        if not isinstance(parameter, Value):
            came = f"{type(parameter).__name__}: {shortened(parameter)}"
            raise TypeError(f"{name} {does} Values, not {came}; pass model.parameters()")
    if not parameters:
        raise ValueError(f"{name} was given no parameters; pass model.parameters()")
    return list(dict.fromkeys(parameters))


class Optimizer(Settings):
    """Base class of optimisers: a subclass is a dataclass of settings, `parameters` and `lr` the first, and a `rule`.

    Weight decay w adds w p to the derivative with respect to p, as a penalty w/2 p² would. Where it is decoupled it
    bypasses the rule instead: p <- p - lr w p (Loshchilov and Hutter, Decoupled weight decay regularization, 2019).

    Attributes:
        parameters: the Values to change, each once.
        lr: the learning rate; may be assigned between steps, as schedules do. Each assignment is checked.
        steps: how many steps were taken.
    """

    parameters: Sequence[Value]
    lr: NonNegative
    weight_decay: NonNegative = 0.0
    decoupled_weight_decay: Flag = False
    steps: Count

    def __post_init__(self) -> None:
        self.parameters = distinct(self.parameters, type(self).__name__, "changes")
        self._check_together()
        self.steps = 0
        # What the rule keeps: a dict for each parameter, or one dict of arrays, whichever was needed last.
        self._memory: list[dict[str, float]] | dict[str, Any] = [{} for _ in self.parameters]

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join([*self._said(), counted(len(self.parameters), 'parameter')])})"

    def rule(self, x: Number, gradient: Number, memory: dict[str, Number], step: int) -> Number:
        """The new x, of one parameter (floats) or of all (arrays).

        Args:
            x: the parameter.
            gradient: its derivative; coupled weight decay is in it.
            memory: what the rule keeps from step to step, by name; empty at first. The rule puts new numbers there, and
                begins with what is missing in whatever step it needs it: a setting may be switched on between two.
            step: which step this is, from 1.

        To save and restore a memory, the rule is also called for a number that is nobody's, to see what it keeps.
        """
        raise NotImplementedError(f"{type(self).__name__} does not say how a parameter changes; define rule")

    def zero_grad(self) -> None:
        """Set the `.grad` of every parameter to 0."""
        for parameter in self.parameters:
            parameter.grad = 0.0

    def step(self) -> None:
        """Change the data of every parameter once, by its `.grad`."""
        self.steps += 1
        for parameter, memory in zip(self.parameters, self._rows(), strict=True):
            parameter.data = self._moved(parameter.data, parameter.grad, memory)

    def updated(self, numbers: Any, gradients: Any) -> Any:
        """The step that `step` would take, on arrays; the Values stay as they are, the memory is the same.

        Args:
            numbers: a float64 array, an entry for each of `parameters`.
            gradients: the derivatives, likewise.

        Returns:
            A new array.

        Raises:
            ValueError: another shape.
        """
        from numpy import errstate  # noqa: PLC0415 (optional)

        shape = (len(self.parameters),)
        came = [getattr(x, "shape", f"? ({type(x).__name__})") for x in (numbers, gradients)]
        if came != [shape, shape]:
            said = f"numbers of shape {came[0]} and gradients of shape {came[1]}"
            raise ValueError(f"{said}; wanted {shape}, an entry for each parameter")
        self.steps += 1
        with errstate(all="ignore"):  # inf and nan are carried through in silence, as Python's floats do
            return self._moved(numbers, gradients, self._columns())

    def _moved(self, x: Number, gradient: Number, memory: dict[str, Number]) -> Number:
        if self.weight_decay:
            if self.decoupled_weight_decay:
                x = x * (1.0 - self.lr * self.weight_decay)
            else:
                gradient = gradient + self.weight_decay * x
        return self.rule(x, gradient, memory, self.steps)

    def _rows(self) -> list[dict[str, float]]:
        """The memory as a dict of floats for each parameter."""
        if isinstance(self._memory, dict):
            columns = {name: column.tolist() for name, column in self._memory.items()}
            self._memory = [{name: column[i] for name, column in columns.items()} for i in range(len(self.parameters))]
        return self._memory

    def _columns(self) -> dict[str, Any]:
        """The memory as a dict of arrays."""
        if isinstance(self._memory, list):
            from numpy import array  # noqa: PLC0415 (optional)

            self._memory = {name: array([row[name] for row in self._memory]) for name in self._memory[0]}
        return self._memory

    def state_dict(self) -> dict[str, Any]:
        """Settings, step count and memory, as JSON can hold them; the parameters' data are the model's matter.

        What the rule keeps with these settings, and will begin with at the next step, is None in the memory.
        """
        rows = self._rows()
        return {
            "optimizer": type(self).__name__,
            "n_parameters": len(self.parameters),
            **self._saved(),
            "memory": dict.fromkeys(self._kept()) | {name: [row[name] for row in rows] for name in rows[0]},
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take over settings, step count and memory; nothing is changed unless all can be.

        Args:
            state: what `state_dict()` gave, of an optimiser of the same class and as many parameters.

        Raises:
            ValueError: it is of another class or another number of parameters, or something is missing, unknown or out
                of its range.
            TypeError: something is of the wrong kind.

        >>> from nn.optim import SGD
        >>> sgd = SGD([Value(1.0)])
        >>> sgd.load_state_dict(SGD([Value(1.0)], lr=0.5).state_dict())
        >>> sgd
        SGD(lr=0.5, 1 parameter)
        """
        restored = self._restored(state, "optimizer")
        n = len(self.parameters)
        if state.get("n_parameters") != n:
            raise ValueError(f"the state is for {state.get('n_parameters')} parameters; this optimizer changes {n}")
        restored._memory = restored._checked_memory(state.get("memory"))  # noqa: SLF001 (a copy of itself)
        vars(self).update(vars(restored))

    def _checked_memory(self, memory: Any) -> list[dict[str, float]]:
        name, n = type(self).__name__, len(self.parameters)
        kept = self._kept()
        if not isinstance(memory, Mapping) or not set(kept) <= memory.keys():
            raise ValueError(f"the memory is {shortened(memory)}; {name} needs {listed(kept) or 'none'}")
        begun = {key: column for key, column in memory.items() if column is not None or key not in kept}
        for key, column in begun.items():
            if not isinstance(column, list) or len(column) != n or not all(_is_number(x) for x in column):
                raise ValueError(f"the memory {key!r} is {shortened(column)}; wanted {counted(n, 'number')}")
        return [{key: float(column[i]) for key, column in begun.items()} for i in range(n)]

    def _kept(self) -> list[str]:
        """The names of what the rule keeps, with these settings, once there was a step: it says them itself."""
        memory: dict[str, Number] = {}
        if self.steps:
            self.rule(1.0, 1.0, memory, 1)
        return [*memory]


def _is_number(x: Any) -> bool:
    return isinstance(x, Real) and not isinstance(x, bool)


def sqrt(x: Number) -> Number:
    """The root, rounded in the same way for floats and arrays: `float ** 0.5` may differ in the last digit.

    >>> sqrt(2.25)
    1.5
    """
    return math.sqrt(x) if isinstance(x, float) else x**0.5


def larger(x: Number, y: Number) -> Number:
    """The larger of two numbers, entry by entry in arrays.

    >>> larger(1.0, 2.0)
    2.0
    """
    if isinstance(y, float):
        return max(y, x)  # a NaN that comes first stays
    from numpy import maximum  # noqa: PLC0415 (optional)

    return maximum(x, y)
