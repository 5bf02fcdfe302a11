"""Experiment: no_grad, or how to compute without building a graph.

A graph costs memory and time, so it is switched off where nobody will call backward: for testing, and for the update
of the weights itself. What is computed there does not require a gradient, even if all that it is made of does.
"""

from __future__ import annotations

import lecture_tools
import torch

options = lecture_tools.Options(__doc__, epochs=30, lr=0.1)
args = options.parse_args()
torch.manual_seed(args.seed)
print("data: random numbers drawn by the experiment")


def show(name: str, tensor: torch.Tensor) -> None:
    kind = "none" if tensor.grad_fn is None else tensor.grad_fn.name()
    print(f"  {name:28s} requires_grad {tensor.requires_grad!s:5s}  grad_fn {kind:14s}  leaf {tensor.is_leaf}")


x = torch.randn(10, 5, requires_grad=True)
y = torch.randn(10, 5, requires_grad=True)
z = torch.randn(10, 5, requires_grad=True)

print("with grad mode on, as it is unless one says otherwise:")
show("x", x)
show("x + y + z", x + y + z)

print("with torch.no_grad():")
with torch.no_grad():
    w = x + y + z
    show("x + y + z", w)
    show("x", x)
    with torch.enable_grad():
        show("x + y, grad enabled again", x + y)
show("x + y, after the block", x + y)

print("other ways out of the graph:")
show("x.detach()", x.detach())
show("(x + y).detach()", (x + y).detach())
with torch.inference_mode():
    show("x + y, in inference_mode", x + y)


@torch.no_grad()
def mean_square(x: torch.Tensor) -> torch.Tensor:
    return x.pow(2).mean()


show("by a decorated function", mean_square(x))

print("what has no graph cannot go back:")
for name, attempt in {"w.sum().backward()": lambda: w.sum().backward(), "x.numpy()": lambda: x.numpy()}.items():
    try:
        attempt()
    except RuntimeError as error:
        print(f"  {name}: {type(error).__name__}: {str(error).splitlines()[0]}")
print(f"  x.detach().numpy() has the shape {x.detach().numpy().shape}, and shares x's memory")

# The update of a weight, inside no_grad: in place, and no node of any graph.
print("a training loop with its own update:")
inputs, slope = torch.randn(20), 1.5
weight = torch.zeros((), requires_grad=True)
losses = []
for epoch in lecture_tools.progress(args.epochs):
    loss = ((weight - slope) * inputs).square().mean()
    loss.backward()
    with torch.no_grad():
        weight -= args.lr * weight.grad
    weight.grad.zero_()
    losses.append(loss.item())
    lecture_tools.report(epoch, args.epochs, loss=losses[-1], w=weight.item())

lecture_tools.summary(first_loss=losses[0], last_loss=losses[-1])

if args.plot:
    plt = lecture_tools.pyplot()
    figure, panel = plt.subplots(figsize=(7, 4.5))
    panel.plot(range(1, args.epochs + 1), losses)
    panel.set(xlabel="epoch", ylabel="mean squared error", title="A weight updated inside no_grad", yscale="log")
    lecture_tools.save_figure(figure, args.plot)
