"""Experiment: any curve is a constant plus a sum of sigmoids, or of relus.

Take a soft step, c * sigmoid(w x + b): w says how steep it is, b where it stands, c how high. A constant plus enough
of them, one after the other, follows any curve; that sum is a network with one hidden layer. A relu is a single bend,
and two relus make a step with corners, so they serve as well.
"""

from __future__ import annotations

import lecture_tools
import torch
from torch import nn

POINTS = 200


class SumOfPieces(nn.Module):
    """y = constant + sum over i of c_i * activation(w_i x + b_i)."""

    def __init__(self, activation: str, pieces: int) -> None:
        super().__init__()
        # The pieces start evenly spread over the curve, every other one facing left; their heights start at zero.
        places = torch.linspace(-3.0, 3.0, pieces)
        slopes = torch.full((pieces,), 4.0 if activation == "sigmoid" else 1.0)
        slopes[::2] *= -1
        self.w = nn.Parameter(slopes)
        self.b = nn.Parameter(-slopes * places)
        self.c = nn.Parameter(torch.zeros(pieces))
        self.constant = nn.Parameter(torch.zeros(1))
        self.activation = getattr(torch, activation)

    def pieces(self, x: torch.Tensor) -> torch.Tensor:
        """Every piece at every x: (points,) -> (points, pieces)."""
        return self.c * self.activation(torch.outer(x, self.w) + self.b)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.constant + self.pieces(x).sum(dim=-1)


def target(x: torch.Tensor) -> torch.Tensor:
    return torch.sin(2 * x) + 0.3 * x + torch.exp(-4 * (x - 1) ** 2)


options = lecture_tools.Options(__doc__, epochs=1000, lr=0.01)
options.add_argument("--activation", choices=("sigmoid", "relu"), default="sigmoid", help="of the summary's model")
options.add_argument("--pieces", type=lecture_tools.positive, default=24, help="terms (default: %(default)s)")
args = options.parse_args()
torch.manual_seed(args.seed)

x = torch.linspace(-3.0, 3.0, POINTS)
y = target(x)
print(f"data: {POINTS} points made by the experiment, on sin 2x + 0.3 x + exp(-4 (x - 1)^2)")

# Two relus are a step with corners: up from 0 at x = 0, flat from 1 at x = 1.
at = torch.tensor([-1.0, 0.0, 0.5, 1.0, 2.0])
ramp = torch.relu(at) - torch.relu(at - 1)
print("relu(x) - relu(x - 1) at " + ", ".join(f"{a:g}: {r:g}" for a, r in zip(at.tolist(), ramp.tolist(), strict=True)))

models, curves = {}, {}
for activation in ("sigmoid", "relu"):
    print(f"a constant and {args.pieces} terms of {activation}")
    model = SumOfPieces(activation, args.pieces)
    criterion = nn.MSELoss()
    optimizer = torch.optim.Adam(model.parameters(), lr=args.lr)
    losses = []
    for epoch in lecture_tools.progress(args.epochs):
        loss = criterion(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
        lecture_tools.report(epoch, args.epochs, loss=losses[-1])
    models[activation], curves[activation] = model, losses
    with torch.no_grad():
        print(f"  constant {model.constant.item():.4f}, largest error {(model(x) - y).abs().max().item():.4f}")

lecture_tools.summary(first_loss=curves[args.activation][0], last_loss=curves[args.activation][-1])

if args.plot:
    plt = lecture_tools.pyplot()
    figure, panels = plt.subplots(1, 2, figsize=(12, 4.8))
    for panel, (activation, model) in zip(panels, models.items(), strict=True):
        with torch.no_grad():
            terms, fitted = model.pieces(x), model(x)
        panel.plot(x.numpy(), terms.numpy(), color="gray", linewidth=0.8, alpha=0.6)
        panel.plot([], [], color="gray", linewidth=0.8, label="the terms")
        panel.plot(x.numpy(), y.numpy(), color="tab:blue", linewidth=3, alpha=0.5, label="the curve")
        panel.plot(x.numpy(), fitted.numpy(), color="tab:red", linestyle="--", label="constant + sum of terms")
        panel.set(xlabel="x", ylabel="y", title=f"{args.pieces} terms of {activation}", ylim=(-4, 5))
        panel.legend(loc="upper left")
    lecture_tools.save_figure(figure, args.plot)
