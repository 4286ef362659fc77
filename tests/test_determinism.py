"""The same seed gives the same numbers, bit for bit: in every run, process and Python; replayed, in every process.

That a replay gives the numbers of eager to 1e-12 is what test_replay.py and test_tape.py test. Functions such as exp
are those of the C library: equal on one machine, whatever its Pythons, but not on every machine.
"""

import math
import random
import sys

import pytest
from digests import POINTS, digest, network, trained
from pythons import ROOT, VERSIONS, found, run

from nn import losses
from nn.history import Means


def printed(*arguments, python=sys.executable, env=None, **settings):
    """What digests.py prints, as a dict."""
    done = run(python, str(ROOT / "tests" / "digests.py"), *arguments, env=env or {}, **settings)
    assert done.returncode == 0, done.stderr
    return dict(line.rsplit(" ", 1) for line in done.stdout.splitlines())


@pytest.fixture(scope="module")
def expected():
    return printed(env={"PYTHONHASHSEED": "0"})


def test_a_difference_in_the_last_bit_is_seen(expected):
    assert digest({"w": [0.1 + 0.2, -0.0]}) == digest({"w": [0.1 + 0.2, -0.0]})
    assert digest(0.1 + 0.2) != digest(0.3)
    assert digest(0.0) != digest(-0.0)
    assert len(set(expected.values())) > 0.9 * len(expected) > 90  # and the cases are different ones


def test_neither_hashes_nor_folders_nor_optimisation_change_a_bit(expected, tmp_path):
    # The order of sets, and of whatever hangs on it, is another for each of these seeds.
    assert printed(env={"PYTHONHASHSEED": "1"}, cwd=tmp_path) == expected
    assert printed(env={"PYTHONHASHSEED": "random", "PYTHONOPTIMIZE": "2"}) == expected


@pytest.mark.parametrize("version", VERSIONS)
def test_every_python_gives_the_same_bits(expected, version):
    python = found(version)
    if python is None:
        pytest.skip(f"Python {version} is not installed here: neither python{version} on the PATH nor a pyenv has it")
    assert printed(python=python) == expected


def test_the_global_generator_is_neither_used_nor_moved():
    def once():
        model = network("relu", dropout=0.5)
        return trained(model, POINTS.inputs, POINTS.targets, losses.squared_error)

    random.seed(1)
    state, first = random.getstate(), once()
    assert random.getstate() == state
    random.seed(2)
    assert once() == first


def test_two_processes_replay_to_the_same_bits(expected):
    pytest.importorskip("numpy")
    replayed = printed("tape", env={"PYTHONHASHSEED": "0"})
    assert printed("tape", env={"PYTHONHASHSEED": "3"}) == replayed
    assert replayed.keys() <= expected.keys()


@pytest.mark.parametrize(
    ("numbers", "mean"),
    [
        ([0.1] * 10, 0.1),  # the sum() of 3.11 is 0.9999999999999999, that of 3.12 is 1.0
        ([1e16, 1.0, 1.0, -1e16], 0.5),
        ([1e308, 1e308, -1e308], math.inf),
        ([1.0, math.inf], math.inf),
        ([math.inf, -math.inf], math.nan),
        ([1.0, math.nan], math.nan),
    ],
)
def test_a_mean_has_the_same_bits_whatever_the_python(numbers, mean):
    means = Means()
    means.extend("loss", numbers)
    assert repr(means.result()["loss"]) == repr(mean)
