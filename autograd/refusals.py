"""What a number in a graph refuses to be: what would silently lose its derivative is an error that names the remedy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, NoReturn


def _refused(what: str, remedy: str) -> Callable[..., NoReturn]:
    def refuse(self: RefusesToBeAFloat, *_: Any) -> NoReturn:
        raise TypeError(f"{what.format(self._kind)}: {remedy.format(self._plain)}")

    return refuse


class RefusesToBeAFloat:
    """Base class whose conversions and roundings raise TypeError."""

    __slots__ = ()

    _kind: ClassVar[str]
    """What it is called; a subclass that is a matter of the package's own is called the same."""

    _plain: ClassVar[str]
    """How one gets the number alone."""

    __float__ = __complex__ = _refused(
        "a {} is not a plain number",
        "call autograd.exp(v), autograd.sin(v), ... in place of math's functions; {} is the number alone",
    )
    __int__ = __trunc__ = __round__ = __floor__ = __ceil__ = _refused(
        "rounding a {} has no useful derivative", "round {}, its number, or format it: f'{{v:.3f}}'"
    )
    __mod__ = __rmod__ = __floordiv__ = __rfloordiv__ = __divmod__ = __rdivmod__ = _refused(
        "% and // of a {} have no useful derivative", "compute with {}, its number, or divide with /"
    )
    __bool__ = _refused("a {} is neither true nor false", "compare it, as in v > 0, or test {}, its number")
