"""How the cost of derivatives grows: three functions of size n, four ways to their derivatives, counted and timed."""

from __future__ import annotations

import gc
import math
import statistics
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import Any, TypeAlias

from autograd.costs import Recorded, gradient_operations, multiply_adds, operations
from autograd.dual import Dual
from autograd.interpreted import INTERPRETED
from autograd.systems import FLOATS
from autograd.value import Value

Jacobian: TypeAlias = list[list[float]]
"""A row for each output, a column for each input."""

Function: TypeAlias = Callable[[Any, Sequence[Any]], list[Any]]
"""A function of a number system, as rules are, and a list of inputs, that gives a list of outputs."""

CHUNK = 32
"""How many tangents a Dual carries in forward mode in chunks."""

# --- functions that grow --------------------------------------------------------------------------------------------


def _products(m: Any, x: Sequence[Any]) -> list[Any]:
    s = m.total(x)
    return [m.tanh(s * x_i) for x_i in x]


def _sum_of_products(m: Any, x: Sequence[Any]) -> list[Any]:
    return [m.total(_products(m, x))]


def _iterates(n: int) -> Function:
    def function(m: Any, x: Sequence[Any]) -> list[Any]:
        h = [m.tanh(x[0])]
        for _ in range(n - 1):
            h.append(m.tanh(h[-1]))
        s = m.total(h)
        return [s * h_k for h_k in h]

    return function


@dataclass(frozen=True)
class Shape:
    """A function whose graph grows linearly with n, in which every output depends on every input.

    Attributes:
        name, formula: for tables and pictures.
        make: the function of size n.
        n_inputs: how many it has.
        reverse, forward: the multiply-adds for all derivatives, as formulas of n worked by hand.
    """

    name: str
    formula: str
    make: Callable[[int], Function]
    n_inputs: Callable[[int], int]
    reverse: str
    forward: str

    def point(self, n: int) -> list[float]:
        """Where the derivatives are taken: a cosine wave, so that the sum stays near 1 for every n."""
        return [math.cos(i) / 2.0 for i in range(self.n_inputs(n))]


SHAPES = (
    Shape(
        "n inputs to 1 output",
        "y = Σ tanh(s xᵢ), s = Σ xᵢ",
        lambda _: _sum_of_products,
        lambda n: n,
        # Edges: n into s, 2n into the products, n into tanh, n into y. Reverse walks them once. Forward walks for each
        # input its edge into s and that into its own product, and the n from s, n into tanh, n into y.
        reverse="5*n",
        forward="3*n**2 + 2*n",
    ),
    Shape(
        "1 input to n outputs",
        "yₖ = s hₖ, hₖ = tanh hₖ₋₁, h₀ = x, s = Σ hₖ",
        _iterates,
        lambda _: 1,
        # Edges: n into tanh, n into s, 2n into the products. Forward walks them once. Reverse walks for each output the
        # 2 into its product, the n into s, the n into tanh.
        reverse="2*n**2 + 2*n",
        forward="4*n",
    ),
    Shape(
        "n inputs to n outputs",
        "yᵢ = tanh(s xᵢ), s = Σ xᵢ",
        lambda _: _products,
        lambda n: n,
        # Edges: n into s, 2n into the products, n into tanh. Reverse walks for each output 1 into tanh, 2 into the
        # product and n into s; forward for each input 1 into s, 1 into its product, the n from s and n into tanh.
        reverse="n**2 + 3*n",
        forward="2*n**2 + 2*n",
    ),
)

# --- four ways to all derivatives -----------------------------------------------------------------------------------


def by_reverse(function: Function, x: Sequence[float]) -> Jacobian:
    """Record once, then walk back from each output: `backward()`, as it is used in training."""
    inputs = [Value(x_i) for x_i in x]
    rows = []
    for output in function(INTERPRETED, inputs):
        for value in inputs:
            value.grad = 0.0
        output.backward()
        rows.append([value.grad for value in inputs])
    return rows


def by_forward(function: Function, x: Sequence[float], chunk: int = 1) -> Jacobian:
    """Run on Duals, once for each chunk of inputs; the other inputs are plain numbers. Nothing is recorded."""
    columns: list[tuple[float, ...]] = []
    for start in range(0, len(x), chunk):
        moving = range(start, min(start + chunk, len(x)))
        seeded = [Dual(x[i], tuple([1.0 if i == k else None for k in moving])) for i in moving]
        outputs = function(INTERPRETED, [*x[:start], *seeded, *x[moving.stop :]])
        columns += zip(*[output.tangents for output in outputs], strict=True)
    return [list(row) for row in zip(*columns, strict=True)]


def by_differences(function: Function, x: Sequence[float]) -> Jacobian:
    """Central differences: two evaluations on floats for each input, at a distance of about 6e-6.

    The cube root of the rounding error balances it with the error of the formula, so some 10 of 16 digits are right
    (Press et al., Numerical Recipes, 2007, section 5.7).
    """
    columns = []
    for i, x_i in enumerate(x):
        step = sys.float_info.epsilon ** (1.0 / 3.0) * max(1.0, abs(x_i))
        above, below = (function(FLOATS, [*x[:i], moved, *x[i + 1 :]]) for moved in (x_i + step, x_i - step))
        distance = (x_i + step) - (x_i - step)
        columns.append([(a - b) / distance for a, b in zip(above, below, strict=True)])
    return [list(row) for row in zip(*columns, strict=True)]


