"""What the command lines share: one clear line for whatever is wrong, and exit status 2."""

from __future__ import annotations

import argparse
import io
import os
import sys
import tempfile
import textwrap
from collections.abc import Callable, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import NoReturn

from autograd.expressions import ExpressionError


class Refusal(Exception):  # noqa: N818 (it is no error of the program: it ends the command with one line)
    """What was asked for cannot be done; the message says why in one line."""


class Parser(argparse.ArgumentParser):
    """An argument parser whose errors are refusals."""

    def error(self, message: str) -> NoReturn:
        """Refuse, say which option may have been meant, and point to the help."""
        known = self._option_string_actions
        wrong = [word for word in message.replace(":", " ").split() if word.startswith("--") and word not in known]
        near = get_close_matches(wrong[0].partition("=")[0], known, n=1) if wrong else []
        hint = f"; did you mean {near[0]}?" if near else ""
        raise Refusal(f"{message}{hint}; see {self.prog} --help")

    def parse_expression(self, arguments: Sequence[str]) -> argparse.Namespace:
        """Parse arguments among which an expression may begin with a minus, such as -a*b, without -- before it."""
        # An argument that begins with a space is no option to argparse; who reads it strips it.
        end = arguments.index("--") if "--" in arguments else len(arguments)
        spaced = [f" {x}" if x[:1] == "-" != x[1:2] and x != "-h" else x for x in arguments[:end]]
        return self.parse_intermixed_args([*spaced, *(f" {x}" for x in arguments[end + 1 :])])


def run(name: str, command: Callable[[Sequence[str]], None], arguments: Sequence[str] | None) -> int:
    """Run a command, and say in one line on standard error what was wrong.

    Args:
        name: of the command, before the message.
        command: what to do with the arguments.
        arguments: those behind the command's name; None for this process's.

    Returns:
        The exit status: 0; 2 after one line that says what was wrong, for an expression followed by its text with a
        caret; 130 after Ctrl-C.
    """

    def say(message: str, status: int, below: str = "") -> int:
        sys.stderr.write(f"{name}: {' '.join(message.split())}\n{textwrap.indent(below, '  ')}{below and chr(10)}")
        return status

    for stream in sys.stdout, sys.stderr:
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # names may be in letters that the terminal does not know
    try:
        command(sys.argv[1:] if arguments is None else list(arguments))
        sys.stdout.flush()
    except BrokenPipeError:
        # What is still to be written goes nowhere, or Python would complain at its exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return say("the output was closed before all was written", 2)
    except ExpressionError as error:
        return say(str(error), 2, error.marked)
    except Refusal as refusal:
        return say(str(refusal), 2)
    except OSError as error:
        return say(f"{error.filename or 'output'}: {error.strerror or error}", 2)
    except KeyboardInterrupt:
        return say("interrupted", 130)
    return 0


def place(option: str, text: str, endings: Sequence[str]) -> Path:
    """The file that a picture will be saved to; Refusal, before any work is done, if it cannot be."""
    path = Path(text)
    if path.suffix.lower() not in endings:
        raise Refusal(f"{option} {path}: the file must end in {', '.join(endings[:-1])} or {endings[-1]}")
    try:
        if path.is_dir():
            reason = "that is a folder; name a file"
        elif not path.parent.is_dir():
            reason = f"there is no folder {path.parent}"
        elif path.exists():
            reason = "" if os.access(path, os.W_OK) else "no permission to write it"
        else:
            tempfile.TemporaryFile(dir=path.resolve().parent).close()
            reason = ""
    except (OSError, ValueError) as error:  # too long a name, a null byte, a folder that is read-only
        reason = getattr(error, "strerror", None) or str(error)
    if reason:
        raise Refusal(f"{option} {path}: {reason}")
    return path
