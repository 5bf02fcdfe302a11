"""How much of torch's public API minitorch has: the bundled list of torch's names, and the table of `minitorch api`."""

from __future__ import annotations

import difflib
import functools
import importlib
import re
from dataclasses import dataclass
from pathlib import Path

LIST = Path(__file__).with_name("torch_names.txt")


@dataclass(frozen=True)
class Family:
    """Names that minitorch does not set out to have, so that they are counted apart."""

    namespaces: tuple[str, ...] = ()
    """All that these hold belongs to the family."""
    pattern: str = "(?!)"
    """So does a name that fully matches this and stands in one of `within`."""
    within: tuple[str, ...] = ("torch", "torch.Tensor", "torch.nn", "torch.nn.Module", "torch.nn.functional")


# The first family that matches counts.
FAMILIES = {
    "quantized and low-bit": Family(
        ("torch.ao",),
        r"q_\w+|quint\w+|qint\d+|qscheme|QU?Int\w+|quantized?_\w+|fake_quantize_\w+|(is|empty)_quantized|dequantize|int_repr"
        r"|choose_qparams_optimized|fbgemm_\w+|fused_moving_avg_obs_fake_quant|per_(channel|tensor)_\w+"
        r"|u?int[1-7]|bits?\d*|bits\d+x\d+|float[48]_\w+",
    ),
    "complex": Family(
        (),
        r"complex\d*|c(float|double)|chalf|Complex\w+Storage|polar|view_as_(complex|real)|is_(conj|neg)|resolve_(conj|neg)"
        r"|conj_physical_?",
    ),
    "sparse": Family(
        ("torch.sparse",),
        r"sparse_\w+|\w+_sparse(_\w+)?|(ccol_|col_|crow_|row_)?indices|values|dsmm|hsmm|hspmm|saddmm|smm|spmm|sspaddmm"
        r"|is_coalesced|coalesce|dense_dim|to_dense",
    ),
    "fft": Family(("torch.fft",), r"i?stft"),
    "jit and internals": Family(
        ("torch.jit",),
        r"\w+Type|Script\w*|Lite\w+|Graph\w*|\w+TypeBuilder|\w+Logger|LoggerBase|\w*SerializationStorageContext|PyTorchFile\w+"
        r"|Benchmark\w+|ThroughputBenchmark|(Complete)?Argument(Spec)?|AliasDb|Block|CallStack|Capsule|Code|CompilationUnit"
        r"|DeepCopyMemoTable|DisableTorch\w+|DispatchKey\w*|Exclude\w+|ErrorReport|ExecutionPlan|FatalError|AcceleratorError"
        r"|FileCheck|FunctionSchema|Future|Gradient|IODescriptor|JITException|Node|OperatorInfo|StaticModule|StreamObjType|Tag"
        r"|TracingState|Use|Value|AVG|SUM|BufferDict|fork|wait|import_ir_\w+|parse_(ir|schema|type_comment)|cpp"
        r"|merge_type_from_type_comment|unify_type_list|thread_safe_generator|compiled_with_cxx11_abi",
        within=("torch",),
    ),
    "distributed": Family(
        ("torch.distributed",), r"is_distributed|SyncBatchNorm|Distributed\w+",
        within=("torch", "torch.Tensor", "torch.nn", "torch.nn.parallel", "torch.utils.data"),
    ),
    "export": Family(("torch.export", "torch.onnx"), r"export"),
    "compile": Family(("torch.compiler",), r"compile|cond|while_loop|sym_\w+|Sym(Int|Float|Bool)"),
    "other devices and backends": Family(
        ("torch.xpu", "torch.mps"),
        r"(cudnn|miopen|mkldnn|native)_\w+|(is|to)_(mkldnn|mps|mtia|ipu|xla|xpu|vulkan|maia)|is_vulkan_available|xpu|ipu|mtia"
        r"|(get|set|is)_autocast_(ipu|xla)\w*|batch_norm_(backward|elemt|gather|stats|update)\w*|has_(lapack|mkl|openmp|spectral)",
    ),
    "copies of views": Family((), r"(?!index_|narrow_)\w+_copy", within=("torch",)),
    "removed from torch": Family((), r"symeig|eig|solve|lstsq|matrix_rank|volatile|reinforce"),
}  # fmt: skip


@dataclass(frozen=True)
class Row:
    """The coverage of one namespace: names of torch's that minitorch has, that it lacks, and that are counted apart."""

    namespace: str
    have: tuple[str, ...]
    missing: tuple[str, ...]
    apart: dict[str, int]


