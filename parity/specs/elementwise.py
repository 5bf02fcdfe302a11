"""Elementwise."""

from __future__ import annotations
from parity.spec import Spec
from parity.strategies import *

SPECS = [
    Spec("tanh"),
    Spec("add", inputs=broadcastable(2, numbers=(1,)), args=options(alpha=(2, -1.5))),
    Spec("sum", args=dims_and_keepdim),
    Spec("log", grad=POSITIVE),
    Spec("stack", inputs=listed(tensors(3)), args=dim_arg),
    Spec("max", args=dim_arg, domain=DISTINCT, grad=DISTINCT),
    Spec("T"),
    Spec("Tensor.view", inputs=nothing, args=lambda d: Call(d.tensor(), -1)),
]
