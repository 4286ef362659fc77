"""The lines of a replay as they are written: names of arrays and views, operands read, adjoints added.

Values stand in the stores of `Places`; this module knows how a region of them is had as text, and which adjoints were
written before. Which lines an instruction needs, it does not know.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

from autograd.optional import numpy
from autograd.placing import Places
from autograd.program import Program
from autograd.recorder import WITHOUT_DERIVATIVES
from autograd.regions import Region, Written
from autograd.systems import Arrays
from autograd.tracing import Name, text_of
from autograd.wanted import Wanted

VALUES = {"theta": "column", "shared": "U", "rows": "V"}
"""The buffers that hold the numbers of each store: an array (slots, rows), or (slots, 1) where all rows share them."""

ADJOINTS = {"theta": "gradient", "shared": "B", "rows": "A"}
TANGENTS = {"theta": "direction", "shared": "S", "rows": "T"}


class Lines:
    """Lines of a replay, and what their names stand for.

    Args:
        program, places: what is computed, and where it stands.
        wanted: what is computed beside values.
        is_long: whether there are so many lines that names are kept in lists, as functions cannot have that many.

    Attributes:
        text: the lines so far.
        temporaries: how many names of intermediate results have been given away.
        names: arrays of indices and constants, and functions, by name.
        views: views of buffers, their names by their text.
        moving: the inputs and computed values that depend on what is differentiated with respect to.
    """

    def __init__(self, program: Program, places: Places, wanted: Wanted, *, is_long: bool) -> None:
        np = numpy()

        self.np = np
        self.program = program
        self.places = places
        self.wanted = wanted
        self.is_long = is_long
        self.text: list[str] = []
        self.temporaries = 0
        self.names = dict(_functions())
        self.views: dict[str, str] = {}
        self._moving_parameters = program.n_parameters if wanted.of_parameters or wanted.along_parameters else 0
        self.moving: set[int] = set()
        if wanted.of_inputs or wanted.tangents:
            self.moving.update(*program.arguments)
        for value, (primitive, operands) in program.nodes.items():
            if self.moves(operands[WITHOUT_DERIVATIVES.get(primitive, 0) :]):
                self.moving.add(value)
        self._gathered: dict[tuple[str, str], str] = {}
        self._arrays: dict[tuple[str, bytes], str] = {}
        sizes = {"rows": places.n_rows, "shared": places.n_shared, "theta": program.n_parameters}
        self.written = Written(np, sizes | {f"x{k}": len(program.arguments[k]) for k in places.matrices})

    def write(self, line: str) -> None:
        """Add a line."""
        self.text.append(line)

    def moves(self, values: Sequence[int]) -> bool:
        """Whether one of the values is differentiated."""
        return bool(values) and (min(values) < self._moving_parameters or not self.moving.isdisjoint(values))

    # --- names ---

    def named(self, array: Any) -> str:
        """A name for an array of indices or constants."""
        letter = "i" if array.dtype.kind == "i" else "c"
        key = f"{letter}{array.shape}", array.tobytes()
        if key not in self._arrays:
            self._arrays[key] = name = f"{letter}{len(self._arrays)}"
            self.names[name] = array
        return self._arrays[key]

    def viewed(self, text: str) -> str:
        """A name for a view of a buffer, which is made once."""
        if text not in self.views:
            n = len(self.views)
            self.views[text] = f"views[{n}]" if self.is_long else f"{text[: text.index('[')]}_{n}"
        return self.views[text]

    def temporary(self, i: int = 0) -> str:
        """A name for the i-th intermediate result from here."""
        n = self.temporaries + i
        return f"t[{n}]" if self.is_long else f"t{n}"

    # --- reading ---

    def region(self, values: Sequence[Any]) -> Region:
        """Where values stand: (n,) those of one operand; n groups of k, those of a group, as (k, n)."""
        np, places = self.np, self.places
        is_group = isinstance(values[0], Sequence)
        flat = [value for group in values for value in group] if is_group else values
        store = places.store[flat[0]] if flat else "shared"
        slots = np.array([places.slot[value] for value in flat], dtype=np.intp)
        return Region.of(store, slots.reshape(len(values), -1).T if is_group else slots)

    def view(self, region: Region, buffers: Mapping[str, str]) -> str:
        """The name of a region that can be had without copying."""
        return self.viewed(region.view(buffers[region.store], width(region.store)))

    def read(self, region: Region, buffers: Mapping[str, str] = VALUES) -> str:
        """The name of the region's numbers: (n, width), or (k, n, width) for groups."""
        return self.view(region, buffers) if region.is_view else self.gather(buffers[region.store], region.slots)

    def gather(self, buffer: str, slots: Any) -> str:
        """The name of a copy of some slots, made once: what stands in a slot does not change in a run."""
        key = buffer, self.named(slots)
        if key not in self._gathered:
            self._gathered[key] = name = self.temporary()
            self.temporaries += 1
            self.write(f'{name} = {buffer}.take({key[1]}, 0, None, "clip")')
        return self._gathered[key]

    def constants(self, values: Sequence[int]) -> Any:
        """Constants of n nodes: a float if they are equal, else the name of an array (n, 1)."""
        numbers = [self.program.constants[value] for value in values]
        if len({number.hex() for number in numbers}) == 1:
            return numbers[0]
        return self.named(self.np.array(numbers)[:, None])

    # --- adjoints ---

    def contribute(self, of: Region, to: Region, derivative: Any) -> None:
        """Add the adjoint of results times a local derivative, a name or a number, to the adjoint of an operand."""
        sign = None if isinstance(derivative, Name) else {1.0: "", -1.0: "-"}.get(derivative)
        text = text_of(derivative)
        adjoint = self.view(of, ADJOINTS)
        product = adjoint if sign is not None else f"multiply({adjoint}, {text})"
        if of.store == "rows" != to.store:
            product = f"total({product}, -1, None, None, True)"
        if to.form == "one":
            product = f"total({product}, -2, None, None, True)"
        if not to.is_view:
            product = f"negative({product})" if sign == "-" else product
            if to.slots.ndim > 1:
                k, n = to.slots.shape
                product = f"broadcast_to({product}, ({k}, {n}, {width(to.store)})).reshape({k * n}, {width(to.store)})"
            self.scatter(to.store, to.slots.ravel(), product)
            return
        goal = self.view(to, ADJOINTS)
        if not self.written.is_first(to.store, to.slots.ravel()):
            self.write(f"{'subtract' if sign == '-' else 'add'}({goal}, {product}, {goal})")
        elif sign == "-":
            self.write(f"negative({product}, {goal})")
        elif product.startswith("multiply("):
            self.write(f"{product[:-1]}, {goal})")
        else:
            self.write(f"copyto({goal}, {product})")

    def assign_or_add(self, goal: str, product: str, is_first: bool) -> None:
        """The lines for a matrix product whose result goes to a view, or is added there."""
        self.write(f"{product[:-1]}, {goal})" if is_first else f"add({goal}, {product}, {goal})")

    def scatter(self, store: str, slots: Any, product: str) -> None:
        """Add contributions to slots in any order, some of which may come several times."""
        buffer = ADJOINTS[store]
        index = self.named(slots)
        targets, which = self.np.unique(slots, return_inverse=True)
        is_first = self.written.is_first(store, slots)
        if targets.size == slots.size:
            self.write(f"{buffer}[{index}] {'=' if is_first else '+='} {product}")
            return
        if is_first:
            self.written.begin_at_zero(store, slots)
        self.names[f"add_at_{index}"] = _summation(self.np, targets, which)
        self.write(f"add_at_{index}({buffer}, {product})")


