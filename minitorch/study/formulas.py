"""The gradient rules as text: what stands under each operation in its source file."""

from __future__ import annotations

import ast
import bisect
import functools
import inspect
import linecache
from collections.abc import Callable
from typing import Any

Formula = dict[str, str | None]


def formulas(op: Any) -> list[Formula]:
    """For each argument that an operation has a gradient of: its name, the formula, the rule's name and docstring.

    In a formula `g` is the gradient of the result, `out` the result, `xp` NumPy. A rule without a docstring gets those
    of the functions that it calls.
    """
    return [
        {
            "argument": argument,
            "formula": formula(rule),
            "rule": _name(rule),
            "doc": inspect.cleandoc(rule.__doc__) if rule.__doc__ else _called(rule),
        }
        for argument, rule in op.rules.items()
    ]


def formula(rule: Callable[..., Any]) -> str:
    """A rule's text: the body of a lambda or of a function of one line, the docstring of a longer one that has one.

    A longer one without is given whole.
    """
    found = _definition(rule)
    if found is None:
        return rule.__doc__ and inspect.cleandoc(rule.__doc__) or rule.__name__
    if isinstance(found, ast.Lambda):
        return ast.unparse(found.body)
    body = found.body[1:] if ast.get_docstring(found) is not None else found.body
    (last,) = body[-1:]
    if len(body) == 1 and isinstance(last, ast.Return) and last.value is not None:
        return ast.unparse(last.value)
    return ast.get_docstring(found) or "\n".join(ast.unparse(each) for each in body)


def _called(rule: Callable[..., Any]) -> str | None:
    """What the private functions of its file, and those of private files, do that a rule calls, a line each."""
    lines = []
    for name in rule.__code__.co_names:
        called = rule.__globals__.get(name)
        home = getattr(called, "__module__", None) or ""
        private = home == rule.__module__ if name.startswith("_") else home.rpartition(".")[2].startswith("_")
        if callable(called) and private and called.__doc__:
            lines.append(f"`{name}`: {inspect.cleandoc(called.__doc__).splitlines()[0]}")
    return "\n".join(lines) or None


def doc(op: Any) -> str:
    """An operation's docstring."""
    return inspect.cleandoc(op.__doc__ or "")


def _name(rule: Callable[..., Any]) -> str | None:
    return None if rule.__name__ == "<lambda>" else rule.__name__


def _definition(rule: Callable[..., Any]) -> ast.Lambda | ast.FunctionDef | None:
    """Where a rule is written; None without its source file."""
    code = rule.__code__
    names = code.co_varnames[: code.co_argcount]
    found = [
        each
        for each in _statement(code.co_filename, code.co_firstlineno)
        if each.lineno == code.co_firstlineno and tuple(argument.arg for argument in each.args.args) == names
    ]
    if len(found) > 1:  # several lambdas in a line: that one whose body this code begins with
        places = {(line, column) for line, _, column, _ in code.co_positions()}
        found = [each for each in found if (_first(each).lineno, _first(each).col_offset) in places]
    return found[0] if found else None


def _first(function: ast.Lambda | ast.FunctionDef) -> ast.expr | ast.stmt:
    return function.body if isinstance(function, ast.Lambda) else function.body[0]


def _statement(filename: str, line: int) -> list[ast.Lambda | ast.FunctionDef]:
    """The functions in the statement of the outermost level that a line of a source file lies in."""
    starts = _starts(filename)
    k = bisect.bisect_right(starts, line) - 1
    return _functions(filename, starts[k], starts[k + 1]) if 0 <= k < len(starts) - 1 else []


@functools.cache
def _functions(filename: str, first: int, end: int) -> list[ast.Lambda | ast.FunctionDef]:
    text = "".join(linecache.getlines(filename)[first - 1 : end - 1])
    tree = ast.increment_lineno(ast.parse(text), first - 1)
    return [node for node in ast.walk(tree) if isinstance(node, (ast.Lambda, ast.FunctionDef))]


@functools.cache
def _starts(filename: str) -> list[int]:
    """The lines where the statements of the outermost level begin, and the line after the last.

    Found by their indentation: to parse a whole file of operations for one rule would take a tenth of a second.
    """
    lines = linecache.getlines(filename)
    starts = []
    decorated = False
    for number, line in enumerate(lines, start=1):
        if line[:1].isspace() or line[:1] in tuple(")]}#"):
            continue
        if not decorated:
            starts.append(number)
        decorated = line.startswith("@")
    return [*starts, len(lines) + 1] if lines else []
