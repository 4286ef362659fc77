"""From a lowered program to Python source: one function of straight-line NumPy calls, forward and backward.

The lines of an instruction come from the rule of its primitive, those of dots that share their inputs from the matrix
product. Here they are put together with what comes in and what goes out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from autograd.lines import ADJOINTS, TANGENTS, VALUES, Lines
from autograd.placing import Places
from autograd.product_lines import write_product
from autograd.program import Instruction, Program, counted
from autograd.rule_lines import write_rule
from autograd.wanted import Wanted

_GIVEN = ("theta", "xs", "drawn", "seed", "moved", "dxs")
"""What a run takes."""

_OF_A_RUN = ("column", "gradient", "direction")
"""Given or made in each run; the other buffers are made once for each number of rows."""

_MANY = 1000
"""Of so many lines a function is made: while it compiles one, Python takes 13 kB for each line."""


@dataclass
class Source:
    """A replay as text, and what its names stand for.

    Attributes:
        parts: texts that define one function each. The first is `bind(rows)`, which gives a function for batches of
            that many rows, and its buffers; or `bind(rows, part)`, where `part` are the functions of the other texts.
        names: arrays of indices and constants, and the functions of NumPy, by name.
    """

    parts: list[str]
    names: dict[str, Any]


def numpy_source(program: Program, instructions: Sequence[Instruction], places: Places, wanted: Wanted) -> Source:
    """The source of a replay."""
    lines = Lines(program, places, wanted, is_long=len(instructions) > _MANY)
    backwards = []
    for number, instruction in enumerate(instructions):
        lines.write(f"# {number}: {instruction.primitive.name}, {counted(len(instruction), 'node')}")
        backwards.append((write_product if instruction.shares_inputs else write_rule)(lines, instruction))
    forward, lines.text = lines.text, []
    _write_checks(lines)
    _write_outputs(lines, "results", VALUES)
    if wanted.tangents:
        _write_outputs(lines, "tangents", TANGENTS)
    if wanted.backward:
        _write_seeds(lines)
    between, lines.text = lines.text, []
    if wanted.backward:
        for backward in reversed(backwards):
            backward()
        lines.text[:0] = ["# and back"] if lines.text else []
        between = [*_zeros(lines), *between]
    return Source(_whole(lines, forward, between, lines.text), lines.names)


def _single(lines: Lines, value: int, buffers: Mapping[str, str] = VALUES) -> str:
    """One value, or what belongs to it in other buffers."""
    if value in lines.program.constants:
        number = lines.program.constants[value] if buffers is VALUES else 0.0
        return lines.named(lines.np.array([[number]]))
    return lines.read(lines.region([value]), buffers)


def _write_checks(lines: Lines) -> None:
    """Comparisons that must come out as they were recorded, in every row."""
    for j, check in enumerate(lines.program.checks):
        left, right = (_single(lines, value) for value in (check.left, check.right))
        holds = f"(holds := {'less' if check.is_strict else 'less_equal'}({left}, {right}))"
        lines.write(
            f"if not {holds}.all(): raise failed({j}, holds)"
            if check.outcome
            else f"if {holds}.any(): raise failed({j}, ~holds)"
        )


def _write_outputs(lines: Lines, name: str, buffers: Mapping[str, str]) -> None:
    """Copy the outputs to the array of that name, (n_outputs, rows); those that stand one after the other together."""
    places, outputs = lines.places, lines.program.outputs
    first = 0
    for j, value in enumerate(outputs, 1):
        following = outputs[j] if j < len(outputs) else None
        in_rows = following is not None and places.store.get(value) == places.store.get(following) == "rows"
        if in_rows and following is not None and places.slot[following] == places.slot[value] + 1:
            continue
        run = outputs[first:j]
        text = _single(lines, value, buffers) if len(run) == 1 else lines.read(lines.region(run), buffers)
        lines.write(f"{name}[{first}:{j}] = {text}")
        first = j


def _write_seeds(lines: Lines) -> None:
    """The adjoints of the outputs: what each counts in what is differentiated."""
    outputs = lines.program.outputs[:1] if lines.wanted.of_first else lines.program.outputs
    for j, value in enumerate(outputs):
        if lines.moves([value]):
            region = lines.region([value])
            seed = f"seed[{j}:{j + 1}]"
            seed = seed if region.store == "rows" else f"total({seed}, 1, None, None, True)"
            goal = lines.view(region, ADJOINTS)
            is_first = lines.written.is_first(region.store, region.slots)
            lines.write(f"copyto({goal}, {seed})" if is_first else f"add({goal}, {seed}, {goal})")


def _zeros(lines: Lines) -> list[str]:
    """Adjoints that are added to before anything was assigned, or that nothing reaches, begin at 0."""
    np, program, places, wanted = lines.np, lines.program, lines.places, lines.wanted
    of_use = {"rows": np.zeros(places.n_rows, bool), "shared": np.zeros(places.n_shared, bool)}
    for value in lines.moving:
        if places.store[value] in of_use:
            of_use[places.store[value]][places.slot[value]] = True
    names = {**ADJOINTS, **{f"x{k}": f"A{k}" for k in places.matrices}}
    if wanted.of_parameters:
        of_use["theta"] = np.ones(program.n_parameters, bool)
    if wanted.of_inputs:
        of_use |= {f"x{k}": np.ones(len(program.arguments[k]), bool) for k in places.matrices}
    return [
        f"{names[store]}[{a}:{b}] = 0.0" for store, used in of_use.items() for a, b in lines.written.ranges(store, used)
    ]


# --- the function around the lines ----------------------------------------------------------------------------------


def _whole(lines: Lines, forward: list[str], between: list[str], backward: list[str]) -> list[str]:
    """`bind(rows)` makes buffers and their views, and gives `run`, which has the lines, or calls what has them."""
    results = _results(lines)
    loads = _loads(lines)
    bound, of_a_run = _buffers(lines)
    views: list[str] = []
    views_of_a_run: list[str] = []
    for text, name in lines.views.items():
        (views_of_a_run if text.startswith(_OF_A_RUN) else views).append(f"{name} = {text}")
    body = [*views_of_a_run, *loads, *forward, *between, *backward]
    parts: list[str] = []
    if lines.is_long:
        bound += [f"views = [None] * {len(lines.views)}", f"t = [None] * {lines.temporaries}"]
        known = ["rows", *_assigned(bound)]
        views = _in_parts(parts, "view", views, known)
        body = _in_parts(parts, "run", body, [*known, *_GIVEN, *_assigned(of_a_run)])
    bind = [
        f"def bind({'rows, part' if parts else 'rows'}):",
        *[f"    {line}" for line in [*bound, *views]],
        f"    def run({', '.join(_GIVEN)}):",
        *[f"        {line}" for line in [*of_a_run, *body]],
        f"        return {results}",
        "    return run, V, U",
        "",
    ]
    return ["\n".join(bind), *parts]


def _in_parts(parts: list[str], kind: str, lines: Sequence[str], known: Sequence[str]) -> list[str]:
    """Lines that call what the lines were moved to: functions that are added to the parts, and take what is known."""
    calls = []
    taken = ", ".join(known)
    for i in range(0, len(lines), _MANY):
        calls.append(f"part[{len(parts)}]({taken})")
        text = [f"def {kind}_{i}({taken}):", *(f"    {line}" for line in lines[i : i + _MANY]), "    return", ""]
        parts.append("\n".join(text))
    return calls


def _assigned(lines: Sequence[str]) -> list[str]:
    """The names that lines like `a, b = ...` give, but not what they write into arrays."""
    names = [name for line in lines for name in line.split(" = ")[0].strip("(,)").split(", ")]
    return [name for name in names if "[" not in name]


def _unpacked(letter: str, n: int) -> str:
    return ", ".join(f"{letter}{k}" for k in range(n)) if n > 1 else f"({letter}0,)"


def _buffers(lines: Lines) -> tuple[list[str], list[str]]:
    """The lines that make buffers: once for each number of rows, and in each run."""
    program, places, wanted, np = lines.program, lines.places, lines.wanted, lines.np
    shapes = f"({places.n_rows}, rows)", f"({places.n_shared}, 1)"
    bound = [f"V = empty({shapes[0]})", f"U = empty({shapes[1]})"]
    if wanted.backward:
        bound += [f"A = empty({shapes[0]})", f"B = empty({shapes[1]})"]
    if wanted.tangents:
        bound += [f"T = zeros({shapes[0]})", f"S = zeros({shapes[1]})"]
    bound += [f"V[{slot}] = 1.0" for slot in places.ones]
    fixed = [value for value in program.constants if places.store.get(value) == "shared"]
    if fixed:
        slots = np.array([places.slot[value] for value in fixed], np.intp)
        bound.append(f"U[{lines.named(slots)}] = {lines.named(np.array([[program.constants[v]] for v in fixed]))}")
    of_a_run = []
    n = len(program.arguments)
    if n:
        of_a_run.append(f"{_unpacked('x', n)} = xs")
    if n and wanted.tangents:
        of_a_run.append(f"{_unpacked('dx', n)} = dxs")
    if program.n_parameters and wanted.tangents:
        of_a_run.append("direction = moved")
    if program.n_parameters:
        of_a_run.append("column = theta.reshape(-1, 1)")
    if wanted.of_parameters:
        of_a_run.append(f"gradient = empty(({program.n_parameters}, 1))")
    if wanted.of_inputs:
        of_a_run += [f"A{k} = empty(({len(program.arguments[k])}, rows))" for k in places.matrices]
    outputs = ["results", "tangents"] if wanted.tangents else ["results"]
    of_a_run += [f"{name} = empty(({len(program.outputs)}, rows))" for name in outputs]
    return bound, of_a_run


def _loads(lines: Lines) -> list[str]:
    """Arguments and random numbers that stand among the rows are copied there."""
    program = lines.program
    loads = []
    for k in lines.places.loaded:
        if program.arguments[k]:
            region = lines.region([*program.arguments[k]])
            loads.append(f"copyto({lines.view(region, VALUES)}, x{k})")
            if lines.wanted.tangents:
                loads.append(f"copyto({lines.view(region, TANGENTS)}, dx{k})")
    if program.draws:
        loads.append(f"copyto({lines.view(lines.region([*program.draws]), VALUES)}, drawn)")
    return loads


def _results(lines: Lines) -> str:
    """What a run returns: values, the parameters' gradient, the arguments' gradients, tangents."""
    program, places, wanted = lines.program, lines.places, lines.wanted
    inputs = []
    for k, argument in enumerate(program.arguments if wanted.of_inputs else ()):
        if k in places.matrices:
            inputs.append(f"A{k}")
        elif argument:
            inputs.append(f"{lines.view(lines.region([*argument]), ADJOINTS)}.copy()")
        else:
            inputs.append("empty((0, rows))")
    gradient = "gradient" if wanted.of_parameters else "None"
    tangents = "tangents" if wanted.tangents else "None"
    return f"results, {gradient}, [{', '.join(inputs)}], {tangents}"
