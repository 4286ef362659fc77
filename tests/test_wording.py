"""The words of messages."""

import pytest

from nn.wording import choices, counted, listed, require, shortened


def test_nouns_are_counted():
    assert [counted(n, "row") for n in (0, 1, 2)] == ["0 rows", "1 row", "2 rows"]


def test_long_values_are_shortened_to_one_line():
    assert shortened("a\nb") == "'a\\nb'"
    assert shortened("x" * 60) == repr("x" * 60)
    assert shortened("x" * 61) == repr("x" * 60 + "...")
    assert shortened([1, 2]) == "[1, 2]"
    assert shortened(list(range(1000))) == "[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16..."
    assert len(shortened(list(range(1000)))) == 60


def test_what_has_no_repr_is_named_by_its_kind():
    deep = []
    for _ in range(100_000):
        deep = [deep]
    assert shortened(deep) == "<very large list>"
    assert shortened(10**5000) == "<very large int>"


def test_a_dozen_names_are_listed():
    assert listed("abc") == "'a', 'b', 'c'"
    assert listed(str(i) for i in range(13)).endswith("'11', ... (13 in all)")


def test_a_near_miss_is_guessed():
    assert choices("sigmoyd", ["sigmoid", "relu"]) == "'sigmoid', 'relu'; did you mean 'sigmoid'?"
    assert choices("zzz", ["sigmoid", "relu"]) == "'sigmoid', 'relu'"


@pytest.mark.parametrize(
    ("value", "error", "message"),
    [
        (True, TypeError, "n is True, a bool; wanted an even int"),
        ("2", TypeError, "n is '2', a str; wanted an even int"),
        (3, ValueError, "n is 3; wanted an even int"),
    ],
)
def test_an_argument_is_refused_with_what_came_and_what_was_wanted(value, error, message):
    require("n", 2, int, lambda n: n % 2 == 0, "an even int")
    with pytest.raises(error) as caught:
        require("n", value, int, lambda n: n % 2 == 0, "an even int")
    assert str(caught.value) == message
