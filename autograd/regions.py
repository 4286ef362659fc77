"""Regions of arrays: which slots an instruction reads or adds to, as a slice where that is possible.

Slots are the rows of a store; a region holds those of one operand of n nodes, or of a group of k operands of n nodes.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
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
    def of(cls, np: Any, store: str, slots: Any) -> Region:
        """With the simplest form that it has."""
        if not slots.size:
            return cls(store, slots, "index")
        start = slots.flat[0]
        block = np.arange(start, start + slots.size)
        if np.array_equal(slots.ravel(), block):
            return cls(store, slots, "block")
        firsts = slots[:1] if slots.ndim == 1 else slots[:, :1]
        if (slots == firsts).all() and np.array_equal(firsts.ravel(), np.arange(start, start + firsts.size)):
            return cls(store, slots, "one")
        return cls(store, slots, "by node" if np.array_equal(slots.T.ravel(), block) else "index")

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


@dataclass
class Written:
    """Which slots of the adjoints have been written so far, and which must begin at 0."""

    slots: dict[str, set[int]] = field(default_factory=dict)
    zeros: dict[str, set[int]] = field(default_factory=dict)

    def is_first(self, store: str, slots: Iterable[int]) -> bool:
        """Whether none of them has been written: then they are assigned; else they are added to, from 0 if need be."""
        own = self.slots.setdefault(store, set())
        wanted = set(slots)
        missing = wanted - own
        own |= wanted
        if len(missing) == len(wanted):
            return True
        self.zeros.setdefault(store, set()).update(missing)
        return False

    def to_zero(self, store: str, size: int) -> list[tuple[int, int]]:
        """Ranges of slots that must begin at 0, those that nobody writes among them; all of them if there are many."""
        mine = self.zeros.get(store, set()) | (set(range(size)) - self.slots.get(store, set()))
        ranges: list[tuple[int, int]] = []
        for slot in sorted(mine):
            if ranges and ranges[-1][1] == slot:
                ranges[-1] = ranges[-1][0], slot + 1
            else:
                ranges.append((slot, slot + 1))
        return ranges if len(ranges) <= 8 else [(0, size)]
