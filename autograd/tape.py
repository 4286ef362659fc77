"""`Tape`: a function of Values, recorded once, and replayed over whole batches as operations on NumPy arrays.

What was recorded is a `Program`; how it becomes array operations is decided elsewhere (`autograd.lowering`,
`autograd.numpy_code`). Here batches come in, results go out, and what went wrong is said as eager work would say it.
"""

from __future__ import annotations

import linecache
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any

from autograd.flags import raise_as_eager
from autograd.lowering import PASSES, instructions
from autograd.numpy_code import Wanted, numpy_source
from autograd.placing import place
from autograd.program import Program
from autograd.value import Value

_serial = count()
_SHOWN = 24
"""How many lines of a recorded program are shown with the tape."""
_KEPT = 8
"""For how many numbers of rows, and kinds of replays, buffers are kept."""


class GuardError(RuntimeError):
    """A comparison comes out differently in a replay than when the tape was recorded."""


@dataclass(frozen=True)
class Batch:
    """Rows of numbers for each argument, as a tape's replays take them; `batch[indices]` are some of the rows.

    Attributes:
        arrays: for each argument (rows, numbers), with a last column of 1 where the argument is multiplied by matrices.
    """

    arrays: tuple[Any, ...]

    def __len__(self) -> int:
        return len(self.arrays[0]) if self.arrays else 1

    def __getitem__(self, indices: Any) -> Batch:
        return Batch(tuple([array.take(indices, 0) for array in self.arrays]))


