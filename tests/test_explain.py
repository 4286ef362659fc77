"""`explain`: the steps, the words, the mistakes made on purpose; pictures of them in test_explain_pictures.py."""

import math

import pytest

import autograd
from autograd import Value, dot, softmax
from autograd.__main__ import main
from autograd.explain import explain
from autograd.report import WIDTH


def colah():
    """Olah's example at a = 2, b = 1: e = 6, de/da = 2, de/db = 5."""
    a, b = Value(2.0, "a"), Value(1.0, "b")
    e = (a + b) * (b + 1)
    e.label = "e"
    return a, b, e


def shared():
    """b is used by d and by the output: L = b + a b with b = a + 1, so L = (a + 1)^2 and dL/da = 2 (a + 1) = 6 at 2."""
    a = Value(2.0, "a")
    b = a + 1
    d = a * b
    loss = b + d
    b.label, d.label, loss.label = "b", "d", "L"
    return a, b, d, loss


def neuron():
    """The neuron of micrograd's lecture, with the gradients that are written on its board."""
    x1, x2, w1, w2 = Value(2.0, "x1"), Value(0.0, "x2"), Value(-3.0, "w1"), Value(1.0, "w2")
    b = Value(6.8813735870195432, "b")
    o = (x1 * w1 + x2 * w2 + b).tanh()
    return o, {x1: -1.5, w1: 1.0, x2: 0.5, w2: 0.0, b: 0.5}


def cross_entropy():
    """-log softmax(z)[1] at three logits; its derivative by z is softmax(z) - [0, 1, 0]."""
    z = [Value(x, f"z{i}") for i, x in enumerate((2.0, 1.0, 0.1))]
    exponentials = [math.exp(x) for x in (2.0, 1.0, 0.1)]
    expected = [x / sum(exponentials) - (i == 1) for i, x in enumerate(exponentials)]
    return -softmax(z)[1].log(), dict(zip(z, expected, strict=True))


def told(explanation):
    """The steps in numbers: name of the node, its derivative, and of each contribution what happens to whom."""
    names = explanation._narration.names
    return [
        (
            names[step.node],
            step.derivative,
            [(names[x.parent], x.local_derivative, x.product, x.before, x.after) for x in step.contributions],
        )
        for step in explanation.steps
    ]


# --- reverse mode ---------------------------------------------------------------------------------------------------


def test_the_steps_of_the_worked_example():
    # e = v2 v4 passes 1 * v4 = 2 to v2 and 1 * v2 = 3 to v4. v4 = b + 1 passes 3 to b; v2 = a + b passes 2 to a, b.
    assert told(explain(colah()[2])) == [
        ("e", 1.0, [("v2", 2.0, 2.0, 0.0, 2.0), ("v4", 3.0, 3.0, 0.0, 3.0)]),
        ("v4", 3.0, [("b", 1.0, 3.0, 0.0, 3.0)]),
        ("v2", 2.0, [("a", 1.0, 2.0, 0.0, 2.0), ("b", 1.0, 2.0, 3.0, 5.0)]),
    ]


def test_the_worked_example_as_it_is_told():
    assert (
        repr(explain(colah()[2]))
        == """\
Reverse mode: e = v2 * v4 = 6, differentiated by every node in 3 steps. All adjoints begin at 0,
that of e at 1. A node passes its adjoint on to its operands, times each local derivative; what
comes together adds up.

step  node         after  adjoint  times      adds     total
-------------------------------------------------------------
   1  e = v2 * v4  seed         1  d/dv2 = 2  v2 += 2  0 -> 2
                                   d/dv4 = 3  v4 += 3  0 -> 3
   2  v4 = b + 1   1            3  d/db = 1   b += 3   0 -> 3
   3  v2 = a + b   1            2  d/da = 1   a += 2   0 -> 2
                                   d/db = 1   b += 2   3 -> 5

Why this order: the next node is always one whose adjoint is complete. Every node that uses it has
had its step (column `after`), so nothing more will be added, and it is passed on once.

de/da = 2, de/db = 5"""
    )


