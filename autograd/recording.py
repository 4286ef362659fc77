"""Recording: what a function does with Values, so that a `Tape` can do it again for whole batches.

`drawn` marks the random numbers of such a function: each replay draws them anew, for each row.
"""

from __future__ import annotations

from collections.abc import Callable

from autograd.value import Constant


def drawn(draw: Callable[[], float]) -> Constant:
    """A random number, drawn anew in each replay of a tape, for each row; in eager work, once and now.

    Args:
        draw: gives one number for each call, such as `random.Random(0).random`.

    >>> import random
    >>> drawn(random.Random(0).random)
    Value(data=0.8444218515250481, grad=0.0)
    """
    return Constant(draw())
