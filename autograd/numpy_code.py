"""From a lowered program to Python source: one function of straight-line NumPy calls, forward and backward.

Every rule is run once over names (`autograd.tracing`), and the calls that are needed become lines. The one thing that is
written here and not read from a rule is that dots which share their inputs are a matrix product.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from autograd.placing import Places
from autograd.program import Instruction, Program
from autograd.recorder import detached
from autograd.regions import Region, Written, affine
from autograd.systems import Arrays
from autograd.tracing import Listing, Name, traced

_VALUES = {"theta": "column", "shared": "U", "rows": "V"}
_ADJOINTS = {"theta": "gradient", "shared": "B", "rows": "A"}
_TANGENTS = {"theta": "direction", "shared": "S", "rows": "T"}
_OF_A_RUN = ("column", "gradient", "direction")
"""Given or made in each run; the other buffers are made once for each number of rows."""


@dataclass(frozen=True)
class Wanted:
    """What a replay computes beside values: gradients by reverse mode, or tangents by forward mode."""

    of_parameters: bool = False
    of_inputs: bool = False
    of_first: bool = False
    """Whether the gradient is that of the first output alone."""
    tangents: bool = False

    @property
    def backward(self) -> bool:
        """Whether there is a backward pass."""
        return self.of_parameters or self.of_inputs


@dataclass
class Source:
    """A replay as text, and what its names stand for.

    Attributes:
        text: defines `bind(rows)`, which gives a function for batches of that many rows, and its buffers.
        names: arrays of indices and constants, and the functions of NumPy, by name.
    """

    text: str
    names: dict[str, Any]


def numpy_source(program: Program, instructions: Sequence[Instruction], places: Places, wanted: Wanted) -> Source:
    """The source of a replay."""
    return _Writer(program, instructions, places, wanted).source()


def array_functions() -> dict[str, Any]:
    """What the lines of a listing may call, by name."""
    import numpy as np  # noqa: PLC0415 (optional)

    arrays = Arrays()
    names = {name: getattr(arrays, name) for name in dir(arrays) if not name.startswith("_")}
    operators = "add subtract multiply divide negative less less_equal matmul copyto empty zeros broadcast_to".split()
    return names | {name: getattr(np, name) for name in operators} | {"float": float, "total": np.add.reduce}


class _Writer:
    """Writes the lines, instruction by instruction."""

    def __init__(
        self, program: Program, instructions: Sequence[Instruction], places: Places, wanted: Wanted
    ) -> None:
        import numpy as np  # noqa: PLC0415 (optional)

        self.np = np
        self.program = program
        self.instructions = instructions
        self.places = places
        self.wanted = wanted
        self.names: dict[str, Any] = array_functions()
        self.lines: list[str] = []
        self.views: dict[str, str] = {}
        self.gathered: dict[tuple[str, bytes], str] = {}
        self.arrays: dict[tuple[str, bytes], str] = {}
        sizes = {"rows": places.n_rows, "shared": places.n_shared, "theta": program.n_parameters}
        self.written = Written(np, sizes | {f"x{k}": len(program.arguments[k]) for k in places.matrices})
        self.moving = self._moving()

    def _moving(self) -> set[int]:
        """The values that depend on what is differentiated with respect to."""
        program, wanted = self.program, self.wanted
        moving: set[int] = set()
        if wanted.of_parameters or wanted.tangents:
            moving |= set(range(program.n_parameters))
        if wanted.of_inputs or wanted.tangents:
            moving.update(*program.arguments)
        for value, (primitive, operands) in program.nodes.items():
            if primitive is not detached and not moving.isdisjoint(operands):
                moving.add(value)
        return moving

    # --- names ---

    def named(self, array: Any) -> str:
        """A name for an array of indices or constants."""
        letter = "i" if array.dtype.kind == "i" else "c"
        key = letter + str(array.shape), array.tobytes()
        if key not in self.arrays:
            self.arrays[key] = name = f"{letter}{len(self.arrays)}"
            self.names[name] = array
        return self.arrays[key]

    def viewed(self, text: str) -> str:
        """A name for a view of a buffer, which is made but once."""
        if text not in self.views:
            self.views[text] = f"{text.split('[')[0]}_{len(self.views)}"
        return self.views[text]

    def region(self, values: Any) -> Region:
        """Where values stand: (n,) those of one operand, or n rows of k, those of a group."""
        np, places = self.np, self.places
        flat = values if not isinstance(values[0], Sequence) else [value for group in values for value in group]
        store = places.store[flat[0]] if flat else "shared"
        slots = np.array([places.slot[value] for value in flat], dtype=np.intp)
        if flat is not values:
            slots = slots.reshape(len(values), -1).T
        return Region.of(np, store, slots)

    def read(self, region: Region, buffers: dict[str, str] = _VALUES) -> str:
        """The text of the region's numbers: (n, width), or (k, n, width) for groups."""
        buffer = buffers[region.store]
        if region.is_view:
            return self.viewed(region.view(buffer, _width(region.store)))
        key = buffer, region.slots.tobytes() + bytes(str(region.slots.shape), "ascii")
        if key not in self.gathered:
            name = f"g{len(self.gathered)}"
            self.lines.append(f'{name} = {buffer}.take({self.named(region.slots)}, 0, None, "clip")')
            self.gathered[key] = name
        return self.gathered[key]

    # --- the whole ---

    def source(self) -> Source:
        """All lines, in their order."""
        wanted = self.wanted
        backwards: list[Callable[[], None]] = []
        for number, instruction in enumerate(self.instructions):
            self.lines.append(f"# {number}: {instruction.primitive.name}, {len(instruction)} nodes")
            write = self._product if instruction.shares_inputs else self._rule
            backwards.append(write(number, instruction))
        self._checks()
        self._outputs()
        if wanted.backward:
            n = len(self.lines)
            self._seeds()
            for backward in reversed(backwards):
                backward()
            self.lines[n:n] = self._zeros()
        return Source(self._text(), self.names)

    def _text(self) -> str:
        program, places, wanted = self.program, self.places, self.wanted
        np = self.np
        n = len(program.arguments)
        bound = [f"V = empty(({places.n_rows}, rows))", f"U = empty(({places.n_shared}, 1))"]
        if wanted.backward:
            bound += [f"A = empty(({places.n_rows}, rows))", f"B = empty(({places.n_shared}, 1))"]
        if wanted.tangents:
            bound += [f"T = zeros(({places.n_rows}, rows))", f"S = zeros(({places.n_shared}, 1))"]
        bound += [f"V[{slot}] = 1.0" for slot in places.ones["rows"]]
        fixed = [v for v in program.constants if places.store.get(v) == "shared"]
        if fixed:
            slots = np.array([places.slot[v] for v in fixed], dtype=np.intp)
            constants = np.array([[program.constants[v]] for v in fixed])
            bound.append(f"U[{self.named(slots)}] = {self.named(constants)}")
        loads = []
        for k in places.loaded:
            if len(program.arguments[k]):
                region = self.region([*program.arguments[k]])
                loads.append(f"copyto({self.viewed(region.view('V', 'rows'))}, x{k})")
                if wanted.tangents:
                    loads.append(f"copyto({self.viewed(region.view('T', 'rows'))}, dx{k})")
        if program.draws:
            loads.append(f"copyto({self.viewed(self.region([*program.draws]).view('V', 'rows'))}, drawn)")
        of_a_run = []
        if program.n_parameters:
            of_a_run.append("column = theta.reshape(-1, 1)")
        if wanted.of_parameters:
            of_a_run.append(f"gradient = empty(({program.n_parameters}, 1))")
        for k in places.matrices:
            if wanted.of_inputs:
                of_a_run.append(f"A{k} = empty(({len(program.arguments[k])}, rows))")
        for text, name in self.views.items():
            (of_a_run if text.startswith(_OF_A_RUN) else bound).append(f"{name} = {text}")
        results = ["results"]
        results.append("gradient" if wanted.of_parameters else "None")
        results.append(f"({''.join(f'{self._input_gradient(k)}, ' for k in range(n)) if wanted.of_inputs else ''})")
        results.append("tangents" if wanted.tangents else "None")
        inputs = "".join(f"x{k}, " for k in range(n))
        moves = "".join(f"dx{k}, " for k in range(n))
        body = [
            f"({inputs}) = xs" if n else "",
            f"({moves}) = dxs" if n and wanted.tangents else "",
            *of_a_run,
            *loads,
            *self.lines,
            f"return {', '.join(results)}",
        ]
        return "\n".join(
            [
                "def bind(rows):",
                *[f"    {line}" for line in bound],
                "    def run(theta, xs, drawn, seed, direction, dxs):",
                *[f"        {line}" for line in body if line],
                "    return run, V, U",
                "",
            ]
        )

    def _input_gradient(self, k: int) -> str:
        argument = self.program.arguments[k]
        if k in self.places.matrices:
            return f"A{k}"
        return f"{self.region([*argument]).view('A', 'rows')}.copy()" if len(argument) else "empty((0, rows))"

    # --- an instruction by its rule ---

    def _rule(self, number: int, instruction: Instruction) -> Callable[[], None]:
        primitive = instruction.primitive
        listing = Listing(f"t{number}_")
        shaped = [primitive.shaped(operands) for operands in instruction.operands]
        places: list[Region | None] = []
        operands: list[Any] = []
        is_moving = []
        for i, spec in enumerate(primitive.operands):
            values = [each[i] for each in shaped]
            moves = not self.moving.isdisjoint(v for group in values for v in group) if spec.is_group else (
                not self.moving.isdisjoint(values)
            )
            is_moving.append(moves and primitive is not detached)
            if not spec.is_group and values[0] in self.program.constants:
                numbers = [self.program.constants[v] for v in values]
                is_same = all(x == numbers[0] for x in numbers)
                array = self.np.array(numbers)[:, None]
                operands.append(numbers[0] if is_same else Name(listing, self.named(array)))
                places.append(None)
                continue
            region = self.region(values)
            length = len(values[0]) if spec.is_group else None
            operands.append(Name(listing, self.read(region), length))
            places.append(region)
        value, derivatives = traced(primitive.rule, operands, listing)
        used = [self._one(listing, d) if moves else None for d, moves in zip(derivatives, is_moving, strict=True)]
        target = self.region(instruction.results)
        self._emit(listing, value, used, self.viewed(target.view(_VALUES[target.store], _width(target.store))))
        if self.wanted.tangents:
            self._tangent(target, [(p, d) for p, d in zip(places, used, strict=True) if p is not None and d is not None])

        def backward() -> None:
            if any(is_moving):
                for place, derivative in zip(places, used, strict=True):
                    if place is not None and derivative is not None:
                        self._contribute(target, place, derivative)

        return backward

    @staticmethod
    def _one(listing: Listing, derivative: Any) -> Any:
        """A local derivative as one name or number; those of a group may come as a list."""
        if not isinstance(derivative, list | tuple):
            return derivative
        if all(not isinstance(d, Name) and d == derivative[0] for d in derivative):
            return derivative[0]
        return listing.call("stacked", *derivative)

    def _emit(self, listing: Listing, value: Any, derivatives: Sequence[Any], out: str) -> None:
        """The lines of a listing that are needed; the value goes to `out`."""
        needed = {x.text for x in (value, *derivatives) if isinstance(x, Name)}
        for name, _, arguments in reversed(listing.lines):
            if name in needed:
                needed.update(arguments)
        is_out = False
        for name, function, arguments in listing.lines:
            if name not in needed:
                continue
            if function == "member":
                self.lines.append(f"{name} = {arguments[0]}[{arguments[1]}]")
                continue
            extra = ["0"] if function == "total" else []
            if isinstance(value, Name) and name == value.text and function not in {"where", "pick", "ascending"}:
                if function == "total":
                    extra.append(f"out={out}")
                    is_out = True
                elif isinstance(self.names[function], self.np.ufunc):
                    extra.append(f"out={out}")
                    is_out = True
            self.lines.append(f"{name} = {function}({', '.join([*arguments, *extra])})")
        if not is_out:
            self.lines.append(f"copyto({out}, {value.text if isinstance(value, Name) else repr(value)})")

    # --- dots that share their inputs ---

    def _product(self, number: int, instruction: Instruction) -> Callable[[], None]:
        np, places = self.np, self.places
        k = len(instruction.operands[0]) // 2
        inputs = instruction.operands[0][k:-1]
        biases = [operands[-1] for operands in instruction.operands]
        store = places.store[instruction.operands[0][0]]
        slot = places.slot
        weights = np.array([[slot[v] for v in operands[:k]] for operands in instruction.operands], dtype=np.intp)
        size = self.program.n_parameters if store == "theta" else places.n_shared
        bias = None if biases[0] in self.program.constants else self.region(biases)
        has_one, with_one, without_one = self._inputs(inputs)
        merged = None
        if has_one and bias is not None and bias.store == store:
            merged = affine(np, np.column_stack([weights, bias.slots]), size)
        whole = merged or affine(np, weights, size)
        columns = k + 1 if merged else k

        def matrix(buffers: dict[str, str], n_columns: int) -> str:
            if whole is None:
                return f"{buffers[store]}.take({self.named(weights)})"
            start, stride = whole
            end = start + len(instruction) * stride
            text = f"{buffers[store]}[{start}:{end}].reshape({len(instruction)}, {stride})"
            return self.viewed(text if n_columns == stride else f"{text}[:, :{n_columns}]")

        x = with_one if merged else without_one
        target = self.region(instruction.results)
        out = self.viewed(target.view("V", "rows"))
        self.lines.append(f"matmul({matrix(_VALUES, columns)}, {x}, {out})")
        if not merged:
            constants = [self.program.constants.get(v) for v in biases]
            if bias is not None:
                self.lines.append(f"add({out}, {self.read(bias)}, {out})")
            elif any(constants):
                self.lines.append(f"add({out}, {self.named(np.array(constants)[:, None])}, {out})")
        moves_weights = not self.moving.isdisjoint(v for operands in instruction.operands for v in operands[:k])
        moves_inputs = not self.moving.isdisjoint(inputs)
        moves_bias = not self.moving.isdisjoint(biases)
        if self.wanted.tangents:
            self._tangent_of_product(number, target, x, inputs, bias if moves_bias and not merged else None,
                                     matrix, columns, k, moves_weights, moves_inputs)

        def backward() -> None:
            adjoint = self.viewed(target.view("A", "rows"))
            if moves_weights:
                product = f"matmul({adjoint}, {x}.T"
                slots = (np.column_stack([weights, bias.slots]) if merged and bias is not None else weights).ravel()
                if whole is None:
                    self._scatter(_ADJOINTS[store], slots, f"{product}).reshape(-1, 1)", store)
                elif self.written.is_first(store, slots):
                    self.lines.append(f"{product}, {matrix(_ADJOINTS, columns)})")
                else:
                    goal = matrix(_ADJOINTS, columns)
                    self.lines.append(f"add({goal}, {product}), {goal})")
            if moves_bias and not merged and bias is not None:
                self._contribute(target, bias, 1.0)
            if moves_inputs:
                self._to_inputs(inputs, f"matmul({matrix(_VALUES, k)}.T, {adjoint}")

        return backward

    def _inputs(self, inputs: Sequence[int]) -> tuple[bool, str, str]:
        """Whether a 1 stands below the inputs of a product; their text with it and without."""
        places = self.places
        store = places.store[inputs[0]]
        if store != "rows":
            return True, store, self._sliced(store, len(inputs))
        region = self.region(inputs)
        if region.form == "block":
            start, end = region.slots[0], region.slots[-1] + 1
            with_one = self.viewed(f"V[{start}:{end + 1}]") if end in places.ones["rows"] else ""
            return bool(with_one), with_one, self.viewed(f"V[{start}:{end}]")
        # Not a region of its own right: its members may repeat.
        key = "V", region.slots.tobytes()
        if key not in self.gathered:
            self.gathered[key] = f"g{len(self.gathered)}"
            self.lines.append(f'{self.gathered[key]} = V.take({self.named(region.slots)}, 0, None, "clip")')
        return False, "", self.gathered[key]

    @staticmethod
    def _sliced(store: str, length: int) -> str:
        return f"{store}[:{length}]"

    def _to_inputs(self, inputs: Sequence[int], product: str) -> None:
        store = self.places.store[inputs[0]]
        if store != "rows":
            goal = f"A{store[1:]}"
            first = self.written.is_first(store, self.np.arange(len(inputs)))
        else:
            region = self.region(inputs)
            if region.form != "block":
                self._scatter("A", region.slots, f"{product})", "rows")
                return
            goal = self.viewed(region.view("A", "rows"))
            first = self.written.is_first("rows", region.slots)
        self.lines.append(f"{product}, {goal})" if first else f"add({goal}, {product}), {goal})")

    # --- adjoints ---

    def _contribute(self, of: Region, to: Region, derivative: Any) -> None:
        """Adjoint times local derivative, to the adjoints of an operand."""
        if not isinstance(derivative, Name) and derivative == 0.0:
            return
        adjoint = self.viewed(of.view(_ADJOINTS[of.store], _width(of.store)))
        is_sum_of_rows = of.store == "rows" and to.store != "rows"
        is_sum_of_nodes = to.form == "one"
        sign = {1.0: "", -1.0: "-"}.get(derivative) if not isinstance(derivative, Name) else None
        text = derivative.text if isinstance(derivative, Name) else repr(derivative)
        product = adjoint if sign is not None else f"multiply({adjoint}, {text})"
        if is_sum_of_rows:
            product = f"total({product}, -1, None, None, True)"
        if is_sum_of_nodes:
            product = f"total({product}, -2, None, None, True)"
        is_reduced = is_sum_of_rows or is_sum_of_nodes
        if not to.is_view:
            if sign == "-":
                product = f"negative({product})"
            if to.slots.ndim > 1:
                k, n = to.slots.shape
                product = f"broadcast_to({product}, ({k}, {n}, {_width(to.store)})).reshape({k * n}, {_width(to.store)})"
            self._scatter(_ADJOINTS[to.store], to.slots.ravel(), product, to.store)
            return
        goal = self.viewed(to.view(_ADJOINTS[to.store], _width(to.store)))
        if self.written.is_first(to.store, to.slots.ravel()):
            if sign == "-":
                self.lines.append(f"negative({product}, {goal})")
            elif sign == "" or is_reduced:
                self.lines.append(f"copyto({goal}, {product})")
            else:
                self.lines.append(f"multiply({adjoint}, {text}, {goal})")
        else:
            self.lines.append(f"{'subtract' if sign == '-' else 'add'}({goal}, {product}, {goal})")

    def _scatter(self, buffer: str, slots: Any, product: str, store: str) -> None:
        """Contributions to slots in any order, some of them perhaps several times."""
        targets, which = self.np.unique(slots, return_inverse=True)
        is_unique = targets.size == slots.size
        first = self.written.is_first(store, slots)
        index = self.named(slots)
        if is_unique:
            self.lines.append(f"{buffer}[{index}] {'=' if first else '+='} {product}")
            return
        if first:
            self.written.begin_at_zero(store, slots)
        name = f"add_at_{index}"
        self.names[name] = _summation(self.np, targets, which)
        self.lines.append(f"{name}({buffer}, {product})")

    def _seeds(self) -> None:
        """The adjoints of the outputs: what each counts in what is differentiated."""
        outputs = self.program.outputs[:1] if self.wanted.of_first else self.program.outputs
        for j, value in enumerate(outputs):
            if value in self.moving:
                region = self.region([value])
                seed = f"seed[{j}:{j + 1}]"
                seed = seed if region.store == "rows" else f"total({seed}, 1, None, None, True)"
                goal = self.viewed(region.view(_ADJOINTS[region.store], _width(region.store)))
                first = self.written.is_first(region.store, region.slots)
                self.lines.append(f"copyto({goal}, {seed})" if first else f"add({goal}, {seed}, {goal})")

    def _zeros(self) -> list[str]:
        """Adjoints that are added to before anything was assigned, or that nothing reaches, begin at 0."""
        np, program, places = self.np, self.program, self.places
        of_use = {"rows": np.zeros(places.n_rows, bool), "shared": np.zeros(places.n_shared, bool)}
        for value in self.moving:
            if places.store[value] in of_use:
                of_use[places.store[value]][places.slot[value]] = True
        names = dict(_ADJOINTS)
        if self.wanted.of_parameters:
            of_use["theta"] = np.ones(program.n_parameters, bool)
        if self.wanted.of_inputs:
            of_use |= {f"x{k}": np.ones(len(program.arguments[k]), bool) for k in places.matrices}
            names |= {f"x{k}": f"A{k}" for k in places.matrices}
        return [
            f"{names[store]}[{a}:{b}] = 0.0" for store, used in of_use.items() for a, b in self.written.ranges(store, used)
        ]

    # --- forward mode ---

    def _tangent(self, of: Region, parts: Sequence[tuple[Region, Any]]) -> None:
        """The sum of local derivatives times tangents."""
        goal = self.viewed(of.view(_TANGENTS[of.store], _width(of.store)))
        first = True
        for place, derivative in parts:
            if not isinstance(derivative, Name) and derivative == 0.0:
                continue
            text = derivative.text if isinstance(derivative, Name) else repr(derivative)
            self.gathered = {key: name for key, name in self.gathered.items() if key[0] in _VALUES.values()}
            product = f"multiply({text}, {self.read(place, _TANGENTS)})"
            if place.slots.ndim > 1:
                product = f"total({product}, 0)"
            self.lines.append(f"copyto({goal}, {product})" if first else f"add({goal}, {product}, {goal})")
            first = False
        if first:
            self.lines.append(f"copyto({goal}, 0.0)")

    def _tangent_of_product(
        self, number: int, target: Region, x: str, inputs: Sequence[int], bias: Region | None,
        matrix: Callable[[dict[str, str], int], str], columns: int, k: int, moves_weights: bool, moves_inputs: bool,
    ) -> None:
        goal = self.viewed(target.view("T", "rows"))
        store = self.places.store[inputs[0]]
        parts = []
        if moves_weights:
            parts.append(f"matmul({matrix(_TANGENTS, columns)}, {x})")
        if moves_inputs:
            moved = f"dx{store[1:]}" if store != "rows" else ""
            if not moved:
                region = self.region(inputs)
                moved = self.viewed(region.view("T", "rows")) if region.form == "block" else (
                    f"T.take({self.named(region.slots)}, 0)"
                )
            parts.append(f"matmul({matrix(_VALUES, k)}, {moved})")
        if bias is not None:
            parts.append(self.read(bias, _TANGENTS))
        self.lines.append(f"copyto({goal}, {' + '.join(parts) or '0.0'})  # {number}")

    # --- what comes out ---

    def _checks(self) -> None:
        for j, check in enumerate(self.program.checks):
            left, right = (self._single(v) for v in (check.left, check.right))
            self.lines.append(f"holds = {'less' if check.is_strict else 'less_equal'}({left}, {right})")
            self.lines.append(
                f"if not holds.all(): raise failed({j}, holds)"
                if check.outcome
                else f"if holds.any(): raise failed({j}, ~holds)"
            )

    def _single(self, value: int, buffers: dict[str, str] = _VALUES) -> str:
        if value in self.program.constants:
            number = self.program.constants[value] if buffers is _VALUES else 0.0
            return self.named(self.np.array([[number]]))
        return self.read(self.region([value]), buffers)

    def _outputs(self) -> None:
        n = len(self.program.outputs)
        pairs = [("results", _VALUES)] + ([("tangents", _TANGENTS)] if self.wanted.tangents else [])
        for name, buffers in pairs:
            self.lines.append(f"{name} = empty(({n}, rows))")
            # Runs of outputs that stand one after the other in the rows are copied together.
            j = 0
            while j < n:
                end = j + 1
                while end < n and self._follows(self.program.outputs[end - 1], self.program.outputs[end]):
                    end += 1
                if end > j + 1:
                    text = self.read(self.region([*self.program.outputs[j:end]]), buffers)
                else:
                    text = self._single(self.program.outputs[j], buffers)
                self.lines.append(f"{name}[{j}:{end}] = {text}")
                j = end

    def _follows(self, value: int, other: int) -> bool:
        places = self.places
        is_row = places.store.get(value) == places.store.get(other) == "rows"
        return is_row and places.slot[other] == places.slot[value] + 1


def _width(store: str) -> str:
    return "rows" if store == "rows" else "1"


def _summation(np: Any, targets: Any, which: Any) -> Callable[[Any, Any], None]:
    """A function that adds contributions to rows of a buffer: contribution j to the row targets[which[j]]."""
    try:
        from scipy.sparse import csr_matrix  # noqa: PLC0415 (optional)
    except ImportError:

        def add_at(buffer: Any, contributions: Any) -> None:
            np.add.at(buffer, targets[which], contributions)

        return add_at
    n = which.size
    order = np.argsort(which, kind="stable")
    starts = np.concatenate([[0], np.cumsum(np.bincount(which, minlength=targets.size))])
    matrix = csr_matrix((np.ones(n), order, starts), shape=(targets.size, n))

    def add_products(buffer: Any, contributions: Any) -> None:
        buffer[targets] += matrix @ contributions

    return add_products