def test_an_operand_that_is_used_twice_receives_two_parts():
    x = Value(3.0, "x")
    explanation = explain(x * x)
    assert told(explanation) == [("v1", 1.0, [("x", 3.0, 3.0, 0.0, 3.0), ("x", 3.0, 3.0, 3.0, 6.0)])]
    assert [part.position for part in explanation.steps[0].contributions] == [0, 1]


def test_a_node_waits_until_all_that_use_it_have_had_their_step():
    # L passes 1 to b and d; d passes 3 to a and 2 to b: b = 3. Only then b passes 3 to a: 6.
    assert told(explain(shared()[3])) == [
        ("L", 1.0, [("b", 1.0, 1.0, 0.0, 1.0), ("d", 1.0, 1.0, 0.0, 1.0)]),
        ("d", 1.0, [("a", 3.0, 3.0, 0.0, 3.0), ("b", 2.0, 2.0, 1.0, 3.0)]),
        ("b", 3.0, [("a", 1.0, 3.0, 3.0, 6.0)]),
    ]
    row = next(line for line in repr(explain(shared()[3])).splitlines() if "b = a + 1" in line)
    assert row.split() == "3 b = a + 1 1, 2 3 d/da = 1 a += 3 3 -> 6".split()


@pytest.mark.parametrize("case", [neuron, cross_entropy])
def test_derivatives_that_are_known_come_out(case):
    output, expected = case()
    explanation = explain(output)
    assert {node: explanation.totals[node] for node in expected} == pytest.approx(expected, abs=1e-15)


def outputs():
    a, b, c = Value(0.3, "a"), Value(-1.2, "b"), Value(2.0, "c")
    yield colah()[2]
    yield shared()[3]
    yield neuron()[0]
    yield cross_entropy()[0]
    yield dot([a, b, a], [b, c, 2.0], bias=a)
    yield (a * b + (a * b).exp()) / (c - a) ** 2 + 3 * c
    yield Value(0.0, "x").sqrt() * 0
    yield a


@pytest.mark.parametrize("output", [*outputs()])
def test_the_numbers_are_those_of_backward(output):
    explanation = explain(output, seed=-2.5)
    for node in explanation.totals:
        node.grad = 0.0  # inputs add up over several passes
    output.backward(seed=-2.5)
    for node, total in explanation.totals.items():
        assert repr(total) == repr(node.grad)
    assert not any(node.is_constant for node in explanation.totals)
    for step in explanation.steps:
        assert repr(step.adjoint) == repr(step.node.grad)


def test_nothing_is_changed_and_backward_need_not_have_run():
    a, _, e = colah()
    a.grad, e.grad = 7.0, 8.0
    for arguments in ({}, {"along": a}, {"wrong": "no-order"}, {"wrong": "overwrite"}):
        explanation = explain(e, **arguments)
        explanation._repr_mimebundle_()
        assert (a.grad, e.grad, a.label, e.parents[0].label) == (7.0, 8.0, "a", "")


def test_the_seed_scales_everything_and_is_said():
    text = repr(explain(colah()[2], seed=0.5))
    assert "that\nof e at 0.5." in text or "that of e at 0.5." in text.replace("\n", " ")
    assert text.endswith("\n0.5 de/da = 1, 0.5 de/db = 2.5")


def test_an_input_alone_takes_no_steps():
    explanation = explain(Value(2.0, "a"))
    assert explanation.steps == []
    assert repr(explanation).endswith("\n\nda/da = 1")


def test_plain_numbers_receive_nothing():
    x = Value(3.0, "x")
    (step,) = explain(2 * x).steps
    assert [(part.position, part.product) for part in step.contributions] == [(1, 2.0)]


def test_infinite_and_undefined_numbers_are_told():
    x = Value(0.0, "x")
    assert "dv1/dx = inf" in repr(explain(x.sqrt()))
    assert "dv3/dx = nan" in repr(explain(x.sqrt() * 0))


# --- forward mode ---------------------------------------------------------------------------------------------------


