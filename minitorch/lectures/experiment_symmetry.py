"""Experiment: weights that all start equal stay equal.

If every hidden unit starts with the same weights, every unit computes the same number, receives the same gradient and
takes the same step: the layer is one unit, however wide it was made. Starting at zero is the worst case, where not
even one unit learns. Random starting weights break the symmetry, and are all that is needed.
The task is exclusive or, x1 * x2 < 0, which one unit cannot solve.
"""

from __future__ import annotations

from collections.abc import Callable

import lecture_tools
import torch
from torch import nn

HIDDEN = 4

options = lecture_tools.Options(__doc__, epochs=300, lr=1.0)
args = options.parse_args()
torch.manual_seed(args.seed)

x = torch.rand(200, 2) * 2 - 1
y = (x[:, 0] * x[:, 1] < 0).float().unsqueeze(1)
print("data: 200 points made by the experiment, in the square from -1 to 1: is x1 * x2 < 0?")


def equal(layer: nn.Module) -> None:
    if isinstance(layer, nn.Linear):
        nn.init.constant_(layer.weight, 0.5)
        nn.init.zeros_(layer.bias)


def zero(layer: nn.Module) -> None:
    if isinstance(layer, nn.Linear):
        nn.init.zeros_(layer.weight)
        nn.init.zeros_(layer.bias)


def as_drawn(layer: nn.Module) -> None:
    """Linear draws its weights at random when it is made; leave them so."""


def spread(weight: torch.Tensor) -> float:
    """How far the hidden units are from all being the same one."""
    return (weight - weight[0]).abs().max().item()


def train(name: str, start: Callable[[nn.Module], None]) -> tuple[list[float], float]:
    model = nn.Sequential(nn.Linear(2, HIDDEN), nn.Tanh(), nn.Linear(HIDDEN, 1), nn.Sigmoid())
    model.apply(start)
    criterion = nn.BCELoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=args.lr)
    print(f"{name} starting weights")
    losses = []
    for epoch in lecture_tools.progress(args.epochs):
        loss = criterion(model(x), y)
        model.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
        lecture_tools.report(epoch, args.epochs, loss=losses[-1], spread=spread(model[0].weight.detach()))
    print("  hidden weights at the end:")
    for unit in model[0].weight.tolist():
        print("   " + "".join(f"{value:10.4f}" for value in unit))
    with torch.no_grad():
        right = (model(x) > 0.5).float().eq(y).sum().item() / len(y)
    print(f"  {name}: loss {losses[-1]:.6f}, accuracy {right:.4f}")
    return losses, right


curves = {}
for name, start in {"zero": zero, "equal": equal, "random": as_drawn}.items():
    curves[name], accuracy = train(name, start)

lecture_tools.summary(first_loss=curves["random"][0], last_loss=curves["random"][-1], accuracy=accuracy)

if args.plot:
    plt = lecture_tools.pyplot()
    figure, panel = plt.subplots(figsize=(8, 4.8))
    for (name, losses), line in zip(curves.items(), (":", "--", "-"), strict=True):
        panel.plot(range(1, args.epochs + 1), losses, linestyle=line, label=f"{name} starting weights")
    panel.set(xlabel="epoch", ylabel="binary cross entropy", ylim=(0, None))
    panel.set_title(f"Exclusive or with {HIDDEN} hidden units")
    panel.legend()
    lecture_tools.save_figure(figure, args.plot)
