"""Weight sharing, the same Values in many places: all over the input of a convolution, at each step of a sequence.

Nothing here computes a derivative: the gradient of a shared weight is the sum over its uses, as that of any Value is.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import product
from math import prod
from numbers import Integral
from random import Random
from typing import Any

from autograd import Dual, Value
from nn.initializers import Initializer, generator
from nn.module import Module
from nn.neurons import Activation, Layer, Neuron, require_width
from nn.targets import VALUES
from nn.wording import counted, shortened


class Convolution(Module):
    """Neurons that look at one window of the input after another, everywhere with the same weights.

    In one dimension, activation(b_k + sum over c, i of w_kci x_c(s p + i)) for kernel k at position p with stride s;
    in two or more likewise. There is no padding: windows lie inside the input, and what is left at its end is not seen.

    Args:
        in_channels: how many channels the input has.
        out_channels: how many kernels there are, each a `Neuron`, and so how many channels the output has.
        kernel_size: the window's length, or (height, width) for images: as many numbers as there are dimensions.
        stride: from one window to the next, one number for all dimensions or one for each.
        activation: as for `Neuron`, and so are seed and init.

    Attributes:
        kernels: the neurons; `kernels[0].w` are the weights of the first, channel by channel and row by row.

    Raises:
        TypeError, ValueError: a size that is no whole number of at least 1, or not as many strides as dimensions.

    LeCun and others, Backpropagation applied to handwritten zip code recognition (1989). The names are those of
    `torch.nn.Conv1d` and `Conv2d`.

    >>> edges = Convolution(1, 1, 2, activation="linear", init=lambda *_: 1.0)
    >>> [[y.data for y in channel] for channel in edges([[1.0, 2.0, 3.0, 4.0]])]
    [[3.0, 5.0, 7.0]]
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int | Sequence[int],
        stride: int | Sequence[int] = 1,
        activation: str | Activation = "relu",
        *,
        seed: int | Random | None = None,
        init: str | Initializer | None = None,
    ) -> None:
        require_width("in_channels", in_channels)
        require_width("out_channels", out_channels)
        self.in_channels = in_channels
        self.kernel_size = _sizes("kernel_size", kernel_size, 1)
        self.stride = _sizes("stride", stride, len(self.kernel_size))
        if len(self.stride) != len(self.kernel_size):
            raise ValueError(
                f"{counted(len(self.stride), 'stride')} for {counted(len(self.kernel_size), 'dimension')};"
                " give one for all, or one for each"
            )
        random = generator(seed)
        area = prod(self.kernel_size)
        self.kernels = [
            Neuron(in_channels * area, activation, seed=random, init=init, n_outputs=out_channels * area)
            for _ in range(out_channels)
        ]

    def __call__(self, x: Sequence[Any]) -> list[Any]:
        """A nested list of Values, one list for each kernel, of numbers or Values nested as [channel][row][column].

        Raises:
            ValueError: another number of channels, rows of different lengths, or an input smaller than the window.
            TypeError: x is not nested as deeply as that.
        """
        flat, (n_channels, *size) = _flattened(x, 1 + len(self.kernel_size))
        if n_channels != self.in_channels:
            raise ValueError(f"Convolution takes {counted(self.in_channels, 'channel')}, got {n_channels}")
        if any(n < k for n, k in zip(size, self.kernel_size, strict=True)):
            raise ValueError(f"the input of {_times(size)} is smaller than the window of {_times(self.kernel_size)}")
        # Where things stand in the flat input: the numbers of the first window, and what each window begins with.
        steps = [prod(size[axis:]) for axis in range(len(size) + 1)]
        inside = [_place(steps, k) for k in product(range(n_channels), *map(range, self.kernel_size))]
        positions = [range(0, n - k + 1, s) for n, k, s in zip(size, self.kernel_size, self.stride, strict=True)]
        windows = [[flat[_place(steps[1:], p) + k] for k in inside] for p in product(*positions)]
        shape = [len(p) for p in positions]
        return [_nested([kernel(window) for window in windows], shape) for kernel in self.kernels]

    def __repr__(self) -> str:
        return (
            f"Convolution({counted(self.in_channels, 'channel')} -> {len(self.kernels)} of {_times(self.kernel_size)},"
            f" {counted(len(self.parameters()), 'parameter')})"
        )