def test_forward_mode_gathers_tangents():
    # along b: v2 = a + b has 1, v4 = b + 1 has 1, e = v2 v4 has 1 * v4 + 1 * v2 = 2 + 3.
    _, b, e = colah()
    explanation = explain(e, along=b)
    assert told(explanation) == [
        ("v2", 1.0, [("b", 1.0, 1.0, 0.0, 1.0)]),
        ("v4", 1.0, [("b", 1.0, 1.0, 0.0, 1.0)]),
        ("e", 5.0, [("v2", 2.0, 2.0, 0.0, 2.0), ("v4", 3.0, 3.0, 2.0, 5.0)]),
    ]
    assert [step.tangent for step in explanation.steps] == [1.0, 1.0, 5.0]
    assert repr(explanation).startswith("Forward mode: e = v2 * v4 = 6, differentiated by b in 3 steps.")
    assert repr(explanation).endswith("\n\nde/db = 5")


def test_what_does_not_depend_on_the_input_takes_no_step():
    a, _, e = colah()
    explanation = explain(e, along=a)
    assert told(explanation) == [
        ("v2", 1.0, [("a", 1.0, 1.0, 0.0, 1.0)]),
        ("e", 2.0, [("v2", 2.0, 2.0, 0.0, 2.0)]),
    ]
    assert e.parents[1] not in explanation.totals


def test_forward_mode_along_a_node_further_inside_and_the_output_itself():
    _, b, _, loss = shared()
    # L = b + a b as a function of b, a held: 1 + a = 3
    assert explain(loss, along=b, seed=2.0).totals[loss] == 6.0
    assert explain(loss, along=loss).steps == []
    assert repr(explain(loss, along=loss)).endswith("\n\ndL/dL = 1")


@pytest.mark.parametrize("case", [neuron, cross_entropy])
def test_both_modes_agree(case):
    output, expected = case()
    for node, derivative in expected.items():
        assert explain(output, along=node).totals[output] == pytest.approx(derivative, abs=1e-15)


# --- what goes wrong ------------------------------------------------------------------------------------------------


def test_without_the_order_a_node_passes_on_too_little():
    # The walk from L reaches b at once. L: b = 1, d = 1. b, when it should wait for d, passes 1 to a. d: a = 1 + 3 = 4,
    # and b = 1 + 2 = 3, too late to be passed on: dL/da is 4 in place of 6, for want of 2 * 1.
    a, b, d, loss = shared()
    explanation = explain(loss, wrong="no-order")
    assert told(explanation) == [
        ("L", 1.0, [("b", 1.0, 1.0, 0.0, 1.0), ("d", 1.0, 1.0, 0.0, 1.0)]),
        ("b", 1.0, [("a", 1.0, 1.0, 0.0, 1.0)]),
        ("d", 1.0, [("a", 3.0, 3.0, 1.0, 4.0), ("b", 2.0, 2.0, 1.0, 3.0)]),
    ]
    mistake = explanation.mistake
    assert (mistake.step, mistake.node, mistake.wrong, mistake.right) == (2, b, 1.0, 3.0)
    assert (mistake.part, mistake.origin, mistake.origin_step) == (2.0, d, 3)
    assert (explanation.totals[a], explanation.right[a]) == (4.0, 6.0)


def test_the_wrong_pass_as_it_is_told():
    assert (
        repr(explain(shared()[3], wrong="no-order"))
        == """\
A wrong backward pass: L = b + d = 9, differentiated by every node in 3 steps. All adjoints begin at
0, that of L at 1. Without the topological order: a node passes its adjoint on as soon as a walk
from the output, depth first, reaches it.

step  node       adjoint  times     adds    total
------------------------------------------------------------
   1  L = b + d        1  d/db = 1  b += 1  0 -> 1
                          d/dd = 1  d += 1  0 -> 1
   2  b = a + 1        1  d/da = 1  a += 1  0 -> 1
                   not 3
   3  d = a * b        1  d/da = 3  a += 3  1 -> 4
                          d/db = 2  b += 2  1 -> 3  too late

node  right adjoint  here
--------------------------------
a                 6     4  wrong
b                 3     3
d                 1     1
L                 1     1

First wrong at step 2: b passed on 1, but d uses b too, and added 2 at step 3, too late. The adjoint
of b is 3; in topological order b comes after all that use it, when it is complete.

dL/da = 4 (right: 6)"""
    )


def test_a_walk_that_is_right_by_luck_goes_from_the_other_side():
    # L = d + b: from left to right d comes before b, as it should; from right to left it is as above.
    a = Value(2.0, "a")
    b = a + 1
    loss = a * b + b
    explanation = explain(loss, wrong="no-order")
    assert (explanation.mistake.node, explanation.totals[a], explanation.right[a]) == (b, 4.0, 6.0)


