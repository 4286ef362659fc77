"""`Tape`: a function of Values, recorded once, and replayed over whole batches as operations on NumPy arrays.

What was recorded is a `Program`; how it becomes array operations is decided elsewhere (`autograd.lowering`,
`autograd.numpy_code`). Here batches come in, results go out, and what went wrong is said as eager work would say it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from autograd.batches import Batch, floats, prepared
from autograd.lowering import PASSES
from autograd.optional import numpy
from autograd.program import Program
from autograd.rules import abridged
from autograd.runner import Runner
from autograd.tape_text import text
from autograd.value import Value
from autograd.wanted import Wanted


class Tape:
    """A recorded function, ready to be replayed over batches. Made by `record`.

    Every replay takes for each argument of the function an array whose first axis are the rows, or for all of them one
    `Batch` that `batch` has prepared. `print(tape)` shows what was recorded and what is replayed.

    Attributes:
        parameters: the Values that all rows share, in the order of gradients.
        recorded: the program as it was recorded.
        program: the program that is replayed.
        passes: how many nodes were left after each pass from the one to the other.
    """

    def __init__(
        self, program: Program, parameters: Sequence[Value], shapes: Sequence[tuple[int, ...]], is_single: bool
    ) -> None:
        self.parameters = list(parameters)
        self.recorded = program
        self.passes: dict[str, int] = {}
        for change in PASSES:
            program = change(program)
            self.passes[change.__name__.replace("_", " ")] = len(program.nodes)
        self.program = program
        self._shapes = tuple(shapes)
        self._is_single = is_single
        self._runner = Runner(program)
        self._mean_of: dict[int, Any] = {}
        matrices = self._runner.places.matrices
        self._widths = [len(argument) + (k in matrices) for k, argument in enumerate(program.arguments)]

    # --- what it is ---

    def __len__(self) -> int:
        return len(self._runner.instructions)

    def __repr__(self) -> str:
        nodes = len(self.recorded.nodes)
        return f"Tape({nodes} nodes in {len(self)} instructions, {len(self.parameters)} parameters)"

    def __str__(self) -> str:
        return text(self.recorded, self.passes, self._runner)

    def counts(self) -> dict[str, int]:
        """How many nodes of each primitive are replayed.

        >>> from autograd import record
        >>> record(lambda x: x * x + 1.0, 2.0).counts()
        {'multiply': 1, 'add': 1}
        """
        found: dict[str, int] = {}
        for instruction in self._runner.instructions:
            found[instruction.primitive.name] = found.get(instruction.primitive.name, 0) + len(instruction)
        return found

    def source(self, *, gradient: bool = True) -> str:
        """The Python source that a replay runs, with or without the backward pass to the parameters."""
        return self._runner.source(Wanted(of_parameters=gradient))

    # --- parameters and batches ---

    def read(self) -> Any:
        """The numbers of the parameters, as an array."""
        np = numpy()

        return np.array([p.data for p in self.parameters], dtype=float)

    def write(self, numbers: Any, gradient: Any = None) -> None:
        """Set `.data` of the parameters, and their `.grad` if a gradient is given; arrays with a number for each."""
        numbers = self._numbers("numbers", numbers)
        if gradient is not None:
            gradient = self._numbers("gradient", gradient)
            for parameter, derivative in zip(self.parameters, gradient.tolist(), strict=True):
                parameter.grad = derivative
        for parameter, number in zip(self.parameters, numbers.tolist(), strict=True):
            parameter.data = number

    def batch(self, *arguments: Any) -> Batch:
        """Arguments of many rows, checked and laid out for replays; arrays are copied.

        Args:
            arguments: for each argument of the function an array (rows, ...) of numbers of its shape.

        Raises:
            TypeError, ValueError: not as many arguments, or numbers in a row, as the function was recorded with.
        """
        return prepared(arguments, self._shapes, self._runner.places.matrices, is_kept=True)

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
            *arguments: as for a call.
            parameters: as for a call.
            weights: what each row counts, (rows,); None: all the same.
            reduction: "mean", divided by the sum of the weights; or "sum".

        Returns:
            A number, and an array with the derivative for each of `parameters`.

        Raises:
            ValueError: the function gives several numbers: see `values_and_grad` and `vjp`. Others as for a call.
        """
        self._require_single("value_and_grad")
        batch = self._as_batch(arguments)
        seed = self._seed(len(batch), weights, reduction)
        values, gradient, *_ = self._run(Wanted(of_parameters=True), batch, parameters, seed)
        with numpy().errstate(all="ignore"):  # a sum beyond the floats is inf, as it is in eager work
            return float(numpy().vdot(values, seed)), gradient

    def values_and_grad(
        self, *arguments: Any, parameters: Any = None, weights: Any = None, reduction: str = "mean"
    ) -> tuple[Any, Any]:
        """What a call gives, and the gradient of the mean over the rows with respect to the parameters.

        Of a function of several outputs the first is differentiated; the others come along.

        Args:
            *arguments: as for a call.
            parameters: as for a call.
            weights: as for `value_and_grad`.
            reduction: as for `value_and_grad`.

        Returns:
            An array (rows,) or (rows, n_outputs), and an array with the derivative for each of `parameters`.
        """
        batch = self._as_batch(arguments)
        seed = self._seed(len(batch), weights, reduction)
        values, gradient, *_ = self._run(Wanted(of_parameters=True, of_first=True), batch, parameters, seed)
        return self._like_output(values), gradient

    def vjp(self, arguments: Sequence[Any], cotangents: Any, *, parameters: Any = None) -> tuple[Any, Any, Any]:
        """Reverse mode for functions of one or several outputs.

        Args:
            arguments: a sequence with an array for each argument, with a row for each example.
            cotangents: what each output of each row counts, in the shape of what a call gives.
            parameters: as for a call.

        Returns:
            What a call gives; the gradient with respect to the parameters, summed over rows and outputs; and a tuple
            with an array for each argument, the derivatives with respect to it, row by row.
        """
        batch = self._as_batch(arguments)
        given = floats("cotangents", cotangents, "an array of numbers in the shape of what a call gives")
        wanted = (len(batch),) if self._is_single else (len(batch), len(self.program.outputs))
        if given.shape != wanted:
            raise ValueError(f"cotangents has the shape {given.shape}; wanted {wanted}, that of what a call gives")
        seed = given.reshape(1, -1) if self._is_single else given.T
        both = Wanted(of_parameters=True, of_inputs=True)
        values, gradient, found, _ = self._run(both, batch, parameters, seed)
        return self._like_output(values), gradient, self._like_arguments(found)

    def input_gradients(self, *arguments: Any, parameters: Any = None) -> Any:
        """For each row the derivatives of the function with respect to that row's arguments.

        Returns:
            An array in the shape of the argument, or a tuple of them if there are several.

        Arguments and errors are those of `value_and_grad`.
        """
        self._require_single("input_gradients")
        batch = self._as_batch(arguments)
        seed = self._seed(len(batch), None, "sum")
        _, _, found, _ = self._run(Wanted(of_inputs=True), batch, parameters, seed)
        arrays = self._like_arguments(found)
        return arrays[0] if len(arrays) == 1 else arrays

    def jvp(
        self,
        arguments: Sequence[Any],
        tangents: Sequence[Any],
        *,
        parameters: Any = None,
        parameter_tangents: Any = None,
    ) -> tuple[Any, Any]:
        """Forward mode: the function for each row, and its derivative along a direction.

        Args:
            arguments: a sequence with an array for each argument, with a row for each example.
            tangents: arrays like them, the direction in which each row moves.
            parameters: as for a call.
            parameter_tangents: the direction in which the parameters move, an array; None if they do not.

        Returns:
            Values and tangents, each (rows,) or (rows, n_outputs).
        """
        batch, moves = self._as_batch(arguments), self._as_batch(tangents)
        if len(moves) != len(batch):
            raise ValueError(f"tangents of {len(moves)} rows for arguments of {len(batch)}; wanted as many")
        matrices = self._runner.places.matrices
        dxs = [array[:, :-1].T if k in matrices else array.T for k, array in enumerate(moves.arrays)]
        along_parameters = parameter_tangents is not None
        given = parameter_tangents if along_parameters else [0.0] * len(self.parameters)
        direction = self._numbers("parameter_tangents", given)
        moving = Wanted(tangents=True, along_parameters=along_parameters)
        values, _, _, moved = self._run(moving, batch, parameters, direction=direction.reshape(-1, 1), dxs=dxs)
        return self._like_output(values), self._like_output(moved)

    # --- what comes in and goes out ---

    def _as_batch(self, arguments: Any) -> Batch:
        if not isinstance(arguments, Batch):
            if not hasattr(arguments, "__len__"):
                raise TypeError(f"arguments is {abridged(arguments)}; wanted a list with an array for each argument")
            is_batch = len(arguments) == 1 and isinstance(arguments[0], Batch)
            matrices = self._runner.places.matrices
            arguments = arguments[0] if is_batch else prepared(arguments, self._shapes, matrices)
        widths = self._widths
        if [array.shape[1] for array in arguments.arrays] != widths:
            raise ValueError("the batch was prepared by another tape; prepare it with this one's batch(...)")
        return arguments

    def _like_output(self, values: Any) -> Any:
        return values[0] if self._is_single else values.T.copy()

    def _like_arguments(self, arrays: Sequence[Any]) -> tuple[Any, ...]:
        return tuple([a.T.reshape(a.shape[1], *shape).copy() for a, shape in zip(arrays, self._shapes, strict=True)])

    def _require_single(self, name: str) -> None:
        if not self._is_single:
            came = f"this one gives a list of {len(self.program.outputs)}; see values_and_grad and vjp"
            raise ValueError(f"{name} needs a function that gives one Value, {came}")

    def _numbers(self, name: str, given: Any) -> Any:
        """A number for each parameter, as an array; TypeError or ValueError for anything else."""
        numbers, n = floats(name, given, "an array of numbers, as tape.read() gives"), len(self.parameters)
        if numbers.shape != (n,):
            raise ValueError(f"{name} has the shape {numbers.shape}; wanted ({n},), a number for each parameter")
        return numbers

    def _seed(self, rows: int, weights: Any, reduction: str) -> Any:
        """The adjoints of the rows' outputs (1, rows)."""
        np = numpy()

        if reduction not in {"mean", "sum"}:
            raise ValueError(f'reduction is {reduction!r}; wanted "mean" or "sum"')
        if weights is None and reduction == "mean":
            if rows not in self._mean_of:
                self._mean_of = {rows: np.full((1, rows), 1.0 / rows)}
            return self._mean_of[rows]
        if weights is None:
            seed = np.ones((1, rows))
        else:
            seed = floats("weights", weights, f"an array of {rows} numbers, one for each row").reshape(1, -1).copy()
        if seed.shape != (1, rows):
            raise ValueError(f"{seed.size} weights for {rows} rows; wanted one for each")
        if reduction == "mean":
            whole = seed.sum()
            if not whole > 0.0:
                raise ValueError(f"the weights add up to {whole}; a mean needs more than 0")
            seed /= whole
        return seed

    # --- running ---

    def _run(self, wanted: Wanted, batch: Batch, parameters: Any, seed: Any = None, **moving: Any) -> Any:
        """What the runner gives, with these numbers of the parameters, or those that they have now."""
        if parameters is None:
            theta = self.read()
        else:
            theta = numpy().ascontiguousarray(self._numbers("parameters", parameters))
        return self._runner.run(wanted, batch, theta, seed, **moving)
