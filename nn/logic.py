"""Logic by hand-set neurons: AND, OR, NOT are one step unit each; any truth table is two layers of them.

Inputs and outputs are 0 and 1. Nothing is learnt here: why one neuron cannot be XOR, `nn.separability` knows.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import product
from numbers import Real
from typing import Any

from nn.layers import MLP
from nn.neurons import Neuron, require_width
from nn.wording import counted, described, shortened

__all__ = [
    "and_gate",
    "from_truth_table",
    "minterm",
    "not_gate",
    "or_gate",
    "xor_gate",
]


def minterm(row: Sequence[int]) -> Neuron:
    """step(w · x + b) that is 1 for one row of a truth table, and 0 for all others.

    A weight is 1 where the row has a 1, and -1 where it has a 0. Then w · x is at most the number of ones in the row,
    and whole; only the row itself reaches it. The threshold lies half way below: b = 1/2 - ones.

    Args:
        row: zeros and ones, at least one of them.

    Raises:
        ValueError: the row is empty, or holds something else.

    >>> only = minterm([1, 0])
    >>> [only(x).data for x in ([0, 0], [0, 1], [1, 0], [1, 1])]
    [0.0, 0.0, 1.0, 0.0]
    """
    bits = _bits("the row", row)
    return _unit([2.0 * bit - 1.0 for bit in bits], 0.5 - sum(bits))


def and_gate(n_inputs: int = 2) -> Neuron:
    """AND: 1 if all inputs are, step(x_1 + ... + x_n - n + 1/2).

    McCulloch, Pitts, A logical calculus of the ideas immanent in nervous activity (1943).

    >>> and_gate(3)([1, 1, 1]).data, and_gate(3)([1, 0, 1]).data
    (1.0, 0.0)
    """
    require_width("n_inputs", n_inputs)
    return minterm([1] * n_inputs)


def or_gate(n_inputs: int = 2) -> Neuron:
    """OR: 1 if any input is, step(x_1 + ... + x_n - 1/2).

    >>> or_gate()([0, 1]).data, or_gate()([0, 0]).data
    (1.0, 0.0)
    """
    require_width("n_inputs", n_inputs)
    return _unit([1.0] * n_inputs, -0.5)


def not_gate() -> Neuron:
    """NOT: 1 if the one input is 0, step(1/2 - x).

    >>> not_gate()([0]).data, not_gate()([1]).data
    (1.0, 0.0)
    """
    return minterm([0])


def xor_gate() -> MLP:
    """XOR of two inputs, composed: OR and AND are the hidden units, and the output is OR AND NOT AND.

    No single neuron is XOR: no line separates its rows (Minsky, Papert, Perceptrons, 1969).

    >>> [xor_gate()(x).data for x in ([0, 0], [0, 1], [1, 0], [1, 1])]
    [0.0, 1.0, 1.0, 0.0]
    """
    return _two_layers([or_gate(), and_gate()], minterm([1, 0]))


def from_truth_table(table: Mapping[Sequence[int], int] | Sequence[int]) -> MLP:
    """The network of a truth table: a hidden unit for each row whose output is 1 (its `minterm`), and their OR.

    This is the disjunctive normal form; it takes up to 2^n units.

    Args:
        table: the output, 0 or 1, for each of the 2^n rows of n >= 1 inputs, as {(0, 0): 0, (0, 1): 1, ...}; or the
            2^n outputs, in the order in which rows count up: (0, 0), (0, 1), (1, 0), (1, 1).

    Raises:
        ValueError: rows are missing, of different lengths, or hold something other than 0 and 1.
        TypeError: neither a dict nor a list.

    >>> xor = from_truth_table([0, 1, 1, 0])
    >>> xor, xor([1, 0]).data
    (MLP(2 -> 2 step -> 1 step, 9 parameters), 1.0)
    """
    outputs = _table(table)
    # A table without a 1 keeps one unit, of which the output takes no notice: weight 0.
    rows = [row for row, output in outputs.items() if output] or list(outputs)[:1]
    return _two_layers([minterm(row) for row in rows], _unit([float(outputs[row]) for row in rows], -0.5))


def _unit(weights: Sequence[float], bias: float) -> Neuron:
    neuron = Neuron(len(weights), "step", init="zeros")
    for w, x in zip(neuron.w, weights, strict=True):
        w.data = x
    neuron.b.data = bias
    return neuron


def _two_layers(hidden: list[Neuron], output: Neuron) -> MLP:
    model = MLP(len(hidden[0].w), [len(hidden), 1], "step", "step", init="zeros")
    model.layers[0].neurons, model.layers[1].neurons = hidden, [output]
    return model


def _table(table: Any) -> dict[tuple[int, ...], int]:
    """The output of each row, in the order in which rows count up."""
    if not isinstance(table, Mapping):
        outputs = _bits("the table of outputs", table)
        n_inputs = len(outputs).bit_length() - 1
        if n_inputs < 1 or len(outputs) != 2**n_inputs:
            raise ValueError(f"the table has {counted(len(outputs), 'output')}; wanted 2, 4, 8, ..., one for each row")
        return dict(zip(product((0, 1), repeat=n_inputs), outputs, strict=True))
    outputs = _bits("the column of outputs", list(table.values()))
    given = dict(zip([_bits("a row of the table", row) for row in table], outputs, strict=True))
    n_inputs = len(next(iter(given)))
    rows = list(product((0, 1), repeat=n_inputs))
    wrong = [row for row in given if len(row) != n_inputs]
    if wrong:
        raise ValueError(f"the table has rows of {n_inputs} and of {counted(len(wrong[0]), 'input')}: {wrong[0]}")
    missing = [row for row in rows if row not in given]
    if missing:
        raise ValueError(
            f"the table has {len(given)} of the {len(rows)} rows of {counted(n_inputs, 'input')};"
            f" missing {', '.join(map(str, missing[:4]))}"
        )
    return {row: given[row] for row in rows}


def _bits(what: str, bits: Any) -> tuple[int, ...]:
    """Zeros and ones as ints, at least one; TypeError or ValueError for anything else."""
    if isinstance(bits, str) or not isinstance(bits, Iterable):
        raise TypeError(f"{what} is {described(bits)}; wanted zeros and ones, such as (0, 1)")
    found = tuple(bits)
    if not found or not all(isinstance(bit, Real) and bit in (0, 1) for bit in found):
        raise ValueError(f"{what} is {shortened(found)}; wanted zeros and ones, such as (0, 1)")
    return tuple(map(int, found))
