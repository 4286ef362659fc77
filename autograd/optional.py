"""Packages that are not always there, and what to do where one is missing."""

from __future__ import annotations

from typing import Any


def numpy() -> Any:
    """NumPy; ModuleNotFoundError that says how to get it if it is not there."""
    try:
        import numpy as np  # noqa: PLC0415 (optional)
    except ImportError as error:
        raise ModuleNotFoundError(
            "a tape is replayed over NumPy arrays, and NumPy is not there: pip install 'scalar-autograd[fast]'",
            name="numpy",
        ) from error
    return np
