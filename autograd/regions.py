"""Regions of arrays: which slots an instruction reads or adds to, as a slice where that is possible.

Slots are the rows of a store; a region holds those of one operand of n nodes, or of a group of k operands of n nodes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Region:
    """Slots of one store.

    Attributes:
        store: its name.
        slots: ints, (n,) or (k, n).
        form: how they lie. "block": one after the other; "one": the same for all nodes; "by node": the groups of the
            nodes one after the other; "index": in any other way.
    """

    store: str
    slots: Any
    form: str

    @classmethod
    def of(cls, store: str, slots: Any) -> Region:
        """With the simplest form that it has."""
        flat = slots.ravel().tolist()  # comparing small lists is faster than comparing small arrays
        if not flat:
            return cls(store, slots, "index")
        n = slots.shape[-1]
        block = [*range(flat[0], flat[0] + len(flat))]
        if flat == block:
            return cls(store, slots, "block")
        firsts = flat[::n] if slots.ndim > 1 else flat[:1]
        if firsts == block[: len(firsts)] and flat == [first for first in firsts for _ in range(n)]:
            return cls(store, slots, "one")
        return cls(store, slots, "by node" if slots.T.ravel().tolist() == block else "index")

    @property
    def is_view(self) -> bool:
        """Whether it can be had without copying."""
        return self.form != "index"

    def view(self, buffer: str, width: str) -> str:
        """The text of an array (n, width) or (k, n, width), n being 1 if all nodes have the same."""
        start = self.slots.flat[0]
        if self.slots.ndim == 1:
            return f"{buffer}[{start}:{start + (1 if self.form == 'one' else len(self.slots))}]"
        k, n = self.slots.shape
        if self.form == "one":
            return f"{buffer}[{start}:{start + k}].reshape({k}, 1, {width})"
        whole = f"{buffer}[{start}:{start + k * n}]"
        if self.form == "block":
            return f"{whole}.reshape({k}, {n}, {width})"
        return f"{whole}.reshape({n}, {k}, {width}).transpose(1, 0, 2)"


def affine(np: Any, slots: Any, size: int) -> tuple[int, int] | None:
    """Where the rows of a matrix of slots begin and how far they are apart, if each row is a slice; else None."""
    n, k = slots.shape
    start = int(slots[0, 0])
    stride = int(slots[1, 0]) - start if n > 1 else k
    fits = stride >= k and start + n * stride <= size
    if not (fits and np.array_equal(slots, start + stride * np.arange(n)[:, None] + np.arange(k))):
        return None
    return start, stride


class Written:
    """Which slots of the adjoints have been written so far, and which must begin at 0.

    Args:
        np: NumPy.
        sizes: how many slots each store has.
    """

    def __init__(self, np: Any, sizes: Mapping[str, int]) -> None:
        self._np = np
        self._written = {store: np.zeros(size, bool) for store, size in sizes.items()}
        self._zeros = {store: np.zeros(size, bool) for store, size in sizes.items()}

    def is_first(self, store: str, slots: Any) -> bool:
        """Whether none of them has been written: then they are assigned; else they are added to, from 0 if need be."""
        own = self._written[store]
        missing = ~own[slots]
        own[slots] = True
        if missing.all():
            return True
        self._zeros[store][slots[missing]] = True
        return False

    def begin_at_zero(self, store: str, slots: Any) -> None:
        """They are added to, though nothing was written."""
        self._zeros[store][slots] = True

    def ranges(self, store: str, of_use: Any) -> list[tuple[int, int]]:
        """Ranges of slots that must begin at 0, among those that are of use; one range if there would be many.

        Args:
            store: its name.
            of_use: a bool for each slot. Those that nobody writes begin, and end, at 0.
        """
        np = self._np
        mine = (self._zeros[store] | ~self._written[store]) & of_use
        edges = np.flatnonzero(np.diff(np.concatenate([[False], mine, [False]])))
        ranges = [(int(a), int(b)) for a, b in edges.reshape(-1, 2)]
        return ranges if len(ranges) <= 8 else [(0, len(mine))]
