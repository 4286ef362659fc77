"""What a rule's parameters say of its operands: which there are, and which of them are groups of numbers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from inspect import Parameter, Signature, signature
from typing import Any, TypeAlias, get_type_hints

Group: TypeAlias = Sequence[Any]

_NO_OPERANDS = {
    Parameter.KEYWORD_ONLY: "is keyword-only",
    Parameter.VAR_POSITIONAL: "stands for any number of operands; annotate one operand as Group for that",
    Parameter.VAR_KEYWORD: "stands for any names",
}


@dataclass(frozen=True)
class Operand:
    """One parameter of a rule: a number, or a group of numbers."""

    name: str
    is_group: bool


def operands_of(rule: Callable[..., Any]) -> tuple[Signature, tuple[Operand, ...]]:
    """The operands of a rule, and its signature without the number system and without annotations.

    Raises:
        TypeError: a parameter cannot be an operand, groups do not come first, or there is no operand.
    """
    whole, name = signature(rule), rule.__name__
    for parameter in whole.parameters.values():
        if parameter.kind in _NO_OPERANDS:
            raise TypeError(
                f"{name}{whole}: a rule takes a number system and operands, one parameter for each, as in"
                f" `def {name}(m, x, k=2.0)`, but {parameter.name} {_NO_OPERANDS[parameter.kind]}"
            )
    parameters = list(whole.parameters.values())[1:]
    own = whole.replace(parameters=[parameter.replace(annotation=parameter.empty) for parameter in parameters])
    hints = get_type_hints(rule)
    operands = tuple(Operand(p.name, is_group=hints.get(p.name) == Group) for p in parameters)
    if not operands:
        raise TypeError(f"{name}{whole}: a rule takes a number system and at least one operand")
    if not all(operand.is_group for operand in operands[: sum(operand.is_group for operand in operands)]):
        raise TypeError(f"{name}{own}: groups of operands come before single ones")
    return own, operands
