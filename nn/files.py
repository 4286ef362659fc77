"""`write_whole`: a file is written all of it or not at all, whatever happens meanwhile.

What is in the file, it does not know.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from secrets import token_hex


def write_whole(path: str | os.PathLike[str], data: bytes) -> None:
    """Write beside the file, then put it in its place in one step: a file that was there stays whole until then.

    A process that is killed meanwhile leaves what it has written: a hidden file, `.0123456789abcdef.tmp`, that is in
    nobody's way.

    Args:
        path: the file; what a link points to is written, a device such as /dev/stdout is written to.
        data: all that it shall hold.

    Raises:
        OSError: it cannot be written; the error names `path`.
    """
    path = Path(os.path.realpath(path))
    beside = path.with_name(f".{token_hex(8)}.tmp")
    try:
        if path.exists() and not path.is_file():  # a device must not be replaced; a folder is refused
            path.write_bytes(data)
            return
        with beside.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from error  # names the file, not the one beside it
    finally:
        with suppress(OSError):
            beside.unlink()
