"""Backpropagation from the inside: recorded steps, graphs, explanations and comparisons, all on NumPy arrays."""

from minitorch.study.check import Check as Check
from minitorch.study.check import check as check
from minitorch.study.check.compositions import composition as composition
from minitorch.study.graph import Graph as Graph
from minitorch.study.graph import graph as graph
from minitorch.study.graph.explain import Explanation as Explanation
from minitorch.study.graph.explain import explain as explain
from minitorch.study.health import Health as Health
from minitorch.study.health import health as health
from minitorch.study.trace import trace as trace
from minitorch.study.trace.file import Trace as Trace
from minitorch.study.trace.file import load as load
from minitorch.study.trace.replay import Replay as Replay
