"""`Module`: something with parameters. It finds them by looking at its attributes, so that a layer only has to hold them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from autograd import Value


class Module:
    """Base class of neurons, layers and networks.

    A `Value` that is an attribute is a parameter; so are those in attributes that are lists, tuples, dicts or Modules. A
    Value that is reached twice (a shared weight) is one parameter, under the name by which it was reached first.

    >>> from nn import Neuron
    >>> [name for name, _ in Neuron(2).named_parameters()]
    ['w.0', 'w.1', 'b']
    """

    training = True

    def named_parameters(self) -> Iterator[tuple[str, Value]]:
        """Names such as `layers.0.neurons.2.w.1`, and the parameters, in the order of definition."""
        for path, x in _walk(self):
            if isinstance(x, Value):
                yield _name(path), x

    def parameters(self) -> list[Value]:
        """All parameters, each once."""
        return [x for _, x in _walk(self) if isinstance(x, Value)]

    def zero_grad(self) -> None:
        """Set the `.grad` of every parameter to 0."""
        for parameter in self.parameters():
            parameter.grad = 0.0

    def train(self, mode: bool = True) -> Module:
        """Say that training is on, for parts that behave differently then; returns self."""
        for _, x in _walk(self):
            if isinstance(x, Module):
                x.training = mode
        return self

    def eval(self) -> Module:
        """Say that training is off; returns self."""
        return self.train(mode=False)

    def state_dict(self) -> dict[str, float]:
        """The numbers of all parameters by name."""
        return {name: parameter.data for name, parameter in self.named_parameters()}

    def load_state_dict(self, state: Mapping[str, float]) -> None:
        """Set all parameters; nothing is changed unless every one can be.

        Raises:
            ValueError: names are missing or unknown.
            TypeError: something is not a number.
        """
        parameters = dict(self.named_parameters())
        missing = [name for name in parameters if name not in state]
        unknown = [name for name in state if name not in parameters]
        if missing or unknown:
            said = [
                f"{kind} {', '.join(names[:3])}{' and more' if len(names) > 3 else ''}"
                for kind, names in (("missing", missing), ("unknown", unknown))
                if names
            ]
            raise ValueError(
                f"the state has {len(state)} numbers, the model {len(parameters)} parameters; {'; '.join(said)}."
                " Build the model with the same widths"
            )
        new = {name: Value(state[name]).data for name in parameters}
        for name, parameter in parameters.items():
            parameter.data = new[name]


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
