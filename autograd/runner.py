"""`Runner`: a program as compiled NumPy code, run on numbers; errors are those that eager work would have raised.

It takes parameters, batches and seeds as arrays that fit. What they are checked for, and what is made of the results,
`autograd.tape` knows.
"""

from __future__ import annotations

import linecache
import weakref
from collections.abc import Callable, Sequence
from functools import partial
from itertools import count
from typing import Any

from autograd.batches import Batch
from autograd.flags import raise_as_eager
from autograd.guards import GuardError, failing
from autograd.lowering import instructions
from autograd.modes import current
from autograd.numpy_code import numpy_source
from autograd.optional import numpy
from autograd.placing import place
from autograd.program import Program
from autograd.wanted import Wanted

_serial = count()

_KEPT = 8
"""For how many numbers of rows, and kinds of replays, buffers are kept."""


class Runner:
    """Runs a program over batches.

    Attributes:
        program: what is run.
        instructions: as which array operations.
        places: where its values stand.
    """

    def __init__(self, program: Program) -> None:
        self.program = program
        self.instructions = instructions(program)
        self.places = place(program, self.instructions)
        self._compiled_for: dict[Wanted, tuple[Any, str]] = {}
        self._bound: dict[tuple[Wanted, int], Any] = {}

    def source(self, wanted: Wanted) -> str:
        """The source of this kind of replay."""
        return self._compiled(wanted)[1]

    def run(
        self,
        wanted: Wanted,
        batch: Batch,
        theta: Any,
        seed: Any = None,
        direction: Any = None,
        dxs: Sequence[Any] = (),
    ) -> Any:
        """Values (n_outputs, rows), the parameters' gradient, the arguments' gradients, and tangents.

        Args:
            wanted: what is computed beside values.
            batch: the rows.
            theta: the numbers of the parameters, (n_parameters,).
            seed: the adjoints of the outputs, (n_outputs, rows), for gradients.
            direction: the tangents of the parameters, (n_parameters, 1), for tangents.
            dxs: those of the arguments, (numbers, rows) each.

        Raises:
            GuardError: a comparison comes out differently for some row.
            ValueError, ZeroDivisionError, OverflowError: where eager work raises them, for the first such row.
        """
        np = numpy()
        rows = len(batch)
        xs = [array.T for array in batch.arrays]
        drawn = self._drawn(rows) if self.program.draws else None
        flags: list[str] = []
        # A bound run owns its buffers: it is taken out while it works, so that threads do not share one.
        bound = self._bound.pop((wanted, rows), None) or self._compiled(wanted)[0](rows)
        run, in_rows, shared = bound
        try:
            with np.errstate(divide="call", over="call", invalid="call", under="ignore", call=_noting(flags)):
                results, gradient, inputs, moved = run(theta, xs, drawn, seed, direction, dxs)
            if flags or not batch.is_finite or not np.isfinite(results).all():
                raise_as_eager(self.program, self.instructions, self._numbers(theta, in_rows, shared, xs))
        except GuardError as error:
            # Eager work would not have come to the comparison if it had raised in a row before, or on the way to it.
            numbers = self._numbers(theta, in_rows, shared, xs)
            raise_as_eager(self.program, self.instructions, numbers, until=(error.row, error.before))
            raise
        finally:
            if len(self._bound) < _KEPT:
                self._bound[wanted, rows] = bound
        return results, None if gradient is None else gradient[:, 0], inputs, moved

    def _compiled(self, wanted: Wanted) -> tuple[Any, str]:
        """`bind(rows)` for this kind of replay, and its source, which tracebacks and `inspect.getsource` show."""
        if wanted not in self._compiled_for:
            source = numpy_source(self.program, self.instructions, self.places, wanted)
            text = "".join(source.parts)
            file = f"<autograd tape {next(_serial)}>"
            linecache.cache[file] = len(text), None, text.splitlines(keepends=True), file
            weakref.finalize(self, linecache.cache.pop, file, None)
            names = source.names | {"failed": failing(self.program)}
            bind, *others = _functions(source.parts, file, names)
            self._compiled_for[wanted] = partial(bind, part=others) if others else bind, text
        return self._compiled_for[wanted]

    def _numbers(self, theta: Any, rows: Any, shared: Any, xs: Sequence[Any]) -> Callable[[int], Any]:
        """A function that gives the numbers of a value after a run: in all rows, or one if they share it."""
        stores = {"theta": theta.reshape(-1, 1), "rows": rows, "shared": shared}
        stores |= {f"x{k}": x for k, x in enumerate(xs)}

        def numbers(value: int) -> Any:
            if value in self.program.constants:
                return [self.program.constants[value]]
            return stores[self.places.store[value]][self.places.slot[value]]

        return numbers

    def _drawn(self, rows: int) -> Any:
        """Random numbers (draws, rows), drawn in the order in which eager work draws them: row by row."""
        np = numpy()

        draws = [*self.program.draws.values()]
        mode = current()
        if mode is not None and not mode.draws:
            return np.ones((len(draws), rows))
        return np.array([[draw() for draw in draws] for _ in range(rows)]).T

    def __getstate__(self) -> dict[str, Any]:
        # What was compiled is made again where a copy needs it.
        return vars(self) | {"_compiled_for": {}, "_bound": {}}


def _functions(parts: Sequence[str], file: str, names: dict[str, Any]) -> list[Any]:
    """What each text defines, compiled by itself; lines are counted through all texts, as they follow in the file."""
    functions = []
    line = 0
    for text in parts:
        # Not among the names that it looks things up in: that would be a cycle, for the collector alone.
        defined: dict[str, Any] = {}
        exec(compile(text, file, "exec"), names, defined)  # noqa: S102 (our own text)
        (function,) = defined.values()
        function.__code__ = function.__code__.replace(co_firstlineno=line + 1)
        functions.append(function)
        line += text.count("\n")
    return functions


def _noting(flags: list[str]) -> Callable[[str, int], None]:
    """A handler of NumPy's floating point errors that only notes them."""

    def note(kind: str, _: int) -> None:
        flags.append(kind)

    return note
