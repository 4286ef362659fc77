"""Arguments and results as nested structures of numbers: lists, tuples, arrays, taken apart and put together again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from numbers import Real
from typing import Any


def leaves(tree: Any, what: str) -> list[Any]:
    """The numbers of a structure, from left to right; TypeError that says where in `what` there is something else.

    >>> leaves([1.0, (2.0, [3.0])], "the argument")
    [1.0, 2.0, 3.0]
    """
    found: list[Any] = []
    _collect(tree, what, found)
    return found


def _collect(tree: Any, what: str, found: list[Any]) -> None:
    if isinstance(tree, Real) or hasattr(type(tree), "interpret"):
        found.append(tree)
    elif isinstance(tree, list | tuple):
        for i, item in enumerate(tree):
            _collect(item, f"{what}[{i}]", found)
    elif hasattr(tree, "__array_interface__"):
        _collect(tree.tolist(), what, found)
    else:
        shown = repr(tree) if len(repr(tree)) <= 60 else repr(tree)[:57] + "..."
        raise TypeError(
            f"{what} is {type(tree).__name__} {shown}; wanted a number, or lists, tuples or arrays of numbers"
        )


def check_same_shape(what: str, name: str, tree: Any, other_name: str, other: Any) -> None:
    """ValueError unless both have numbers in the same places; a list may stand for a tuple or an array."""
    n, m = len(leaves(tree, f"{what}: {name}")), len(leaves(other, f"{what}: {other_name}"))
    if n != m:
        raise ValueError(f"{what}: {n} numbers in {name} but {m} in {other_name}; each needs one")
    if _shape(tree) != _shape(other):
        shown = [text if len(text := str(_shape(x))) <= 60 else text[:57] + "..." for x in (tree, other)]
        raise ValueError(
            f"{what}: {name} and {other_name} differ in structure: {shown[0]} and {shown[1]}, with 1 for a number"
        )


def _shape(tree: Any) -> Any:
    if hasattr(tree, "__array_interface__"):
        tree = tree.tolist()
    return [_shape(item) for item in tree] if isinstance(tree, list | tuple) else 1


def rebuilt(tree: Any, numbers: Iterable[Any]) -> Any:
    """A structure like `tree` with other numbers in it; arrays stay arrays, of objects if need be.

    >>> rebuilt([1.0, (2.0, [3.0])], "abc")
    ['a', ('b', ['c'])]
    """
    return _built(tree, iter(numbers))


def _built(tree: Any, numbers: Iterator[Any]) -> Any:
    if isinstance(tree, tuple) and hasattr(tree, "_fields"):
        return type(tree)(*[_built(item, numbers) for item in tree])
    if isinstance(tree, list | tuple):
        return type(tree)(_built(item, numbers) for item in tree)
    if hasattr(tree, "__array_interface__") and getattr(tree, "shape", None):
        import numpy as np  # noqa: PLC0415 (who passes an array has it)

        items = [_built(0.0, numbers) for _ in range(tree.size)]
        if items and all(isinstance(x, np.ndarray) for x in items):
            return np.stack(items).reshape(tree.shape + items[0].shape)
        array = np.empty(len(items), float if all(isinstance(x, float) for x in items) else object)
        array[:] = items
        return array.reshape(tree.shape)
    return next(numbers)