def test_overwriting_loses_the_first_part():
    # As right up to step 3, where v2 = a + b replaces the 3 that b holds from v4 by 2, in place of 3 + 2 = 5.
    _, b, e = colah()
    explanation = explain(e, wrong="overwrite")
    assert told(explanation)[2] == ("v2", 2.0, [("a", 1.0, 2.0, 0.0, 2.0), ("b", 1.0, 2.0, 3.0, 2.0)])
    mistake = explanation.mistake
    assert (mistake.step, mistake.node, mistake.wrong, mistake.right) == (3, b, 2.0, 5.0)
    assert (mistake.part, mistake.origin, mistake.origin_step) == (3.0, e.parents[1], 2)
    text = repr(explanation)
    assert "b = 2   3 -> 2  replaced" in text
    assert "First wrong at step 3: b held 3 from v4 (step 2), and 2 replaced it; their sum is 5." in text
    assert text.endswith("\n\nde/da = 2, de/db = 2 (right: 5)")


def test_overwriting_in_a_product_with_itself():
    x = Value(3.0, "x")
    explanation = explain(x * x, wrong="overwrite")
    assert (explanation.totals[x], explanation.right[x]) == (3.0, 6.0)


def test_a_wrong_adjoint_is_passed_on_and_marked():
    # Overwritten at d, b holds 2 in place of 3, and passes that on: a is 2 in the end.
    a, b, _, loss = shared()
    explanation = explain(loss, wrong="overwrite")
    assert (explanation.totals[a], explanation.totals[b]) == (2.0, 2.0)
    lines = repr(explanation).splitlines()
    row = next(i for i, line in enumerate(lines) if "b = a + 1" in line)
    assert lines[row + 1].split() == ["not", "3"]


def chain():
    x = Value(0.5, "x")
    return (x.sin() * 3).exp()


def doubled_twice():
    """b = a + a, c = b + b: only c uses b, so b is complete after one step, and dc/da = 4."""
    a = Value(1.0, "a")
    b = a + a
    return b + b


def late_zero():
    """b is used by d = 0 b too, which has nothing to add."""
    a, zero = Value(2.0, "a"), Value(0.0, "n")
    b = a + 1
    b.label = "b"
    return b + zero * b


@pytest.mark.parametrize(
    ("output", "wrong", "reason"),
    [
        (chain(), "no-order", "no result is used by two nodes, so each is complete as soon as it is reached."),
        (chain(), "overwrite", "no node is used twice, so no adjoint has a second part to add."),
        (colah()[2], "no-order", "b is used more than once, but an input passes nothing on."),
        (doubled_twice(), "no-order", "a is used more than once, but an input passes nothing on."),
        (
            late_zero(),
            "no-order",
            "b is used by several nodes, but this walk happens to come there last, or what comes",
        ),
        (Value(2.0, "a"), "no-order", "no result is used by two nodes"),
    ],
)
def test_where_nothing_goes_wrong_it_says_so(output, wrong, reason):
    explanation = explain(output, wrong=wrong)
    assert explanation.mistake is None
    assert explanation.totals == pytest.approx(explanation.right)
    text = " ".join(repr(explanation).split())
    assert "Nothing goes wrong here: " in text
    assert reason in text
    assert "right adjoint" not in text


def test_parts_of_zero_may_be_lost():
    # At x = 0, x * sin x passes sin 0 = 0 to x first, then 0 * cos 0 = 0.
    x = Value(0.0, "x")
    explanation = explain(x * x.sin(), wrong="overwrite")
    assert explanation.mistake is None
    assert "x is used more than once, but each part that is lost is 0." in repr(explanation)


def test_results_that_are_right_in_spite_of_a_mistake_are_called_luck():
    # softmax subtracts z0 from itself: what passes there cancels, whatever adjoint it had.
    z = [Value(x, f"z{i}") for i, x in enumerate((2.0, 1.0, 0.1))]
    explanation = explain(-softmax(z)[0].log(), wrong="no-order")
    assert explanation.mistake is not None
    assert "right all the same: by luck." in " ".join(repr(explanation).split())


