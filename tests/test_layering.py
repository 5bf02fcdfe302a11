"""The architecture, read from the imports: they run downwards, cupy stays in one file, torch stays out."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).resolve().parent.parent / "minitorch"

# From the lowest up. A module belongs to the first entry that it equals or lies under; a file imports only from lower
# layers, and within `ordered` layers also from the entries before its own.
LAYERS: list[list[str]] = [
    ["blas", "malloc"],
    ["errors", "sizes", "formats", "naming", "torch_version", "settings", "compiler", "cpu", "multiprocessing"],
    ["version", "introsort", "jit", "onnx", "distributed", "mps", "xpu", "unpickler"],
    ["devices", "__config__"],
    ["dtypes"],
    ["backend", "printing", "random_stream", "return_types"],
    ["parallel", "fused"],
    ["storage", "array_random", "array_special"],
    ["array_probability"],
    ["node"],
    ["tensor"],
    ["autograd.modes", "autograd.observer"],
    ["autograd.graph"],
    ["autograd.views", "autograd.variable"],
    ["autograd.op"],
    ["autograd.engine"],
    ["autograd.function", "autograd.functional", "autograd.gradcheck", "autograd.anomaly"],
    ["autograd"],
    ["ops._factory"],
    ["ops._operands"],
    ["ops.copies"],
    ["ops.arithmetic", "ops.rounding", "ops.choices"],
    ["ops.powers", "ops.exponentials", "ops.trigonometry", "ops.special"],
    ["ops.bits", "ops.comparison"],
    ["ops._reducing"],
    ["ops._picking"],
    ["ops.totals", "ops.extremes"],
    ["ops.variance", "ops.vector_norms", "ops.scans"],
    ["ops._arguments"],
    ["ops.probability"],
    ["ops.permutation"],
    ["ops.shape"],
    ["ops.repeating", "ops.parts"],
    ["ops.joining", "ops.diagonals", "ops.strides"],
    ["ops.part_copies"],
    ["ops.places"],
    ["ops.indexing"],
    ["ops.positions", "ops.masks"],
    ["ops.scattering"],
    ["ops.slices"],
    ["ops.sorting"],
    ["ops.linalg", "ops._elimination"],
    ["ops.pairs"],
    ["ops.decompositions"],
    ["ops.lu"],
    ["ops.norm", "ops.embedding"],
    ["ops.activation"],
    ["ops._windows"],
    ["ops._lines", "ops._gather"],
    ["ops._columns", "ops._sliding"],
    ["ops.padding"],
    ["ops.conv", "ops.max_pool", "ops.avg_pool", "ops.unpool"],
    ["ops.adaptive_pool", "ops.fractional_pool"],
    ["ops.resample"],
    ["ops._loss_reduction"],
    ["ops.distance_loss", "ops.binary_loss", "ops.class_loss", "ops.sequence_loss"],
    ["ops.margin_loss"],
    ["ops.conversion"],
    ["ops.creation"],
    ["ops.random", "ops.grid"],
    ["ops.gamma_random"],
    ["ops.attention", "ops._recurrence"],
    ["ops.rnn"],
    ["ops._lifted", "ops._methods"],
    ["linalg", "special"],
    ["cuda"],
    ["grad_scaler", "accelerator"],
    ["amp"],
    ["cpu.amp", "cuda.amp", "backends"],
    ["random", "testing", "types", "nn.parameter"],
    ["nn.functional._arguments", "nn.functional._loss"],
    ["nn.functional.activations", "nn.functional.vectors", "nn.functional.pooling", "nn.functional.dropouts"],
    ["nn.functional.distance_loss", "nn.functional.binary_loss", "nn.functional.class_loss"],
    ["nn.functional.likelihood_loss", "nn.functional.margin_loss", "nn.functional.sequence_loss"],
    ["nn.functional.numbered_loss"],
    ["nn.functional.normalizations", "nn.functional.embeddings"],
    ["nn.functional", "nn.hooks", "nn.init"],
    ["nn.module"],
    ["nn.container", "nn.conv", "nn.linear", "nn.batchnorm"],
    ["nn.utils.recomputed", "nn.utils.parametrize"],
    ["nn.utils.spectral_norm"],
    ["nn.utils"],
    ["nn.instancenorm"],
    ["nn.lazy"],
    ["nn", "nn.modules"],
    ["distributions.constraints", "distributions.utils"],
    ["distributions.distribution"],
    ["distributions.location_scale", "distributions.probs_or_logits"],
    ["distributions"],
    ["optim.optimizer"],
    ["optim.lr_scheduler"],
    ["optim", "utils", "serialization"],
    ["func.places", "func.trees"],
    ["func.batched"],
    ["func.functions"],
    ["func.levels"],
    ["func.randomness", "func.gradients", "func.modules"],
    ["func.mapping", "func.forward"],
    ["func.jacobians"],
    ["func"],
    ["profiler._kinds", "profiler._names", "profiler._flops", "profiler._table", "profiler._trace"],
    ["profiler._events"],
    ["profiler._recorder"],
    ["profiler._annotations"],
    ["autograd.profiler"],
    ["profiler"],
    ["hub"],
    ["utils.model_zoo"],
    ["utils.tensorboard._arrays"],
    ["utils.tensorboard._values"],
    ["utils.tensorboard._charts", "utils.tensorboard._hparams", "utils.tensorboard._pictures"],
    ["utils.tensorboard._embedding", "utils.tensorboard._graph", "utils.tensorboard.summary"],
    ["utils.tensorboard.writer"],
    ["utils.tensorboard"],
    ["__init__", "coverage"],
    ["utils.benchmark"],
    ["vision._pillow"],
    ["vision.transforms._geometry"],
    ["vision.transforms._resample", "vision.transforms._functional_pil"],
    ["vision.transforms._functional_tensor"],
    ["vision.transforms.functional"],
    ["vision.transforms._transform"],
    ["vision.transforms._containers", "vision.transforms._conversion"],
    ["vision.transforms._geometric", "vision.transforms._color"],
    ["vision.transforms.transforms", "vision.transforms.autoaugment"],
    ["vision.transforms.v2.functional"],
    ["vision.transforms.v2"],
    ["vision.transforms"],
    ["vision.ops.boxes", "vision.ops.focal_loss", "vision.ops.misc", "vision.ops.stochastic_depth"],
    ["vision.ops"],
    ["vision.models"],
    ["vision.utils", "vision.io"],
    ["vision.datasets"],
    ["vision"],
    ["study.names", "study.formulas", "study.layout", "study.many"],
    ["study.health.data", "study.health.measure"],
    ["study.health.flags", "study.health.tensors"],
    ["study.health.figure", "study.health.table", "study.health.watch"],
    ["study.health"],
    ["study.check.compositions.registry"],
    ["study.check.compositions.arithmetic", "study.check.compositions.rounding", "study.check.compositions.choices"],
    ["study.check.compositions.powers", "study.check.compositions.exponentials"],
    ["study.check.compositions.trigonometry", "study.check.compositions.special"],
    ["study.check.compositions.totals"],
    ["study.check.compositions.extremes", "study.check.compositions.variance"],
    ["study.check.compositions.vector_norms", "study.check.compositions.scans"],
    ["study.check.compositions.sorting"],
    ["study.check.compositions.linalg", "study.check.compositions.pairs"],
    ["study.check.compositions.decompositions"],
    ["study.check.compositions.norm", "study.check.compositions.embedding"],
    ["study.check.compositions.activation"],
    ["study.check.compositions.windows", "study.check.compositions.padding"],
    ["study.check.compositions.max_pool", "study.check.compositions.avg_pool", "study.check.compositions.unpool"],
    ["study.check.compositions.conv", "study.check.compositions.adaptive_pool", "study.check.compositions.resample"],
    ["study.check.compositions.attention", "study.check.compositions.rnn"],
    ["study.check.compositions.distance_loss", "study.check.compositions.class_loss"],
    ["study.check.compositions.binary_loss", "study.check.compositions.margin_loss"],
    ["study.check.compositions.sequence_loss", "study.check.compositions.fractional_pool"],
    ["study.check.compositions.probability"],
    ["study.check.compositions", "study.check.differences"],
    ["study.check.composing", "study.check.results"],
    ["study.check.compare", "study.check.report", "study.check.problem", "study.check.reference"],
    ["study.check.solve", "study.check.subject"],
    ["study.check"],
    ["study.trace.values", "study.trace.encoding", "study.trace.frames", "study.trace.nodes"],
    ["study.trace.record", "study.trace.replay", "study.page"],
    ["study.trace.origins"],
    ["study.trace.naming"],
    ["study.trace.recorder"],
    ["study.trace.build"],
    ["study.trace.file"],
    ["study.trace.steps"],
    ["study.trace"],
    ["study.graph.snapshot"],
    ["study.graph.tree", "study.graph.wording"],
    ["study.graph.explain", "study.graph.picture"],
    ["study.graph"],
    ["study"],
    ["runner"],
    ["course"],
    ["study.diff.gaps", "study.diff.operations"],
    ["study.diff.child.channel", "study.diff.child.script", "study.diff.child.seeds"],
    ["study.diff.child.recorder"],
    ["study.diff.child.minitorch_engine", "study.diff.child.torch_engine"],
    ["study.diff.child"],
    ["study.diff.run"],
    ["study.diff.match", "study.diff.report"],
    ["study.diff.comparison"],
    ["study.diff"],
    ["cli"],
    ["__main__"],
]
LOCAL_IMPORTS = {
    "backend": "CuPy is optional",
    "study.layout": "igraph is optional",
    "study.health.figure": "matplotlib is optional",
    "utils.tensorboard._pictures": "matplotlib is optional",
    "hub": "urllib.request would take a twentieth of a second of each import, for downloads alone",
    "cli": "`minitorch --help` need not load the engine",
    "runner": "the engine that a script asks for is loaded when it is known",
}


class Edge(NamedTuple):
    importer: str
    imported: str
    local: bool


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" and len(parts) > 1 else parts)


def files() -> list[Path]:
    return [path for path in sorted(ROOT.rglob("*.py")) if "lectures" not in path.parts]


MODULES = {module_name(path) for path in files()}


def edges(path: Path) -> list[Edge]:
    """Every import of a file; imports for type checkers only are left out."""
    tree = ast.parse(path.read_text())
    skipped = {
        inner
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        for inner in ast.walk(node)
    }
    inside = {
        inner for node in ast.walk(tree) if isinstance(node, (ast.FunctionDef, ast.Lambda)) for inner in ast.walk(node)
    }
    found = []
    for node in ast.walk(tree):
        if node in skipped:
            continue
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            names = [
                f"{node.module}.{alias.name}"
                if f"{node.module}.{alias.name}".removeprefix("minitorch.") in MODULES
                else node.module
                for alias in node.names
            ]
        else:
            continue
        found += [Edge(module_name(path), name, node in inside) for name in names]
    return found


def layer(module: str) -> int:
    for own in range(len(module.split(".")), 0, -1):
        stem = ".".join(module.split(".")[:own])
        for level, names in enumerate(LAYERS):
            if stem in names:
                return level
    raise AssertionError(f"{module} has no layer: give it one in tests/test_layering.py")


@pytest.mark.parametrize("path", files(), ids=module_name)
def test_imports_run_downwards(path: Path) -> None:
    for edge in edges(path):
        top, _, rest = edge.imported.partition(".")
        if top != "minitorch" or (edge.local and edge.importer in LOCAL_IMPORTS):
            continue
        imported = rest or "__init__"
        if edge.importer.startswith(imported + ".") or imported.startswith(edge.importer + "."):
            continue  # a package and its own parts: the order among those is that of LAYERS, checked part by part
        same_family = edge.importer.rpartition(".")[0] == imported.rpartition(".")[0] != ""
        lowest = layer(imported) < layer(edge.importer) or (same_family and layer(imported) <= layer(edge.importer))
        assert lowest, f"{edge.importer} imports {imported}, which stands above it"


@pytest.mark.parametrize("path", files(), ids=module_name)
def test_what_is_imported_where(path: Path) -> None:
    for edge in edges(path):
        top = edge.imported.partition(".")[0]
        assert top != "torch", f"{edge.importer} imports torch"
        assert top not in ("cupy", "cupyx") or edge.importer == "backend", f"{edge.importer} imports cupy"
        assert not edge.local or edge.importer in LOCAL_IMPORTS, (
            f"{edge.importer} imports {edge.imported} in a function"
        )


def test_every_name_in_the_table_exists() -> None:
    for names in LAYERS:
        for name in names:
            assert name in MODULES, f"{name} is in the table of layers, but there is no such module"


def test_there_is_no_cycle() -> None:
    """Within a layer the table allows edges among parts of one package: they must not run in circles."""
    graph = {
        module_name(path): {
            edge.imported.removeprefix("minitorch.")
            for edge in edges(path)
            if edge.imported.startswith("minitorch.") and not edge.local
        }
        for path in files()
    }
    done: set[str] = set()

    def visit(module: str, trail: tuple[str, ...]) -> None:
        assert module not in trail, f"imports run in a circle: {' -> '.join((*trail, module))}"
        if module in done:
            return
        for imported in sorted(graph.get(module, ())):
            visit(imported, (*trail, module))
        done.add(module)

    for module in sorted(graph):
        visit(module, ())
