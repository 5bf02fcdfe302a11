"""Experiment: where activations are steep, where they are flat, and what a deep network makes of it.

On its way back a gradient is multiplied by the slope of every activation that it passes. Where an activation is flat
(it saturates) little is left of it: the sigmoid is never steeper than 1/4 and flat on both sides, the relu is as steep
as can be on the right and dead on the left. The others are answers to that: tanh has its mean at zero, leaky relu, elu
and gelu let something through on the left. Values and slopes are drawn up side by side, the slopes by the graph, then
a network of 12 layers is trained with each.
"""

from __future__ import annotations

from collections.abc import Callable

import lecture_tools
import torch
import torch.nn.functional as F
from torch import nn

ACTIVATIONS: dict[str, Callable[[torch.Tensor], torch.Tensor]] = {
    "sigmoid": torch.sigmoid,  # these four saturate on both sides
    "tanh": torch.tanh,
    "erf": torch.erf,
    "softsign": F.softsign,
    "relu": F.relu,  # these on the left only
    "softplus": F.softplus,
    "elu": F.elu,
    "gelu": F.gelu,
    "silu": F.silu,
    "leaky_relu": lambda x: F.leaky_relu(x, 0.1),  # and this one nowhere
}
FLAT = 0.05
"""An activation counts as saturated from where its slope stays below this."""
LAYERS, WIDTH, POINTS = 12, 16, 128


class Deep(nn.Module):
    """Two coordinates in, a score out, and between them so many layers that a gradient can get lost."""

    def __init__(self, activation: str) -> None:
        super().__init__()
        widths = [2] + [WIDTH] * LAYERS
        self.hidden = nn.ModuleList(nn.Linear(*pair) for pair in zip(widths, widths[1:], strict=False))
        self.out = nn.Linear(WIDTH, 1)
        self.activate = ACTIVATIONS[activation]
        for layer in self.hidden:  # the same start for all, made for relu: it keeps the size of what passes
            nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
            nn.init.zeros_(layer.bias)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        for layer in self.hidden:
            x = self.activate(layer(x))
        return self.out(x)


