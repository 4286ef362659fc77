"""`Module`: something with parameters. It finds them in its attributes, so that a layer only has to hold them.

What a module computes, how it is trained and how a file holds it, it does not know.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from numbers import Integral, Real
from typing import Any, Self

from autograd import Value
from nn.wording import counted, described, listed, require_flag, shortened


class Module:
    """Base class of neurons, layers and networks.

    A `Value` that is an attribute is a parameter; so are those in attributes that are lists, tuples, dicts or Modules.
    A Value that is reached twice (a shared weight) is one parameter, under the name by which it was reached first.

    Attributes:
        training: whether training is on, which `train()` and `eval()` say; dropout, for one, behaves differently then.

    >>> from nn import Neuron
    >>> [name for name, _ in Neuron(2).named_parameters()]
    ['w.0', 'w.1', 'b']
    """

    training = True

    def __setattr__(self, name: str, x: Any) -> None:
        """TypeError for a plain number in place of a parameter, which would be no parameter any more."""
        if isinstance(x, Real) and isinstance(self.__dict__.get(name), Value):
            raise TypeError(f"{name} is a parameter; set its number by {name}.data = {shortened(x)}")
        super().__setattr__(name, x)

    def __call__(self, *_: Any, **__: Any) -> Any:
        """What a subclass computes; TypeError if it does not say so."""
        name = type(self).__name__
        instead = ": rename forward to __call__" if hasattr(self, "forward") else ""
        raise TypeError(f"{name} does not say what it computes; define __call__(self, x) in the class{instead}")

    def named_parameters(self) -> Iterator[tuple[str, Value]]:
        """Names such as `layers.0.neurons.2.w.1`, and the parameters, in the order of definition."""
        for path, x in _walk(self):
            if isinstance(x, Value):
                yield _name(path), x

    def parameters(self) -> list[Value]:
        """All parameters, each once."""
        return [x for _, x in _walk(self) if isinstance(x, Value)]

    def modules(self) -> list[Module]:
        """The module and all that it holds, each once."""
        return [x for _, x in _walk(self) if isinstance(x, Module)]

    def zero_grad(self) -> None:
        """Set the `.grad` of every parameter to 0."""
        for parameter in self.parameters():
            parameter.grad = 0.0

    def train(self, mode: bool = True) -> Self:
        """Say that training is on (or off: mode False) for this module and all that it holds; returns self.

        TypeError for a mode that is no bool.
        """
        require_flag("mode", mode)
        for module in self.modules():
            module.training = mode
        return self

    def eval(self) -> Self:
        """Say that training is off; returns self."""
        return self.train(mode=False)

    def state_dict(self) -> dict[str, float]:
        """The numbers of all parameters by name; ValueError if two have the same name, as under the keys 1 and "1"."""
        named = list(self.named_parameters())
        state = {name: parameter.data for name, parameter in named}
        if len(state) < len(named):
            raise ValueError(f"{counted(len(named), 'parameter')} but {counted(len(state), 'name')}; rename dict keys")
        return state

    def load_state_dict(self, state: Mapping[str, float]) -> None:
        """Set all parameters; nothing is changed unless every one can be.

        Args:
            state: a number for each name, as `state_dict()` gives them.

        Raises:
            ValueError: names are missing or unknown.
            TypeError: the state is no mapping, or something in it not a number.
            OverflowError: an int is beyond the floats.

        >>> from nn import Neuron
        >>> neuron = Neuron(1)
        >>> neuron.load_state_dict({"w.0": 2.0, "b": -1.0})
        >>> neuron.w
        [Value(data=2.0, grad=0.0)]
        """
        if not isinstance(state, Mapping):
            came = described(state)
            raise TypeError(f"the state is {came}; wanted a number for each name, as state_dict() gives")
        parameters = dict(self.named_parameters())
        missing = [name for name in parameters if name not in state]
        unknown = [str(name) for name in state if name not in parameters]
        if missing or unknown:
            said = [
                f"{kind} {listed(names, most=3)}"
                for kind, names in (("missing", missing), ("unknown", unknown))
                if names
            ]
            raise ValueError(
                f"the state has {counted(len(state), 'number')}, the model {counted(len(parameters), 'parameter')}:"
                f" {'; '.join(said)}. Build the model with the same widths"
            )
        for name, x in state.items():
            if not isinstance(x, Real) or isinstance(x, bool):
                raise TypeError(f"the state of {name} must be a number, not {type(x).__name__}: {shortened(x)}")
            if not abs(x) <= sys.float_info.max and isinstance(x, Integral):
                raise OverflowError(f"the state of {name} is an int beyond the floats; wanted at most about 1.8e308")
        numbers = {name: float(x) for name, x in state.items()}
        for name, parameter in parameters.items():
            parameter.data = numbers[name]


@contextmanager
def in_mode(model: Any, training: bool) -> Iterator[None]:
    """Inside, a Module and all that it holds are in `train()` or `eval()` mode, and then each in its own again."""
    if not isinstance(model, Module):
        yield
        return
    own = [(module, module.training) for module in model.modules()]
    try:
        model.train(training)  # which a class may have made its own, to keep a part in `eval()`
        yield
    finally:
        model.train(own[0][1])
        for module, mode in own:
            module.training = mode


def _walk(module: Module) -> Iterator[tuple[Any, Any]]:
    """The module and all that it holds, depth first, each once; with paths, `(path of the holder, key)`."""
    stack: list[tuple[Any, Any]] = [((), module)]
    seen = set()
    while stack:
        path, x = stack.pop()
        if id(x) in seen:
            continue
        if isinstance(x, Value):
            items: Any = ()
        elif isinstance(x, Module):
            items = vars(x).items()
        elif isinstance(x, list | tuple):
            items = enumerate(x)
        elif isinstance(x, dict):
            items = x.items()
        else:
            continue
        seen.add(id(x))
        yield path, x
        if items:
            stack += [((path, key), item) for key, item in items][::-1]


def _name(path: Any) -> str:
    keys = []
    while path:
        path, key = path
        keys.append(str(key))
    return ".".join(reversed(keys))