REVERSE, FORWARD, CHUNKS, DIFFERENCES = METHODS = (
    "reverse",
    "forward, one at a time",
    f"forward, {CHUNK} at once",
    "central differences",
)

# --- measuring ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Timing:
    """Seconds of one call: the median of some repeats, and the interquartile range as their spread."""

    median: float
    spread: float


def timed(run: Callable[[], Any], repeats: int) -> Timing:
    """Time a call, the cyclic garbage collector paused; short calls in a loop of about 2 ms, after one to warm up."""
    was_enabled = gc.isenabled()
    try:
        if was_enabled:  # else another thread may be about to start it again
            gc.disable()
        start = perf_counter()
        run()
        loop = range(max(1, round(0.002 / max(perf_counter() - start, 1e-7))))
        samples = []
        for _ in range(repeats):
            start = perf_counter()
            for _ in loop:
                run()
            samples.append((perf_counter() - start) / len(loop))
    finally:
        if was_enabled:
            gc.enable()
    low, median, high = statistics.quantiles(samples, n=4, method="inclusive")
    return Timing(median, high - low)


@dataclass(frozen=True)
class Cost:
    """What all derivatives of a function of size n cost by one method.

    Attributes:
        n, method: what was measured.
        passes: backwards, forwards, or evaluations of the function, beside the one that records for reverse mode.
        multiply_adds: counted in the graph; differences have none, they cost evaluations.
        time: of everything, recording included.
        recorded: what stays in memory until the pass is over.
        error: the largest difference from reverse mode's derivatives.
    """

    n: int
    method: str
    passes: int
    multiply_adds: int
    time: Timing
    recorded: Recorded
    error: float


def measure(shape: Shape, n: int, repeats: int) -> list[Cost]:
    """Count and measure the four methods on the function of size n."""
    function, x = shape.make(n), shape.point(n)
    inputs = [Value(x_i) for x_i in x]
    outputs = function(INTERPRETED, inputs)
    n_inputs, forward = len(inputs), sum(multiply_adds(outputs, [x]) for x in inputs)
    reference = by_reverse(function, x)
    result = []
    reverse = sum(multiply_adds([output], inputs) for output in outputs)
    for method, run, passes, count, recorded in (
        (REVERSE, by_reverse, len(outputs), reverse, Recorded.of(outputs)),
        (FORWARD, by_forward, n_inputs, forward, Recorded()),
        (CHUNKS, lambda f, x: by_forward(f, x, CHUNK), math.ceil(n_inputs / CHUNK), forward, Recorded()),
        (DIFFERENCES, by_differences, 2 * n_inputs, 0, Recorded()),
    ):
        rows = zip(reference, run(function, x), strict=True)
        error = max(abs(a - b) for row, other in rows for a, b in zip(row, other, strict=True))
        time = timed(lambda run=run: run(function, x), repeats)  # type: ignore[misc]
        result.append(Cost(n, method, passes, count, time, recorded, error))
    return result


@dataclass(frozen=True)
class GradientCost:
    """The cost of a function with its gradient, by reverse mode, over the cost of the function alone.

    Attributes:
        n: the number of inputs.
        counted: in arithmetic operations; Griewank's bound holds for this number.
        over_floats: in time, over the function on Python's floats: the making of nodes is in it.
        over_recording: in time, over the function on Values: what the way back adds.
    """

    n: int
    counted: float
    over_floats: float
    over_recording: float


def gradient_cost(n: int, repeats: int) -> GradientCost:
    """Of the function of n inputs with one output."""
    shape = SHAPES[0]
    function, x = shape.make(n), shape.point(n)
    inputs = [Value(x_i) for x_i in x]
    outputs = function(INTERPRETED, inputs)
    gradient = timed(lambda: by_reverse(function, x), repeats).median
    floats = timed(lambda: function(FLOATS, x), repeats).median
    recording = timed(lambda: function(INTERPRETED, [Value(x_i) for x_i in x]), repeats).median
    counted = gradient_operations(outputs[0], inputs) / operations(outputs)
    return GradientCost(n, counted, gradient / floats, gradient / recording)


def crossover(sizes: Sequence[float], first: Sequence[float], second: Sequence[float]) -> float | None:
    """The size from which the first cost is below the second, and stays there; None if it is not at the last.

    Between two sizes both costs are taken for powers of the size: straight lines on logarithmic axes.

    >>> round(crossover([1, 100], [10.0, 10.0], [1.0, 100.0]), 9)
    10.0
    """
    gaps = [math.log(b / a) for a, b in zip(first, second, strict=True)]
    if gaps[-1] <= 0.0:
        return None
    k = len(gaps) - 1
    while k > 0 and gaps[k - 1] > 0.0:
        k -= 1
    if k == 0:
        return float(sizes[0])
    share = gaps[k - 1] / (gaps[k - 1] - gaps[k])
    return float(sizes[k - 1] * (sizes[k] / sizes[k - 1]) ** share)


def times(found: Sequence[Cost], method: str) -> list[float]:
    """The median times of one method, in seconds, size by size."""
    return [cost.time.median for cost in found if cost.method == method]


def typeset(formula: str) -> str:
    """A formula as in a book: `3*n**2 + 2*n` as `3n² + 2n`."""
    return formula.replace("**2", "²").replace("*", "")
