"""A save that is killed, or finds the disk full, at any byte: the old file is whole, and the next save goes through.

Nothing is simulated: each save runs in a child process for which the system limits the size of a file to k bytes. The
write that passes it is cut there, and the child is killed by the signal SIGXFSZ, or, if it ignores that as Python does,
gets an OSError as from a full disk.
"""

import errno
import json
import os
import sys
from pathlib import Path

import pytest
from pythons import run

from nn import MLP, load, save
from nn.serialize import load_with_about

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork and limits of POSIX")
ENDINGS = ".json", ".safetensors"

SAVES = """
import gc, json, os, resource, signal, sys
from pathlib import Path
from nn import MLP, load, save

name, widths, how, places = json.loads(sys.argv[1])
path, new = Path(name), MLP(1, widths, "tanh", seed=1)
save(MLP(1, widths, "tanh", seed=0), path)
old = path.read_bytes()
save(new, path.with_stem("whole"))
whole = path.with_stem("whole").read_bytes()
size = len(whole)

def cut_at(k):
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (k, resource.RLIM_INFINITY))
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN if how == "full" else signal.SIG_DFL)

def die_at(call):
    # Killed before or after one of the calls that a save makes.
    when, name = call.split()
    genuine = getattr(os, name)
    def patched(*arguments):
        if when == "after":
            genuine(*arguments)
        os.kill(os.getpid(), signal.SIGKILL)
    setattr(os, name, patched)

def child(place):
    (cut_at if isinstance(place, int) else die_at)(place)
    try:
        save(new, path)
    except OSError as error:
        complete = error.filename == str(path.resolve()) and error.strerror == os.strerror(error.errno)
        os._exit(error.errno if complete else 1)
    except BaseException:
        os._exit(1)
    os._exit(0)

step = max(1, size // places) if isinstance(places, int) else None
found = []
gc.freeze()   # nothing is collected in the children
for place in range(0, size + 1, step) if step else places:
    path.write_bytes(old)
    pid = os.fork()
    if pid == 0:
        child(place)
    status = os.waitpid(pid, 0)[1]
    kept = path.read_bytes()
    content = "old" if kept == old else "new" if kept == whole else "broken"
    litter = sorted(p.name for p in Path().iterdir() if p.name.startswith("."))
    found.append([place, os.waitstatus_to_exitcode(status), content, len(litter)])
    if len(found) % 20 == 1:
        save(new, path)   # what lies about does not hinder the next
        assert path.read_bytes() == whole
    for p in litter:
        os.unlink(p)
print(json.dumps([size, found]))
"""


def saves(folder, ending, widths, how, places):
    """The size of a file; for each place in it how the process ended, what the file is then, how many lie beside it."""
    if ending == ".safetensors":
        pytest.importorskip("safetensors")
    arguments = json.dumps([f"model{ending}", widths, how, places])
    done = run(sys.executable, "-c", SAVES, arguments, cwd=folder)
    assert done.returncode == 0, done.stderr[-2000:]
    size, found = json.loads(done.stdout)
    return size, found


EVERY_BYTE = 10**9
KILLED = pytest.mark.parametrize(("widths", "places"), [([1], EVERY_BYTE), ([40, 1], 25)], ids=["small", "larger"])
FULL = pytest.mark.parametrize(("widths", "places"), [([1], 100), ([40, 1], 25)], ids=["small", "larger"])


@KILLED
@pytest.mark.parametrize("ending", ENDINGS)
def test_a_save_that_is_killed_at_any_byte_leaves_the_old_file_whole(tmp_path, ending, widths, places):
    import signal

    size, found = saves(tmp_path, ending, widths, "killed", places)
    assert len(found) >= min(size, places)
    for k, status, content, _ in found:
        assert (status, content) == ((0, "new") if k >= size else (-signal.SIGXFSZ, "old")), k
    # A process that is killed cannot take away what it has begun; that has a name of its own, and is hidden.
    assert {litter for k, _, _, litter in found if k < size} == {1}


@FULL
@pytest.mark.parametrize("ending", ENDINGS)
def test_a_disk_that_is_full_at_any_byte_leaves_the_old_file_and_nothing_else_and_says_so(
    tmp_path, ending, widths, places
):
    size, found = saves(tmp_path, ending, widths, "full", places)
    assert len(found) >= min(size, places)
    for k, status, content, litter in found:
        # The exit status is the error's number, if the error has its text and names the file.
        assert (status, content, litter) == ((0, "new", 0) if k >= size else (errno.EFBIG, "old", 0)), k


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_save_that_is_killed_between_its_steps_leaves_the_old_file_or_the_new_one(tmp_path, ending):
    steps = ["before fsync", "after fsync", "before replace", "after replace", "before unlink"]
    _, found = saves(tmp_path, ending, [1], "killed", steps)
    assert {step: content for step, status, content, _ in found if status == -9} == {
        "before fsync": "old",
        "after fsync": "old",
        "before replace": "old",
        "after replace": "new",
        "before unlink": "new",
    }


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_full_device_is_an_error_that_says_so():
    with pytest.raises(OSError, match="No space left on device: '/dev/full'") as caught:
        save(MLP(1, [1]), "/dev/full")
    assert caught.value.errno == errno.ENOSPC


def test_what_a_killed_save_left_is_in_nobodys_way(tmp_path):
    path = tmp_path / "model.json"
    (tmp_path / ".0123456789abcdef.tmp").write_bytes(b"half of a model")
    save(MLP(1, [1], seed=0), path, about={"epoch": 1})
    assert load(path).state_dict() == MLP(1, [1], seed=0).state_dict()
    assert load_with_about(path)[1] == {"epoch": 1}
    assert {p.name for p in tmp_path.iterdir()} == {".0123456789abcdef.tmp", "model.json"}


def test_these_tests_would_see_a_save_that_writes_in_place(tmp_path):
    in_place = "import nn.serialize\nnn.serialize.write_whole = lambda path, data: Path(path).write_bytes(data)\n"
    arguments = json.dumps(["model.json", [1], "killed", 5])
    done = run(sys.executable, "-c", SAVES.replace("name, widths", in_place + "name, widths"), arguments, cwd=tmp_path)
    assert {content for _, _, content, _ in json.loads(done.stdout)[1]} == {"broken"}
