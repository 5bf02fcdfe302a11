"""Backpropagation from the inside: recorded steps, graphs, explanations and comparisons, all on NumPy arrays."""

from minitorch.study.check import Check as Check
from minitorch.study.check import check as check
from minitorch.study.compositions import composition as composition
from minitorch.study.explain import Explanation as Explanation
from minitorch.study.explain import explain as explain
from minitorch.study.graph import Graph as Graph
from minitorch.study.graph import graph as graph
from minitorch.study.health import Health as Health
from minitorch.study.health import health as health
from minitorch.study.replay import Replay as Replay
from minitorch.study.trace import Trace as Trace
from minitorch.study.trace import load as load
from minitorch.study.trace import trace as trace