@functools.cache
def sections() -> dict[str, dict[str, str]]:
    """Torch's names by namespace, each with the module that torch reports for it, '' for the namespace itself.

    The section "modules" lists torch's modules instead.
    """
    found: dict[str, dict[str, str]] = {}
    for line in LIST.read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            section = found.setdefault(line.strip("[]"), {})
        elif line and not line.startswith("#"):
            name, _, home = line.partition(" ")
            section[name] = home
    return found


def minitorch_name(torch_name: str) -> str:
    """Where minitorch keeps what torch calls `torch_name`: torchvision's names are those of minitorch.vision."""
    root, dot, rest = torch_name.partition(".")
    return {"torch": "minitorch", "torchvision": "minitorch.vision"}[root] + dot + rest


def find(namespace: str) -> object | None:
    """Minitorch's module or class of torch's dotted name, None if there is none."""
    head, _, last = minitorch_name(namespace).rpartition(".")
    if head and last[0].isupper():
        return getattr(find_module(head), last, None)
    return find_module(minitorch_name(namespace))


def find_module(name: str) -> object | None:
    """Import a module of minitorch, None if there is none of that name."""
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name and name.startswith(error.name):
            return None
        raise


def family(namespace: str, name: str) -> str | None:
    """The family under which a name is counted apart, None for one that counts."""
    for title, part in FAMILIES.items():
        if any(namespace == whole or namespace.startswith(whole + ".") for whole in part.namespaces):
            return title
        if namespace in part.within and re.fullmatch(part.pattern, name):
            return title
    return None


def measure(namespace: str) -> Row:
    """Compare one namespace of the list with minitorch."""
    owner = find(namespace)
    have: list[str] = []
    missing: list[str] = []
    apart: dict[str, int] = {}
    for name in sections()[namespace]:
        title = family(namespace, name)
        if title is not None:
            apart[title] = apart.get(title, 0) + 1
        else:
            (have if owner is not None and hasattr(owner, name) else missing).append(name)
    return Row(namespace, tuple(have), tuple(missing), apart)


def namespaces(module: str | None = None) -> list[str]:
    """The listed namespaces: all of them, or `module` ("nn", "torch.nn") with what lies inside; empty if unknown."""
    listed = [name for name in sections() if name != "modules"]
    if module is None:
        return listed
    for full in (module, f"torch.{module}", f"torchvision.{module}"):
        inside = [name for name in listed if name == full or name.startswith(full + ".")]
        if inside:
            return inside
    return []


def table(rows: list[Row], with_missing: bool) -> str:
    """The coverage as text: a line for each namespace, the sum, and what is counted apart."""
    width = max(len(row.namespace) for row in rows)
    lines = [f"{'namespace':{width}}  have  torch      %"]
    apart: dict[str, int] = {}
    for row in rows:
        for title, count in row.apart.items():
            apart[title] = apart.get(title, 0) + count
        if not row.have and not row.missing:
            continue
        lines.append(_line(row.namespace, width, len(row.have), len(row.missing)))
        if with_missing and row.missing:
            lines += _wrapped(row.missing)
    lines.append(_line("all", width, sum(len(row.have) for row in rows), sum(len(row.missing) for row in rows)))
    if apart:
        lines.append("")
        lines.append("counted apart: " + ", ".join(f"{title} {apart[title]}" for title in FAMILIES if title in apart))
    return "\n".join(lines)


def near(name: str, owner: object | None, namespace: str) -> list[str]:
    """Up to three names that minitorch has and that are close to the one asked for, the same name elsewhere first."""
    listed = sections()
    elsewhere = [
        f"{section}.{other}"
        for section, names in listed.items()
        if section not in ("modules", namespace)
        for other in names
        if other.casefold() == name.casefold() and hasattr(find(section), other)
    ]
    here = {} if owner is None else {other.casefold(): other for other in _offered(owner, namespace)}
    close = [f"{namespace}.{here[other]}" for other in difflib.get_close_matches(name.casefold(), here, 3, 0.6)]
    modules = [other for other in elsewhere if "Tensor" not in other]
    return (modules + close + [other for other in elsewhere if other not in modules])[:3]


def _offered(owner: object, namespace: str) -> list[str]:
    """The public names of a module or class of minitorch, without its internal modules."""
    listed = sections().get(namespace)
    return [name for name in dir(owner) if not name.startswith("_") and (listed is None or name in listed)]


def _line(title: str, width: int, have: int, missing: int) -> str:
    total = have + missing
    return f"{title:{width}}  {have:4d}  {total:5d}  {100 * have / total if total else 100:5.1f}"


def _wrapped(names: tuple[str, ...], width: int = 116) -> list[str]:
    lines = [""]
    for name in names:
        if lines[-1] and len(lines[-1]) + 1 + len(name) > width:
            lines.append("")
        lines[-1] += f" {name}" if lines[-1] else name
    return [f"    {line}" for line in lines]
