"""Lecture 07: many inputs, several layers, and the activations between them.

Eight measurements of a patient, and the question whether the illness is there: a network of layers 8-6-4-1.
A layer is a matrix product; what makes several of them more than one is the nonlinear function in between.
The lecture draws up the usual ones with their gradients, trains the network with one of them (--activation),
and with --compare with each.
"""

from __future__ import annotations

from collections.abc import Callable

import lecture_tools
import torch
import torch.nn.functional as F
from torch import nn

ACTIVATIONS: dict[str, Callable[[torch.Tensor], torch.Tensor]] = {
    "step": lambda x: (torch.sign(x) + 1) / 2,  # the first neurons: fire or not
    "sign": torch.sign,
    "linear": nn.Identity(),  # no activation at all
    "hardtanh": nn.Hardtanh(),  # piecewise linear: a ramp between two flats
    "sigmoid": torch.sigmoid,  # the logistic function, for probabilities
    "tanh": torch.tanh,  # the same shape around zero
    "relu": F.relu,
    "softplus": F.softplus,  # relu with its corner rounded off
}


class Model(nn.Module):
    """8-6-4-1. The last activation is always the logistic function, because the answer is a probability."""

    def __init__(self, activation: str) -> None:
        super().__init__()
        self.linear1 = nn.Linear(8, 6)
        self.linear2 = nn.Linear(6, 4)
        self.linear3 = nn.Linear(4, 1)
        self.activate = ACTIVATIONS[activation]

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.activate(self.linear1(x))
        x = self.activate(self.linear2(x))
        return torch.sigmoid(self.linear3(x))


def value_and_slope(name: str, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """An activation and its derivative at every x, the derivative by the graph."""
    x = x.clone().requires_grad_()
    value = ACTIVATIONS[name](x)
    (slope,) = torch.autograd.grad(value.sum(), x)  # of a sum: every x meets only its own value
    return value.detach(), slope


def train(activation: str, x: torch.Tensor, y: torch.Tensor, show: bool) -> tuple[list[float], float, float]:
    """Train on all rows at once; return the losses, the first layer's first gradient and the accuracy."""
    torch.manual_seed(args.seed)  # every activation starts from the same weights
    model = Model(activation)
    criterion = nn.BCELoss()
    optimizer = torch.optim.Adam(model.parameters(), lr=args.lr)  # its steps suit small and large gradients alike
    losses: list[float] = []
    first_gradient = 0.0
    for epoch in lecture_tools.progress(args.epochs):
        y_pred = model(x)
        loss = criterion(y_pred, y)
        optimizer.zero_grad()
        loss.backward()
        if epoch == 1:
            first_gradient = model.linear1.weight.grad.norm().item()
        optimizer.step()
        losses.append(loss.item())
        if show:
            lecture_tools.report(epoch, args.epochs, loss=losses[-1])
    with torch.no_grad():
        correct = (model(x) > 0.5) == (y > 0.5)
    return losses, first_gradient, correct.sum().item() / len(correct)


options = lecture_tools.Options(__doc__, epochs=600, lr=0.005)
options.add_argument("--activation", choices=ACTIVATIONS, default="sigmoid", help="default: %(default)s")
options.add_argument("--compare", action="store_true", help="train with every activation, and print a table")
args = options.parse_args()
torch.manual_seed(args.seed)

xy = lecture_tools.load_diabetes(args.data)
x_data = torch.from_numpy(xy[:, :-1])
y_data = torch.from_numpy(xy[:, [-1]])  # [-1], not -1: a matrix with one column, like the model's answer

# A gradient that is zero everywhere teaches nothing: step and sign cannot be trained through. The others can, and
# those that are flat far from zero (sigmoid, tanh, hardtanh) pass little on from there.
points = torch.tensor([-2.0, -0.5, 0.0, 0.5, 2.0])
print("activation  value and slope at x =" + "".join(f"{point:16.1f}" for point in points.tolist()))
for name in ACTIVATIONS:
    pairs = zip(*(column.tolist() for column in value_and_slope(name, points)), strict=True)
    print(f"  {name:30s}" + "".join(f"{value:9.4f}{slope:7.4f}" for value, slope in pairs))

# Without an activation between them, layers collapse: three matrices in a row are one matrix.
with torch.no_grad():
    stack = nn.Sequential(nn.Linear(8, 6, bias=False), nn.Linear(6, 4, bias=False), nn.Linear(4, 1, bias=False))
    product = stack[2].weight @ stack[1].weight @ stack[0].weight
    gap = (stack(x_data) - x_data @ product.t()).abs().max().item()
print(f"three linear layers against the one matrix {tuple(product.shape)}: largest difference {gap:.4f}")

print(f"training 8-6-4-1 with {args.activation}")
losses, _, accuracy = train(args.activation, x_data, y_data, show=True)

curves = {args.activation: losses}
if args.compare:
    print("activation  first gradient  last loss  accuracy")
    for name in ACTIVATIONS:
        curves[name], gradient, correct = train(name, x_data, y_data, show=False)
        print(f"  {name:9s} {gradient:15.6f}  {curves[name][-1]:9.4f}  {correct:8.4f}")

lecture_tools.summary(first_loss=losses[0], last_loss=losses[-1], accuracy=accuracy)

if args.plot:
    plt = lecture_tools.pyplot()
    figure, panels = plt.subplot_mosaic(
        [list(ACTIVATIONS)[:4], list(ACTIVATIONS)[4:], ["loss"] * 4], figsize=(12, 9), height_ratios=[1, 1, 1.4]
    )
    x = torch.linspace(-4.0, 4.0, 401)
    for name in ACTIVATIONS:
        value, slope = value_and_slope(name, x)
        panels[name].plot(x.numpy(), value.numpy(), label="value")
        panels[name].plot(x.numpy(), slope.numpy(), linestyle="--", label="slope")
        panels[name].set(title=name, xlabel="x", ylim=(-1.3, 2.3))
    panels["step"].legend(loc="upper left")
    for name, curve in curves.items():
        panels["loss"].plot(range(1, args.epochs + 1), curve, label=name)
    panels["loss"].set(xlabel="epoch", ylabel="binary cross entropy", title="The loss of 8-6-4-1, by activation")
    panels["loss"].legend(ncols=2)
    lecture_tools.save_figure(figure, args.plot)
