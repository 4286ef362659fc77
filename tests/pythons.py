"""The Pythons that are installed here, and programs run in them with nothing but these packages on their path."""

import os
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[1]
VERSIONS = "3.11", "3.12", "3.13"


def run(python, *arguments, path=(), **settings):
    """A program in an interpreter of its own, in which the modules of this project come first."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
    environment |= {"PYTHONPATH": os.pathsep.join([str(ROOT), *path]), "PYTHONDONTWRITEBYTECODE": "1"}
    environment |= settings.pop("env", {})
    settings = {"capture_output": True, "text": True, "check": False} | settings
    return subprocess.run([python, *arguments], env=environment, **settings)  # noqa: S603, PLW1510 (ours)


@cache
def found(version):
    """Where the Python of a version is, such as "3.12": this one, one on the PATH, or one that pyenv has; else None."""
    if version == f"{sys.version_info.major}.{sys.version_info.minor}":
        return sys.executable
    command = shutil.which(f"python{version}")
    if command is None:
        return None
    asked = "import sys; print('%d.%d' % sys.version_info[:2], sys.executable)"
    answer = run(command, "-c", asked)
    if answer.returncode and (pyenv := shutil.which("pyenv")):  # a shim, which wants to be told for whom it stands
        names = run(pyenv, "whence", f"python{version}").stdout.split()
        answer = run(command, "-c", asked, env={"PYENV_VERSION": ":".join(names)})
    is_it = answer.returncode == 0 and answer.stdout.split()[0] == version
    return answer.stdout.split(maxsplit=1)[1].strip() if is_it else None