def width(store: str) -> str:
    """The text of how many columns the arrays of a store have."""
    return "rows" if store == "rows" else "1"


@cache
def _functions() -> dict[str, Any]:
    """What lines may call, by name: the functions of arrays that rules call, and a few of NumPy's."""
    np = numpy()

    def stacked(*arrays: Any) -> Any:
        return np.stack(np.broadcast_arrays(*map(np.atleast_2d, arrays)))

    arrays = Arrays()
    names = {name: getattr(arrays, name) for name in dir(arrays) if not name.startswith("_")}
    others = "add subtract multiply divide negative less less_equal matmul copyto empty zeros broadcast_to".split()
    names |= {name: getattr(np, name) for name in others}
    return names | {"float": float, "total": np.add.reduce, "stacked": stacked}


def _summation(np: Any, targets: Any, which: Any) -> Callable[[Any, Any], None]:
    """A function that adds contributions to rows of a buffer: contribution j to the row targets[which[j]]."""
    try:
        from scipy.sparse import csr_matrix  # noqa: PLC0415 (optional)
    except ImportError:

        def add_at(buffer: Any, contributions: Any) -> None:
            np.add.at(buffer, targets[which], contributions)

        return add_at
    order = np.argsort(which, kind="stable")
    starts = np.concatenate([[0], np.cumsum(np.bincount(which, minlength=targets.size))])
    matrix = csr_matrix((np.ones(which.size), order, starts), shape=(targets.size, which.size))

    def add_products(buffer: Any, contributions: Any) -> None:
        buffer[targets] += matrix @ contributions

    return add_products