def value_and_slope(name: str, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """An activation and its derivative at every x, the derivative by the graph."""
    x = x.clone().requires_grad_()
    value = ACTIVATIONS[name](x)
    (slope,) = torch.autograd.grad(value.sum(), x)  # of a sum: every x meets only its own value
    return value.detach(), slope


def saturation(name: str, x: torch.Tensor) -> dict[str, float]:
    """Up to which of the points, which rise, an activation is flat, and from which on; a steep end is left out."""
    _, slope = value_and_slope(name, x)
    steep = (slope.abs() >= FLAT).nonzero()
    before, after = steep[0].item() - 1, steep[-1].item() + 1
    ends = {"up to": rounded(x[before])} if before >= 0 else {}
    return {**ends, "from": rounded(x[after])} if after < len(x) else ends


def rounded(value: torch.Tensor) -> float:
    """To two digits, and never -0.00."""
    return round(value.item(), 2) + 0.0


def train(name: str, show: bool) -> tuple[list[float], list[float], float]:
    """Train with an activation: the losses, every layer's gradient in the first step, and the accuracy."""
    torch.manual_seed(args.seed)  # every activation starts from the same weights
    model = Deep(name)
    criterion = nn.BCEWithLogitsLoss()
    optimizer = torch.optim.Adam(model.parameters(), lr=args.lr)  # its steps suit small and large gradients alike
    losses: list[float] = []
    gradients: list[float] = []
    for epoch in lecture_tools.progress(args.epochs):
        loss = criterion(model(points), labels)
        optimizer.zero_grad()
        loss.backward()
        if epoch == 1:
            gradients = [layer.weight.grad.norm().item() for layer in model.hidden]
        optimizer.step()
        losses.append(loss.item())
        if show:
            lecture_tools.report(epoch, args.epochs, loss=losses[-1])
    with torch.no_grad():
        correct = (model(points) > 0) == (labels > 0.5)
    return losses, gradients, correct.sum().item() / len(correct)


options = lecture_tools.Options(__doc__, epochs=40, lr=0.003)
options.add_argument("--activation", choices=ACTIVATIONS, default="tanh", help="of the summary's model")
args = options.parse_args()
torch.manual_seed(args.seed)

points = torch.randn(POINTS, 2)
labels = (points.norm(dim=1, keepdim=True) < 1.2).float()
print(f"data: {POINTS} points made by the experiment: inside a circle or outside")

# Values and slopes. The mean over inputs around zero is what the next layer gets on top of its bias, wanted or not.
x = torch.linspace(-6.0, 6.0, 241)
around_zero = torch.linspace(-2.0, 2.0, 81)
print(f"activation    from     to   mean  steepest  flat (slope below {FLAT:g})")
for name in ACTIVATIONS:
    value, slope = value_and_slope(name, x)
    flat = ", ".join(f"{side} {bound:.2f}" for side, bound in saturation(name, x).items())
    mean = rounded(ACTIVATIONS[name](around_zero).mean())
    print(
        f"  {name:10s}{value.min().item():6.2f} {value.max().item():6.2f} {mean:6.2f} {slope.max().item():9.2f}"
        f"  {flat or 'nowhere'}"
    )

print(f"{LAYERS} layers of {WIDTH}, each activation from the same weights, {args.epochs} steps")
curves, gradients = {}, {}
rows = []
for name in ACTIVATIONS:
    curves[name], gradients[name], accuracy = train(name, show=name == args.activation)
    first, last = gradients[name][0], gradients[name][-1]
    rows.append(f"  {name:10s} {first:16.2e} {last:15.2e} {curves[name][-1]:10.3f} {accuracy:9.2f}")
    if name == args.activation:
        chosen = accuracy
print("activation  first gradient: layer 1        layer 12  last loss  accuracy")
print("\n".join(rows))

losses = curves[args.activation]
lecture_tools.summary(first_loss=losses[0], last_loss=losses[-1], accuracy=chosen)

if args.plot:
    plt = lecture_tools.pyplot()
    names = list(ACTIVATIONS)
    rows_of_panels = [[name for name in half for _ in "12"] for half in (names[:5], names[5:])]
    figure, panels = plt.subplot_mosaic(
        [*rows_of_panels, ["layers"] * 5 + ["losses"] * 5], figsize=(15, 10), height_ratios=[1, 1, 1.5]
    )
    for name in names:
        value, slope = value_and_slope(name, x)
        for side, bound in saturation(name, x).items():
            panels[name].axvspan(bound, -6 if side == "up to" else 6, color="lightgray")
        panels[name].plot(x.numpy(), value.numpy(), label="value")
        panels[name].plot(x.numpy(), slope.numpy(), linestyle="--", label="slope")
        panels[name].set(title=name, xlim=(-6, 6), ylim=(-1.4, 2.4), xticks=(-4, -2, 0, 2, 4))
    panels[names[0]].plot([], [], color="lightgray", linewidth=8, label="flat")
    panels[names[0]].legend(loc="upper left", fontsize=8)
    for number, name in enumerate(names):
        style = {"label": name, "linestyle": "-" if number < 5 else "--", "color": f"C{number % 5}"}
        panels["layers"].plot(range(1, LAYERS + 1), gradients[name], marker=".", **style)
        panels["losses"].plot(range(1, args.epochs + 1), curves[name], **style)
    panels["layers"].set(xlabel="layer", ylabel="norm", yscale="log", title="The gradient of each layer, first step")
    panels["losses"].set(xlabel="step", ylabel="binary cross entropy", title="The loss")
    panels["layers"].legend(ncols=2)
    lecture_tools.save_figure(figure, args.plot)
