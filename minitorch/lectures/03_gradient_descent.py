"""Lecture 03: gradient descent, by all points, by one, and by a few.

The gradient says which way the loss rises, so a step against it makes the loss smaller: w = w - lr * dloss/dw.
Three ways to take the step differ in how many points the gradient is averaged over:

    batch        all points: a smooth path, and one product that the machine does in one go; one step an epoch
    stochastic   one point: a noisy path, whose noise can shake it off a saddle point; no two steps at the same time
    mini-batch   a few points: the compromise that everybody uses

The derivative is still written by hand here. Lecture 04 lets the graph do that.
"""

from __future__ import annotations

import lecture_tools
import torch

POINTS = 64


def predict(w: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
    return w * x


def cost(w: torch.Tensor, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    return ((predict(w, x) - y) ** 2).mean()


def gradient(w: torch.Tensor, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    """d cost / dw, by the chain rule: 2 (w x - y) times x, averaged."""
    return (2 * (predict(w, x) - y) * x).mean()


def smooth(losses: list[float], keep: float = 0.8) -> list[float]:
    """The exponentially weighted mean: each value keeps 80 % of what came before it, so the noise cancels out."""
    smoothed = losses[:1]
    for value in losses[1:]:
        smoothed.append(keep * smoothed[-1] + (1 - keep) * value)
    return smoothed


def descend(name: str, batch_size: int, x: torch.Tensor, y: torch.Tensor) -> tuple[torch.Tensor, list[float]]:
    """Train w from 0; return it with the loss of every step, measured on the points of that step."""
    w = torch.zeros(1)
    losses: list[float] = []
    lecture_tools.say(f"{name}: {batch_size} of {POINTS} points a step, {-(-POINTS // batch_size)} steps an epoch")
    for epoch in lecture_tools.progress(args.epochs):
        for chosen in torch.randperm(POINTS).split(batch_size):
            losses.append(cost(w, x[chosen], y[chosen]).item())
            w -= args.lr * gradient(w, x[chosen], y[chosen])
        lecture_tools.report(epoch, args.epochs, w=w.item(), loss=cost(w, x, y).item())
    return w, losses


options = lecture_tools.Options(__doc__, epochs=20, lr=0.05, batch_size=8)
args = options.parse_args()
torch.manual_seed(args.seed)

x = torch.linspace(-2.0, 2.0, POINTS)
y = 2.0 * x + 0.5 * torch.randn(POINTS)
print(f"data: {POINTS} points made by the lecture: y = 2x and some noise")

sizes = {"batch": POINTS, "stochastic": 1, "mini-batch": min(args.batch_size, POINTS)}
curves = {}
for name, size in sizes.items():
    w, losses = descend(name, size, x, y)
    curves[name] = losses
    print(f"{name}: w = {w.item():.6f}, loss {cost(w, x, y).item():.6f}, smoothed {smooth(losses)[-1]:.6f}")

# The step must not be too large: beyond a limit each step overshoots by more than it gains, and the loss climbs.
print("five batch steps at other learning rates:")
paths = {}
for lr in (0.01, 0.1, 0.5, 1.0):
    w = torch.zeros(1)
    path = [(w.item(), cost(w, x, y).item())]
    for _ in range(5):
        w = w - lr * gradient(w, x, y)
        path.append((w.item(), cost(w, x, y).item()))
    paths[lr] = path
    print(f"  lr {lr:.2f}  " + "  ".join(f"{value:10.4f}" for _, value in path))

last = smooth(curves["mini-batch"])[-1]
lecture_tools.summary(first_loss=curves["mini-batch"][0], last_loss=last)

if args.plot:
    plt = lecture_tools.pyplot()
    above = [name for name in curves for _ in range(4)]
    below = [lr for lr in paths for _ in range(3)]
    figure, panels = plt.subplot_mosaic([above, below], figsize=(13, 7.5))
    for name, losses in curves.items():
        seen = [(step + 1) * sizes[name] / POINTS for step in range(len(losses))]
        panels[name].plot(seen, losses, color="tab:blue", alpha=0.3, label="loss of the step")
        panels[name].plot(seen, smooth(losses), color="tab:red", label="exponentially smoothed")
        panels[name].set(xlabel="epoch", title=f"{name}: a step by {sizes[name]} of {POINTS}", ylim=(0, 8))
    panels["batch"].set_ylabel("squared error")
    panels["mini-batch"].legend()
    # Each step goes against the slope of the parabola; one that is too large ends higher, on the other side.
    every_w = torch.linspace(-2.0, 6.5, 86)
    costs = [cost(one, x, y).item() for one in every_w]
    for lr, path in paths.items():
        panels[lr].plot(every_w.numpy(), costs, color="lightgray", linewidth=3)
        panels[lr].plot(*zip(*path, strict=True), ".-", color="tab:red")
        panels[lr].set(xlabel="w", title=f"five batch steps, lr {lr:g}", xlim=(-2, 6.5), ylim=(0, 25))
    panels[below[0]].set_ylabel("squared error of all points")
    lecture_tools.save_figure(figure, args.plot)