# --- long graphs, odd names, errors ---------------------------------------------------------------------------------


@pytest.mark.parametrize("output", [*outputs()])
def test_it_is_readable_at_100_columns(output):
    for wrong in ("", "no-order", "overwrite"):
        assert max(map(len, repr(explain(output, wrong=wrong)).splitlines())) <= WIDTH


def test_a_long_pass_is_shortened_and_says_so(tmp_path):
    x = Value(1.0, "x")
    y = x
    for _ in range(1000):
        y = y + x
    explanation = explain(y)
    lines = repr(explanation).splitlines()
    assert len(lines) < 100
    assert [line for line in lines if line.lstrip().startswith("...")] == [" ..."]
    assert '960 steps are not shown here: `.steps` has them, and `.save("steps.txt")` writes them all.' in " ".join(
        lines
    )
    assert lines[-1] == "dv1000/dx = 1001"
    assert any(line.startswith(" 996  ") for line in lines)
    explanation.save(tmp_path / "steps.txt")
    whole = (tmp_path / "steps.txt").read_text(encoding="utf-8").splitlines()
    assert sum(" 1  " in line and " -> " in line for line in whole) >= 1000
    assert not any("not shown" in line for line in whole)


def test_a_step_with_many_operands_is_shortened():
    weights = [Value(1.0, f"w{i}") for i in range(300)]
    text = repr(explain(autograd.total(weights)))
    assert "and 288 more" in text
    assert len(text.splitlines()) < 30
    assert "and 288 more" not in explain(autograd.total(weights)).text


def test_a_deep_graph_is_no_matter():
    x = Value(1.0, "x")
    for _ in range(100_000):
        x = x + 0.5
    assert len(explain(x).steps) == 100_000
    assert explain(x, wrong="no-order").mistake is None


def test_letters_of_any_kind_are_told():
    text = repr(explain(Value(2.0, "ω\n") * Value(3.0, "<β|>")))
    assert "ω\N{REPLACEMENT CHARACTER} += 3" in text
    assert "<β|> += 2" in text


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ((3.0,), TypeError, "explain: value must be a Value, not float: 3.0"),
        ((None,), TypeError, "explain: value must be a Value, not NoneType: None"),
        ((colah()[2], "a"), TypeError, "explain: along must be a Value, not str: 'a'"),
        ((colah()[2], Value(1.0)), ValueError, "explain: the output does not depend on Value"),
    ],
)
def test_what_cannot_be_explained_is_refused(arguments, error, message):
    with pytest.raises(error, match=message):
        explain(*arguments)


def test_wrong_options_are_refused():
    a, _, e = colah()
    with pytest.raises(ValueError, match="wrong='order'; it can be 'no-order' or 'overwrite'"):
        explain(e, wrong="order")
    with pytest.raises(ValueError, match="a mistake of reverse mode; leave out along="):
        explain(e, along=a, wrong="overwrite")
    with pytest.raises(TypeError, match="seed"):
        explain(e, seed="1")


# --- the command line -----------------------------------------------------------------------------------------------


def test_the_command_line_tells_the_steps_below_the_table(capsys):
    assert main(["(a + b) * (b + 1)", "a=2", "b=1", "--no-formulas", "--explain"]) == 0
    out = capsys.readouterr().out
    report, explanation = out.split("Reverse mode: v5 = v2 * v4 = 6")
    assert report.endswith("gradient: dv5/da = 2, dv5/db = 5\n\n")
    assert explanation.endswith("\n\ndv5/da = 2, dv5/db = 5\n")
    assert main(["(a + b) * (b + 1)", "a=2", "b=1", "--no-formulas"]) == 0
    assert "Reverse mode" not in capsys.readouterr().out


def test_plain_numbers_have_nothing_to_tell(capsys):
    assert main(["2 * 3", "--explain"]) == 0
    assert capsys.readouterr().out == "6, a plain number: the expression has no names to differentiate by\n"


def test_the_help_names_the_option(capsys):
    with pytest.raises(SystemExit):
        main(["--help"])
    out = capsys.readouterr().out
    assert "--explain" in out
    assert max(map(len, out.splitlines())) <= WIDTH
