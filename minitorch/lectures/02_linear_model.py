"""Lecture 02: a linear model, found by trying every weight.

Learning means choosing the weights that make the loss small. When a model has one weight, or two, there is no need
to be clever: try them all on a grid and look. The picture that comes out, the loss over the weights, is the landscape
that every later lecture walks through.
"""

from __future__ import annotations

import lecture_tools
import torch

options = lecture_tools.Options(__doc__, epochs=1)
options.add_argument(
    "--steps", type=lecture_tools.positive, default=41, help="values tried for each weight (default: %(default)s)"
)
args = options.parse_args()  # --epochs and --seed change nothing here: a search has no epochs and draws no numbers
if args.steps < 2:
    lecture_tools.stop(f"--steps must be at least 2, got {args.steps}")
torch.manual_seed(args.seed)

x_data = [1.0, 2.0, 3.0]
y_data = [2.0, 4.0, 6.0]
print("data: three points made by the lecture, first on y = 2x, then on y = 2x + 1")

# One weight: y_hat = w x.


def forward(x: float, w: torch.Tensor) -> torch.Tensor:
    return x * w


def loss(x: float, y: float, w: torch.Tensor) -> torch.Tensor:
    """How wrong the model is about one point. (About all points together one speaks of the cost.)"""
    return (forward(x, w) - y) ** 2


weights = torch.linspace(0.0, 4.0, args.steps)
costs = []
for w in weights:
    cost = sum(loss(x, y, w).item() for x, y in zip(x_data, y_data, strict=True)) / len(x_data)
    costs.append(cost)
    if len(costs) % max(1, args.steps // 10) == 1 or args.steps < 10:
        print(f"w {w.item():.4f}  MSE {cost:.6f}")

curve = torch.tensor(costs)
best = curve.argmin()
print(f"y = w x: the smallest MSE {curve[best].item():.6f} is at w = {weights[best].item():.4f}")

# Two weights: y_hat = w x + b, and the points one higher. No w alone can reach them; w and b together can.

x = torch.tensor(x_data)
y = torch.tensor(y_data) + 1.0
without_bias = ((weights.unsqueeze(1) * x - y) ** 2).mean(dim=1)  # every w at once: (steps, 1) * (3,) -> (steps, 3)
print(f"y = w x on the raised points: the smallest MSE is {without_bias.min().item():.6f}")

biases = torch.linspace(-2.0, 4.0, args.steps)
w_grid, b_grid = torch.meshgrid(weights, biases, indexing="ij")
errors = w_grid[..., None] * x + b_grid[..., None] - y  # (steps, steps, 3): the third axis runs over the points
surface = errors.pow(2).mean(dim=-1)
row, column = divmod(surface.argmin().item(), args.steps)
w_best, b_best = weights[row].item(), biases[column].item()
print(f"y = w x + b: the smallest MSE {surface[row, column].item():.6f} is at w = {w_best:.4f}, b = {b_best:.4f}")
print(f"the price: {curve.numel()} losses for one weight, {surface.numel()} for two, {args.steps}**n for n")

lecture_tools.summary(first_loss=surface[0, 0].item(), last_loss=surface.min().item())

if args.plot:
    plt = lecture_tools.pyplot()
    figure = plt.figure(figsize=(11, 4.5))
    left = figure.add_subplot(1, 2, 1)
    left.plot(weights.numpy(), costs, marker=".")
    left.plot(weights[best].item(), costs[best], "r*", markersize=14)
    left.set(xlabel="w", ylabel="MSE", title=f"y = w x, smallest at {weights[best].item():.2f}")
    right = figure.add_subplot(1, 2, 2, projection="3d")
    landscape = w_grid.numpy(), b_grid.numpy(), surface.numpy()
    right.plot_surface(*landscape, cmap="viridis", alpha=0.6)
    right.contour(*landscape, levels=[0.3, 2, 5, 10, 20, 30, 40], colors="black", linewidths=0.7)
    right.plot([w_best], [b_best], [surface.min().item()], "r*", markersize=14, zorder=10)
    right.view_init(elev=38, azim=-62)
    right.set(xlabel="w", ylabel="b", zlabel="MSE", title=f"y = w x + b, smallest at ({w_best:.2f}, {b_best:.2f})")
    lecture_tools.save_figure(figure, args.plot)