class Tape:
    """A recorded function, ready to be replayed over batches. Made by `record`.

    Every replay takes for each argument of the function an array whose first axis are the rows, or for all of them one
    `Batch` that `batch` has prepared.

    Attributes:
        parameters: the Values that all rows share, in the order of gradients.
        recorded: the program as it was recorded.
        program: the program that is replayed.
        passes: how many nodes were left after each pass from the one to the other.
    """

    def __init__(
        self, program: Program, parameters: Sequence[Value], arguments: Sequence[Any], is_single: bool
    ) -> None:
        self.parameters = list(parameters)
        self.recorded = program
        self.passes: dict[str, int] = {}
        for change in PASSES:
            program = change(program)
            self.passes[change.__name__.replace("_", " ")] = len(program.nodes)
        self.program = program
        self._shapes = tuple(arguments)
        self._is_single = is_single
        self._instructions = instructions(self.program)
        self._places = place(self.program, self._instructions)
        self._bind: dict[Wanted, Any] = {}
        self._bound: dict[tuple[Wanted, int], Any] = {}

    # --- what it is ---

    def __len__(self) -> int:
        return len(self._instructions)

    def __repr__(self) -> str:
        nodes = len(self.recorded.nodes)
        return f"Tape({nodes} nodes in {len(self)} instructions, {len(self.parameters)} parameters)"

    def __str__(self) -> str:
        before = str(self.recorded).splitlines()
        if len(before) > _SHOWN:
            before = [*before[: _SHOWN - 2], f"... ({len(before) - _SHOWN + 1} more lines: print(tape.recorded))", before[-1]]
        passes = ", ".join(f"{name} {n}" for name, n in self.passes.items())
        lines = [f"recorded: {len(self.recorded.nodes)} nodes", *(f"    {line}" for line in before)]
        lines += [f"nodes after each pass: {passes}", f"replayed: {len(self)} instructions"]
        return "\n".join([*lines, *(f"    {line}" for line in self._lines())])

    def _lines(self) -> Iterator[str]:
        """The instructions: what they compute, from what, and why these nodes are one instruction."""
        for instruction in self._instructions:
            operands = instruction.operands
            n = len(instruction)
            if instruction.shares_inputs:
                k = len(operands[0]) // 2
                weights = self._shown([v for each in operands for v in each[:k]])
                given = f"{weights} as {n} x {k}, {self._shown(operands[0][k:-1])}, {self._shown([o[-1] for o in operands])}"
                why = "one matrix product: the same inputs"
            else:
                columns = zip(*operands, strict=True)
                given = self._shown(operands[0]) if n == 1 else "; ".join(self._shown(column) for column in columns)
                why = f"{n} nodes of one level with the same operation" if n > 1 else "1 node"
            where = "for each row" if instruction.is_row else "once for all rows"
            yield f"{self._shown(instruction.results)} = {instruction.primitive.name}({given})  # {where}; {why}"
        for check in self.program.checks:
            sign = "<" if check.is_strict else "<="
            left, right = self._shown([check.left]), self._shown([check.right])
            yield f"check that {left} {sign} {right} is {check.outcome}, as at {check.line}"
        yield f"give {self._shown(self.program.outputs)}"

    def _shown(self, values: Sequence[int]) -> str:
        """Values by where they stand: parameters p, arguments x0, x1, ..., rows v, values shared by all rows s."""
        letters = {"theta": "p", "rows": "v", "shared": "s"}
        texts: list[str] = []
        run: list[Any] = []
        for value in [*values, None]:
            at: Any = None
            if value in self.program.constants:
                at = f"{self.program.constants[value]:g}", 0
            elif value is not None:
                store = self._places.store[value]
                at = letters.get(store, f"{store}_"), self._places.slot[value]
            if run and at is not None and run[-1] == (at[0], at[1] - 1):
                run.append(at)
                continue
            if run:
                ends = [name if name not in letters.values() and not name.startswith("x") else f"{name}{slot}" for name, slot in (run[0], run[-1])]
                texts.append(ends[0] if len(run) == 1 else f"{ends[0]}..{ends[1]}")
            run = [at]
        whole = list(dict.fromkeys(texts)) if len(set(texts)) == 1 else texts
        return ", ".join(whole[:6]) + (", ..." if len(whole) > 6 else "")

    def counts(self) -> dict[str, int]:
        """How many nodes of each primitive are replayed.

        >>> from autograd import record
        >>> record(lambda x: x * x + 1.0, 2.0).counts()
        {'multiply': 1, 'add': 1}
        """
        found: dict[str, int] = {}
        for instruction in self._instructions:
            found[instruction.primitive.name] = found.get(instruction.primitive.name, 0) + len(instruction)
        return found

    def source(self, *, gradient: bool = True) -> str:
        """The Python source that a replay runs, with or without the backward pass to the parameters."""
        return self._compiled(Wanted(of_parameters=gradient))[1]

    # --- parameters ---

    def read(self) -> Any:
        """The numbers of the parameters, as an array."""
        import numpy as np  # noqa: PLC0415 (optional)

        return np.array([p.data for p in self.parameters])

    def write(self, numbers: Any, gradient: Any = None) -> None:
        """Set `.data` of the parameters, and their `.grad` if a gradient is given."""
        for parameter, number in zip(self.parameters, numbers.tolist(), strict=True):
            parameter.data = number
        if gradient is not None:
            for parameter, derivative in zip(self.parameters, gradient.tolist(), strict=True):
                parameter.grad = derivative

    # --- batches ---

    def batch(self, *arguments: Any) -> Batch:
        """Arguments of many rows, checked and laid out for replays.

        Args:
            arguments: for each argument of the function an array (rows, ...) of numbers of its shape.

        Raises:
            TypeError, ValueError: not as many arguments, or numbers in a row, as the function was recorded with.
        """
        import numpy as np  # noqa: PLC0415 (optional)

        if len(arguments) != len(self._shapes):
            raise TypeError(f"the tape takes {len(self._shapes)} arguments, got {len(arguments)}")
        arrays = []
        n_rows = None
        for k, (argument, shape) in enumerate(zip(arguments, self._shapes, strict=True)):
            try:
                array = np.asarray(argument, dtype=float)
            except (TypeError, ValueError) as error:
                raise TypeError(f"argument {k}: wanted an array of numbers, a row for each example ({error})") from None
            if array.ndim < 1 or array.shape[1:] != shape:
                wanted = f"(rows, {', '.join(map(str, shape))})" if shape else "(rows,)"
                raise ValueError(f"argument {k} has the shape {array.shape}; wanted {wanted}")
            if n_rows is not None and len(array) != n_rows:
                raise ValueError(f"argument {k} has {len(array)} rows, those before it {n_rows}; wanted as many")
            n_rows = len(array)
            if not n_rows:
                raise ValueError(f"argument {k} has no rows; wanted at least one")
            array = array.reshape(n_rows, -1)
            if k in self._places.matrices:
                array = np.column_stack([array, np.ones(n_rows)])
            arrays.append(np.ascontiguousarray(array))
        return Batch(tuple(arrays))

    # --- replays ---

    def __call__(self, *arguments: Any, parameters: Any = None) -> Any:
        """What the function gives for each row.

        Args:
            arguments: arrays with a row for each example, or one prepared `Batch`.
            parameters: their numbers, an array; None for the data that the parameters have now.

        Returns:
            An array (rows,), or (rows, n_outputs) if the function gives several numbers.

        Raises:
            GuardError: a comparison comes out differently for some row.
            ValueError, ZeroDivisionError, OverflowError: where eager work raises them, for the first such row.
        """
        values, *_ = self._run(Wanted(), self._as_batch(arguments), parameters)
        return self._like_output(values)

    def value_and_grad(
        self, *arguments: Any, parameters: Any = None, weights: Any = None, reduction: str = "mean"
    ) -> tuple[float, Any]:
        """The mean of the function over the rows, and its gradient with respect to the parameters.

        Args:
            arguments, parameters: as for a call.
            weights: what each row counts, (rows,); None: all the same.
            reduction: "mean", divided by the sum of the weights; or "sum".

        Returns:
            A number, and an array with the derivative for each of `parameters`.
        """
        self._require_single("value_and_grad")
        batch = self._as_batch(arguments)
        seed = self._seed(len(batch), weights, reduction)
        values, gradient, _, _ = self._run(Wanted(of_parameters=True), batch, parameters, seed)
        return float((values @ seed.T)[0, 0]), gradient

    def values_and_grad(
        self, *arguments: Any, parameters: Any = None, weights: Any = None, reduction: str = "mean"
    ) -> tuple[Any, Any]:
        """What a call gives, and the gradient of the mean over the rows with respect to the parameters.

        Of a function of several outputs the first is differentiated; the others come along.

        Args and errors are those of `value_and_grad`.

        Returns:
            An array (rows,) or (rows, n_outputs), and an array with the derivative for each of `parameters`.
        """
        batch = self._as_batch(arguments)
        seed = self._seed(len(batch), weights, reduction)
        wanted = Wanted(of_parameters=True, of_first=True)
        values, gradient, _, _ = self._run(wanted, batch, parameters, seed)
        return self._like_output(values), gradient

    def input_gradients(self, *arguments: Any, parameters: Any = None) -> Any:
        """For each row the derivatives of the function with respect to that row's arguments.

        Returns:
            An array in the shape of the argument, or a tuple of them if there are several.
        """
        self._require_single("input_gradients")
        batch = self._as_batch(arguments)
        _, _, found, _ = self._run(Wanted(of_inputs=True), batch, parameters, self._seed(len(batch), None, "sum"))
        arrays = tuple([self._like_argument(array, k) for k, array in enumerate(found)])
        return arrays[0] if len(arrays) == 1 else arrays

    def jvp(
        self, arguments: Sequence[Any], tangents: Sequence[Any], *, parameters: Any = None, parameter_tangents: Any = None
    ) -> tuple[Any, Any]:
        """Forward mode: the function for each row, and its derivative along a direction.

        Args:
            arguments: an array for each argument, with a row for each example.
            tangents: arrays like them, the direction in which each row moves.
            parameters: as for a call.
            parameter_tangents: the direction in which the parameters move, an array; None if they do not.

        Returns:
            Values and tangents, each (rows,) or (rows, n_outputs).
        """
        import numpy as np  # noqa: PLC0415 (optional)

        moves = self.batch(*tangents)
        dxs = [
            array[:, :-1].T if k in self._places.matrices else array.T for k, array in enumerate(moves.arrays)
        ]
        n = len(self.parameters)
        direction = np.zeros(n) if parameter_tangents is None else np.asarray(parameter_tangents, dtype=float)
        if direction.shape != (n,):
            raise ValueError(f"parameter_tangents has the shape {direction.shape}; wanted ({n},)")
        moving = Wanted(tangents=True)
        values, _, _, moved = self._run(
            moving, self._as_batch(tuple(arguments)), parameters, direction=direction.reshape(-1, 1), dxs=dxs
        )
        return self._like_output(values), self._like_output(moved)

    def vjp(self, arguments: Sequence[Any], cotangents: Any, *, parameters: Any = None) -> tuple[Any, Any, Any]:
        """Reverse mode for functions of one or several outputs.

        Args:
            arguments: an array for each argument, with a row for each example.
            cotangents: what each output of each row counts, in the shape of what a call gives.
            parameters: as for a call.

        Returns:
            What a call gives; the gradient with respect to the parameters, summed over rows and outputs; and a tuple
            with an array for each argument, the derivatives with respect to it, row by row.
        """
        import numpy as np  # noqa: PLC0415 (optional)

        both = Wanted(of_parameters=True, of_inputs=True)
        batch = self._as_batch(tuple(arguments))
        given = np.asarray(cotangents, dtype=float)
        wanted = (len(batch),) if self._is_single else (len(batch), len(self.program.outputs))
        if given.shape != wanted:
            raise ValueError(f"cotangents has the shape {given.shape}; wanted {wanted}, that of what a call gives")
        seed = given.reshape(1, -1) if self._is_single else given.T
        values, gradient, found, _ = self._run(both, batch, parameters, seed)
        inputs = [self._like_argument(array, k) for k, array in enumerate(found)]
        return self._like_output(values), gradient, tuple(inputs)

    def _like_output(self, values: Any) -> Any:
        return values[0] if self._is_single else values.T.copy()

    def _like_argument(self, array: Any, k: int) -> Any:
        return array.T.reshape(array.shape[1], *self._shapes[k]).copy()

    def _require_single(self, name: str) -> None:
        if not self._is_single:
            raise ValueError(f"{name} needs a function of one output, this one gives {len(self.program.outputs)}")

    def _as_batch(self, arguments: tuple[Any, ...]) -> Batch:
        is_batch = len(arguments) == 1 and isinstance(arguments[0], Batch)
        return arguments[0] if is_batch else self.batch(*arguments)

    def _run(
        self,
        wanted: Wanted,
        batch: Batch,
        parameters: Any,
        seed: Any = None,
        direction: Any = None,
        dxs: Sequence[Any] = (),
    ) -> Any:
        """Values (n_outputs, rows), the parameters' gradient, the arguments' gradients, and tangents."""
        import numpy as np  # noqa: PLC0415 (optional)

        rows = len(batch)
        theta = self.read() if parameters is None else np.ascontiguousarray(parameters, dtype=float)
        if theta.shape != (len(self.parameters),):
            raise ValueError(f"parameters has the shape {theta.shape}; wanted ({len(self.parameters)},)")
        xs = [array.T for array in batch.arrays]
        drawn = self._drawn(rows) if self.program.draws else None
        # A bound run owns its buffers: it is taken out while it works, so that threads do not share one.
        bound = self._bound.pop((wanted, rows), None) or self._compiled(wanted)[0](rows)
        run, values, shared = bound
        flags: list[str] = []
        try:
            with np.errstate(divide="call", over="call", invalid="call", under="ignore", call=_noted(flags)):
                results, gradient, inputs, moved = run(theta, xs, drawn, seed, direction, dxs)
            if flags:
                self._explain_flags(theta, values, shared, batch)
        finally:
            if len(self._bound) < _KEPT:
                self._bound[wanted, rows] = bound
        return results, None if gradient is None else gradient[:, 0], inputs, moved

    def _seed(self, rows: int, weights: Any, reduction: str) -> Any:
        """The adjoints of the rows' outputs (1, rows)."""
        import numpy as np  # noqa: PLC0415 (optional)

        if reduction not in {"mean", "sum"}:
            raise ValueError(f'reduction is {reduction!r}; wanted "mean" or "sum"')
        seed = np.ones((1, rows)) if weights is None else np.array(weights, dtype=float).reshape(1, -1)
        if seed.shape != (1, rows):
            raise ValueError(f"{seed.size} weights for {rows} rows; wanted one for each")
        if reduction == "mean":
            whole = seed.sum()
            if not whole > 0.0:
                raise ValueError(f"the weights add up to {whole}; a mean needs more than 0")
            seed /= whole
        return seed

    def _drawn(self, rows: int) -> Any:
        import numpy as np  # noqa: PLC0415 (optional)

        draws = [*self.program.draws.values()]
        return np.array([[draw() for draw in draws] for _ in range(rows)]).T

    def _compiled(self, wanted: Wanted) -> tuple[Any, str]:
        if wanted not in self._bind:
            source = numpy_source(self.program, self._instructions, self._places, wanted)
            file = f"<autograd tape {next(_serial)}>"
            linecache.cache[file] = len(source.text), None, source.text.splitlines(keepends=True), file
            names = source.names | {"failed": self._failed}
            exec(compile(source.text, file, "exec"), names)  # noqa: S102 (our own text)
            self._bind[wanted] = names["bind"], source.text
        return self._bind[wanted]

    # --- what goes wrong ---

    def _failed(self, number: int, holds: Any) -> GuardError:
        check = self.program.checks[number]
        row = int((~holds[0]).argmax())
        sign = "<" if check.is_strict else "<="
        left, right = (self.program.labels.get(v, f"v{v}") for v in (check.left, check.right))
        return GuardError(
            f"row {row}: {left} {sign} {right} was {check.outcome} when the tape was recorded, and is not here;"
            f" the comparison was made at {check.line}. Choose with autograd.maximum, relu, ... in place of if,"
            " or compute this row without the tape"
        )

    def _explain_flags(self, theta: Any, values: Any, shared: Any, batch: Batch) -> None:
        """Raise what eager work raises, for the first row in which it does; nothing if it does not."""
        import numpy as np  # noqa: PLC0415 (optional)

        stores = {"theta": theta.reshape(-1, 1), "rows": values, "shared": shared}
        stores |= {f"x{k}": array.T for k, array in enumerate(batch.arrays)}

        def numbers(value: int) -> Any:
            if value in self.program.constants:
                return np.array([self.program.constants[value]])
            return stores[self._places.store[value]][self._places.slot[value]]

        raise_as_eager(self.program, self._instructions, numbers)


def _noted(flags: list[str]) -> Any:
    def note(kind: str, _: int) -> None:
        flags.append(kind)

    return note