class Recurrent(Module):
    """h_t = tanh(W x_t + U h_(t-1) + b): a layer that also sees its own last outputs, the same one at each step.

    Args:
        n_inputs: how many numbers come at each step.
        n_hidden: how many units there are, and so how many numbers a state has.
        activation: as for `Neuron`, and so are seed and init.

    Attributes:
        layer: the neurons; the weights of each are its row of W, and then its row of U.

    Raises:
        TypeError, ValueError: a width that is no whole number of at least 1.

    Elman, Finding structure in time (1990); `torch.nn.RNN`, which writes b as the sum of two.

    >>> memory = Recurrent(1, 1, "linear", init=lambda *_: 0.5)
    >>> [h.data for [h] in memory([[1.0], [0.0], [0.0]])]
    [0.5, 0.25, 0.125]
    """

    def __init__(
        self,
        n_inputs: int,
        n_hidden: int,
        activation: str | Activation = "tanh",
        *,
        seed: int | Random | None = None,
        init: str | Initializer | None = None,
    ) -> None:
        require_width("n_inputs", n_inputs)
        require_width("n_hidden", n_hidden)
        self.n_inputs = n_inputs
        self.layer = Layer(n_inputs + n_hidden, n_hidden, activation, seed=seed, init=init)

    def __call__(self, sequence: Iterable[Any], state: Iterable[Any] | None = None) -> list[list[Value]]:
        """The states h_1, h_2, ..., each a list of Values, of a sequence x_1, x_2, ... of lists of numbers or Values.

        Args:
            sequence: the inputs, step after step.
            state: h_0, as many numbers or Values as there are units; by default zeros.

        Raises:
            ValueError: not as many numbers at a step, or in the state, as wanted.
            TypeError: a step is no list.
        """
        n_hidden = len(self.layer.neurons)
        h = [Value(0.0)] * n_hidden if state is None else list(state)
        if len(h) != n_hidden:
            raise ValueError(f"the state of Recurrent has {counted(n_hidden, 'number')}, got {len(h)}")
        if isinstance(sequence, str) or not isinstance(sequence, Iterable):
            came = f"{type(sequence).__name__}: {shortened(sequence)}"
            raise TypeError(f"Recurrent takes a list with the inputs of each step, not {came}")
        states = []
        for t, x in enumerate(sequence):
            if isinstance(x, str) or not isinstance(x, Iterable):
                raise TypeError(
                    f"Recurrent takes a list of numbers or Values at each step, got {type(x).__name__} at step {t}:"
                    f" {shortened(x)}"
                )
            inputs = list(x)
            if len(inputs) != self.n_inputs:
                raise ValueError(
                    f"Recurrent takes {counted(self.n_inputs, 'number')} at each step, got {len(inputs)} at step {t}"
                )
            h = self.layer([*inputs, *h])
            states.append(h)
        return states

    def __repr__(self) -> str:
        return f"Recurrent({self.n_inputs} -> {self.layer.described()}, {counted(len(self.parameters()), 'parameter')})"


def _sizes(name: str, sizes: int | Sequence[int], times: int) -> tuple[int, ...]:
    """One size for each dimension; a single one is taken so many times."""
    if isinstance(sizes, Integral) or not isinstance(sizes, Iterable) or isinstance(sizes, str):
        one: Any = sizes
        require_width(name, one)
        return (one,) * times
    found = tuple(sizes)
    if not found:
        raise ValueError(f"{name} is empty; it needs a number for each dimension")
    for position, size in enumerate(found):
        require_width(f"{name}[{position}]", size)
    return found


def _flattened(x: Any, depth: int) -> tuple[list[Value | Dual], list[int]]:
    """The numbers of lists nested so deeply, plain ones as Values, and the lengths of the lists at each depth."""
    items, lengths = [x], []
    for _ in range(depth):
        for item in items:
            if isinstance(item, str) or not hasattr(item, "__len__"):
                raise TypeError(
                    f"Convolution takes lists nested {depth} deep, such as [channel][position], but found"
                    f" {type(item).__name__}: {shortened(item)}"
                )
        found = sorted({len(item) for item in items})
        if len(found) != 1:
            raise ValueError(f"the lists of an input must have one length, not {' and '.join(map(str, found))}")
        if found == [0]:
            raise ValueError("Convolution takes lists that hold numbers, but they are empty")
        lengths += found
        items = [inner for item in items for inner in item]
    return [xi if isinstance(xi, VALUES) else Value(xi) for xi in items], lengths


def _nested(flat: list[Any], shape: Sequence[int]) -> list[Any]:
    for n in reversed(shape[1:]):
        flat = [flat[k : k + n] for k in range(0, len(flat), n)]
    return flat


def _place(steps: Sequence[int], position: Sequence[int]) -> int:
    return sum(step * k for step, k in zip(steps, position, strict=True))


def _times(sizes: Sequence[int]) -> str:
    return " x ".join(map(str, sizes))
