"""What a model file says in words, a JSON object: written and read so that nothing of it is lost, and no code is run.

What the fields are for, this module does not know.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from typing import Any, NoReturn

from nn.wording import shortened

FORMAT = "scalar-autograd MLP"
"""What the field "format" says in every file of ours."""


def written(content: Mapping[str, Any], indent: int | None = None) -> str:
    """The text of an object of JSON, which `parsed` reads again.

    Raises:
        TypeError: it holds what JSON cannot.
        ValueError: it holds NaN, an infinity, itself, two keys of one name (1 and "1"), or is nested too deeply.
    """
    try:
        text = json.dumps(content, indent=indent, allow_nan=False)
        parsed(text)  # what could not be read again is not written
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    return text


def parsed(text: str | bytes) -> Any:
    """What a text in JSON says; ValueError if it is none, holds NaN or an infinity, or a key twice in one object."""
    try:
        return json.loads(text, parse_constant=_refuse_constant, object_pairs_hook=_object)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None


def encoded(content: Mapping[str, Any]) -> bytes:
    """A file of a model's content, for people to read; errors as for `written`."""
    return f"{written(content, indent=1)}\n".encode()


def decoded(text: str | bytes) -> dict[str, Any]:
    """The content of a file that `encoded` made, or of a text with such fields; ValueError if it is no such thing."""
    try:
        content = parsed(text)
    except ValueError as error:
        raise ValueError(f"not a JSON file ({error})") from None
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise ValueError(f'not a model that nn.save wrote, which has "format": "{FORMAT}"')
    return content


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    content = dict(pairs)
    if len(content) < len(pairs):  # json would take the last one, in silence
        often = Counter(key for key, _ in pairs).most_common(1)[0][0]
        raise ValueError(f"the key {shortened(often)} stands there twice")
    return content


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")
