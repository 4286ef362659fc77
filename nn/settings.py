"""Settings: dataclass fields whose annotation says what they may be, checked whenever they are assigned.

    lr: NonNegative = 1e-3

Optimisers and schedules declare theirs in this way; what the numbers are for, this module does not know.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from copy import copy
from dataclasses import fields
from numbers import Integral, Real
from typing import Annotated, Any, ClassVar, Self, TypeAlias, get_origin, get_type_hints

from nn.wording import choices, described, listed, require, require_flag, shortened

Check: TypeAlias = Callable[[str, Any], Any]
"""Of a setting's name and what it is given: what it is set to, or TypeError or ValueError."""


def number(wanted: str, valid: Callable[[Any], bool]) -> Check:
    """A check for real numbers, which become floats."""

    def checked(name: str, value: Any) -> float:
        require(name, value, Real, valid, wanted)
        return float(value)

    return checked


def whole(least: int) -> Check:
    """A check for whole numbers that are not below the least one."""

    def checked(name: str, value: Any) -> int:
        require(name, value, Integral, lambda n: n >= least, f"a whole number of at least {least}")
        return int(value)

    return checked


def pair(check: Check) -> Check:
    """A check for two numbers, each of which it checks."""

    def checked(name: str, value: Any) -> tuple[Any, ...]:
        if not isinstance(value, tuple | list) or len(value) != 2:
            raise TypeError(f"{name} is {described(value)}; wanted a pair of numbers")
        return tuple(check(f"{name}[{i}]", x) for i, x in enumerate(value))

    return checked


def one_of(*names: str) -> Check:
    """A check for one of some names."""

    def checked(name: str, value: Any) -> str:
        if value not in names:
            raise ValueError(f"{name} is {shortened(value)}; wanted one of {choices(str(value), names)}")
        return str(value)

    return checked


_LARGEST = sys.float_info.max
non_negative = number("a finite number, 0 or more", lambda x: 0.0 <= x <= _LARGEST)
_below_one = number("a number of at least 0 and below 1", lambda x: 0.0 <= x < 1.0)

Finite = Annotated[float, number("a finite number", lambda x: -_LARGEST <= x <= _LARGEST)]
NonNegative = Annotated[float, non_negative]
Positive = Annotated[float, number("a finite number above 0", lambda x: 0.0 < x <= _LARGEST)]
Share = Annotated[float, number("a number from 0 to 1", lambda x: 0.0 <= x <= 1.0)]
BelowOne = Annotated[float, _below_one]
BelowOnePair = Annotated[tuple[float, float], pair(_below_one)]
Count = Annotated[int, whole(0)]
PositiveCount = Annotated[int, whole(1)]
Flag = Annotated[bool, require_flag]


class Settings:
    """Base of dataclasses whose fields check what they are given.

    What is annotated with a check is a setting if the constructor takes it, else a part of the state. What has no check
    (the parameters, an optimizer, a function) is neither. The classes of this package refuse other public attributes,
    which would be settings misspelt; classes made elsewhere may keep what they like.

    >>> from dataclasses import dataclass
    >>> @dataclass
    ... class Rule(Settings):
    ...     lr: NonNegative = 0.1
    >>> Rule(lr=-1)
    Traceback (most recent call last):
    ValueError: lr is -1; wanted a finite number, 0 or more
    """

    _checks: ClassVar[dict[str, Check]]
    _known: ClassVar[frozenset[str] | None]

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        hints = get_type_hints(cls, include_extras=True)
        cls._checks = {name: hint.__metadata__[0] for name, hint in hints.items() if get_origin(hint) is Annotated}
        ours = cls.__module__.partition(".")[0] == __name__.partition(".")[0]
        cls._known = frozenset(hints) | frozenset(dir(cls)) if ours else None

    def __setattr__(self, name: str, value: Any) -> None:
        check = self._checks.get(name)
        if check is None and self._known is not None and name not in self._known and not name.startswith("_"):
            raise AttributeError(
                f"{type(self).__name__} has no setting {name!r}; there are {choices(name, self._names('settings'))}"
            )
        super().__setattr__(name, value if check is None else check(name, value))

    def _check_together(self) -> None:
        """ValueError if two settings, each fine alone, do not go together."""

    def _names(self, part: str) -> list[str]:
        declared: Any = self
        settings = [field.name for field in fields(declared) if field.init and field.name in self._checks]
        return settings if part == "settings" else [name for name in self._checks if name not in settings]

    def _said(self) -> list[str]:
        """`name=value` of the settings that are not at their default."""
        declared: Any = self
        defaults = {field.name: field.default for field in fields(declared)}
        values = {name: getattr(self, name) for name in self._names("settings")}
        return [f"{name}={x!r}" for name, x in values.items() if name == "lr" or x != defaults[name]]

    def _saved(self) -> dict[str, dict[str, Any]]:
        """Settings and state by name, as JSON can hold them."""
        parts = {part: {name: getattr(self, name) for name in self._names(part)} for part in ("settings", "state")}
        return {
            part: {name: list(x) if isinstance(x, tuple) else x for name, x in values.items()}
            for part, values in parts.items()
        }

    def _restored(self, state: Mapping[str, Any], kind: str) -> Self:
        """A copy with the settings and the state that were saved; TypeError or ValueError if they cannot be."""
        name = type(self).__name__
        if not isinstance(state, Mapping) or not isinstance(state.get(kind), str):
            raise TypeError(f"the state is {shortened(state)}; wanted what state_dict() of {name} gave")
        if state[kind] != name:
            raise ValueError(f"the state is that of {state[kind]}; wanted that of {name}")
        restored = copy(self)
        for part in ("settings", "state"):
            names, values = self._names(part), state.get(part)
            if not isinstance(values, Mapping) or values.keys() != set(names):
                raise ValueError(f"the {part} are {shortened(values)}; {name} has {listed(names)}")
            for key, value in values.items():
                setattr(restored, key, value)
        restored._check_together()  # noqa: SLF001 (a copy of itself)
        return restored
