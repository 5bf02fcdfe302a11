"""Which operations are composed, and of what: the register of compositions, the primitives, and those without one."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable
from typing import Any, TypeVar

F = TypeVar("F", bound=Callable[..., Any])
COMPOSITIONS: dict[str, Callable[..., Any]] = {}
"""By the key of an operation: its value from primitives. It gets the operation's arguments, in their order."""
PRIMITIVES: frozenset[str] = frozenset(
    f"{file}.{name}"
    for file, names in (
        # arithmetic, and the functions that are not made of others
        ("arithmetic", "add sub rsub mul div neg reciprocal abs"),
        ("powers", "pow sqrt"),
        ("exponentials", "exp log"),
        ("trigonometry", "sin cos atan"),
        ("special", "erf erfinv"),
        ("choices", "where"),
        # steps: their derivative is 0 wherever they have one
        ("rounding", "sign sgn floor ceil trunc round copysign heaviside"),
        # special functions, each the derivative of another one
        ("special", "lgamma digamma polygamma i0 i1"),
        ("probability", "gammainc zeta"),
        # the same numbers elsewhere
        ("copies", "clone cast tied copy fill fill_ zero_"),
        ("places", "pick put masked_fill"),
        ("permutation", "transpose t permute flip rot90 roll"),
        ("shape", "view unsafe_view contiguous squeeze unsqueeze"),
        ("repeating", "expand repeat sum_to"),
        ("parts", "part split split_with_sizes unbind part_scatter"),
        ("joining", "cat stack block_diag"),
        ("diagonals", "diagonal diagonal_copy diag_embed diagonal_scatter tril triu"),
        ("strides", "as_strided unfold"),
        ("indexing", "assigned"),
        ("rnn", "gather_rows spread_rows"),
        # sums and products of matrices
        ("totals", "sum"),
        ("_picking", "pick place"),
        ("linalg", "mm mv dot bmm batched_matmul"),
    )
    for name in names.split()
)
"""The operations whose derivative is taken as known. Comparisons and whatever else has no gradient count as well."""
WITHOUT: dict[str, str] = {
    **dict.fromkeys(
        [f"decompositions.{name}" for name in ("eigh", "svd", "svdvals", "qr", "geqrf", "pinv")],
        "it is found by iteration or orthogonalisation, and has no formula",
    ),
    "lu.lu_factor": "it is found by elimination, and has no formula",
    **dict.fromkeys(
        ["random.bernoulli", "random.binomial", "random.poisson", "random.normal", "gamma_random.standard_gamma"],
        "it is drawn, not computed",
    ),
    "rounding.nextafter": "it has no derivative",
    "rounding.angle": "it is constant on either side of 0",
    "places.scatter_reduce": "it is a reduction over a group for each element, which primitives have no name for",
    "sorting.histogram": "it counts",
    **dict.fromkeys(["sorting.unique", "sorting.unique_dim"], "it has no derivative"),
    **dict.fromkeys(
        [
            "adaptive_pool.adaptive_avg_pool_backward",
            "avg_pool.avg_pool_backward",
            "class_loss.nll_gradient",
            "class_loss.slope",
            "sequence_loss.ctc_gradient",
            "conv.convolution_weight",
            "decompositions.cofactor",
            "decompositions.ratio",
            "diagonals.diagonal_backward",
            "embedding.embedding_bag_backward",
            "embedding.embedding_dense_backward",
            "embedding.per_count",
            "embedding.sample_weights_backward",
            "embedding.taken",
            "gamma_random.slope",
            "max_pool.max_pool_backward",
            "max_pool.max_pool_pick",
            "norm.group_sums",
            "norm.standardize",
            "norm.standardize_backward",
            "norm.weight_backward",
            "padding.pad_from_input_backward",
            "pairs.gather_pairs",
            "pairs.spread_pairs",
            "parts.part_backward",
            "places.pick_backward",
            "resample.upsample_backward",
            "resample.upsample_smooth_backward",
            "scans.cumsum_from_end",
            "strides.as_strided_backward",
            "strides.unfold_backward",
            "unpool.add_at",
            "unpool.take_at",
        ],
        "it is a part of another operation's gradient rule",
    ),
}
"""By key: why there is no composition."""


class NoCompositionError(Exception):
    """Raised by a composition for arguments that it does not cover."""


def key(op: Any) -> str:
    """What an operation is called here: its file and its name, `activation.softmax`."""
    return f"{op.__module__.rpartition('.')[2]}.{op.__name__.lstrip('_')}"


def composition(op: Any) -> Callable[[F], F]:
    """Registers a function as the composition of an operation, whose docstring it takes if it has none of its own."""

    def register(function: F) -> F:
        COMPOSITIONS[key(op)] = function
        function.__doc__ = function.__doc__ or op.__doc__
        return function

    return register


def is_primitive(op: Any) -> bool:
    """Whether the derivative of an operation is taken as known."""
    return key(op) in PRIMITIVES or not op.rules


def why_none(op: Any) -> str:
    """Why an operation has no composition."""
    return WITHOUT.get(key(op), "none is registered: see minitorch.study.composition")


def text(op: Any) -> str:
    """The source of an operation's composition, without decorators and docstring; "" where there is none."""
    function = COMPOSITIONS.get(key(op))
    if function is None:
        return ""
    try:
        source = textwrap.dedent(inspect.getsource(function))
        found = next(each for each in ast.walk(ast.parse(source)) if isinstance(each, (ast.FunctionDef, ast.Lambda)))
    except (OSError, SyntaxError, StopIteration):  # defined at a prompt, or in the middle of a line
        return f"{function.__name__}{inspect.signature(function)}"
    lines = source.splitlines()
    body: Any = found.body[0] if isinstance(found, ast.FunctionDef) else None
    documented = isinstance(body, ast.Expr) and isinstance(body.value, ast.Constant)
    head = lines[found.lineno - 1 : body.lineno - 1] if documented else lines[found.lineno - 1 :]
    return "\n".join(head + (lines[body.end_lineno :] if documented else []))
