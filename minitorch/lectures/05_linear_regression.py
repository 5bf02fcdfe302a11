"""Lecture 05: linear regression with a Module, a loss and an optimizer.

The four steps of every training to come: prepare the data, design the model, choose loss and optimizer, and run the
cycle: forward, backward, update. Nothing here is new against lecture 04 but the names of its parts, and those scale
from one weight to millions. --compare puts eight optimizers side by side.
"""

from __future__ import annotations

import lecture_tools
import torch

OPTIMIZERS = ("Adagrad", "Adam", "Adamax", "ASGD", "LBFGS", "RMSprop", "Rprop", "SGD")
WAYS = {"all points": (3, 0.0), "one point at a time": (1, 0.0), "all points, momentum 0.9": (3, 0.9)}
"""Ways down the surface of the loss: how many points a step, and the momentum."""

options = lecture_tools.Options(__doc__, epochs=200, lr=0.01)
options.add_argument("--optimizer", choices=("SGD", "Adam"), default="SGD", help="default: %(default)s")
options.add_argument("--momentum", type=lecture_tools.fraction, default=0.0, help="of SGD (default: %(default)s)")
options.add_argument("--compare", action="store_true", help="train with eight optimizers, and print a table")
args = options.parse_args()
torch.manual_seed(args.seed)

# 1. The data. A mini-batch is a matrix: a row for every sample, a column for every feature.
x_data = torch.Tensor([[1.0], [2.0], [3.0]])
y_data = torch.Tensor([[2.0], [4.0], [6.0]])
print("data: three points made by the lecture, on y = 2x")


# 2. The model: a class that says how to go forward. The way back comes by itself.
class LinearModel(torch.nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.linear = torch.nn.Linear(1, 1)  # y = x A^T + b, with features in and features out

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.linear(x)  # a layer is called like a function


model = LinearModel()
print(model)

# 3. Loss and optimizer. The sum over the batch, not its mean: then lr does not depend on the batch size.
criterion = torch.nn.MSELoss(reduction="sum")
if args.optimizer == "SGD":
    optimizer = torch.optim.SGD(model.parameters(), lr=args.lr, momentum=args.momentum)
else:
    optimizer = torch.optim.Adam(model.parameters(), lr=args.lr)

# 4. The cycle.
losses, weights, biases = [], [], []
for epoch in lecture_tools.progress(args.epochs):
    y_pred = model(x_data)  # forward
    loss = criterion(y_pred, y_data)
    optimizer.zero_grad()  # gradients add up, so begin with none
    loss.backward()  # backward
    optimizer.step()  # update

    losses.append(loss.item())
    weights.append(model.linear.weight.item())
    biases.append(model.linear.bias.item())
    lecture_tools.report(epoch, args.epochs, loss=losses[-1], w=weights[-1], b=biases[-1])

print(f"w = {model.linear.weight.item():.6f}")
print(f"b = {model.linear.bias.item():.6f}")
x_test = torch.Tensor([[4.0]])
print(f"x = 4 gives y = {model(x_test).item():.6f}")


def train(name: str) -> tuple[list[float], LinearModel, int]:
    """Train from the same start by an optimizer: the losses, the model, and how often a loss was computed."""
    torch.manual_seed(args.seed)
    model = LinearModel()
    optimizer = getattr(torch.optim, name)(model.parameters(), lr=args.lr)
    evaluations = 0

    def closure() -> torch.Tensor:
        nonlocal evaluations
        evaluations += 1
        optimizer.zero_grad()
        loss = criterion(model(x_data), y_data)
        loss.backward()
        return loss

    # LBFGS tries several points a step, so it must be able to ask for loss and gradient; the others ask once.
    losses = [optimizer.step(closure).item() for _ in range(args.epochs)]
    return losses, model, evaluations


curves = {args.optimizer: losses}
if args.compare:
    print(f"{args.epochs} epochs with lr {args.lr:g} and torch's other defaults:")
    print("optimizer  losses a step  last loss         w         b")
    for name in OPTIMIZERS:
        curves[name], trained, evaluations = train(name)
        w, b = trained.linear.weight.item(), trained.linear.bias.item()
        print(f"  {name:8s} {evaluations / args.epochs:14.0f}  {curves[name][-1]:9.5f}  {w:8.4f}  {b:8.4f}")


def descend(batch_size: int, momentum: float) -> list[tuple[float, float, float]]:
    """Train from the same start by SGD: after every step w, b and the loss of all points."""
    torch.manual_seed(args.seed)
    model = LinearModel()
    optimizer = torch.optim.SGD(model.parameters(), lr=args.lr, momentum=momentum)
    path = []
    for _ in range(args.epochs):
        for chosen in torch.randperm(len(x_data)).split(batch_size):
            path.append((model.linear.weight.item(), model.linear.bias.item(), criterion(model(x_data), y_data).item()))
            optimizer.zero_grad()
            criterion(model(x_data[chosen]), y_data[chosen]).backward()
            optimizer.step()
    return path


# The loss over w and b is a narrow valley: steep across, hardly falling along. SGD is soon at its bottom, and then has
# a long way in short steps; momentum adds up the steps that agree. One point's gradient leads to and fro.
paths = {name: descend(*way) for name, way in WAYS.items()}
for name, path in paths.items():
    walked = path[: max(1, len(path) // 4)]
    w, b, height = walked[-1]
    print(f"{name}: loss {height:.4f} at w = {w:.4f}, b = {b:.4f} after a quarter of the epochs")

lecture_tools.summary(first_loss=losses[0], last_loss=losses[-1])

if args.plot:
    plt = lecture_tools.pyplot()
    epochs = range(1, args.epochs + 1)
    figure, panels = plt.subplot_mosaic(
        [["loss", "weights"], ["map", "surface"]], figsize=(12, 10), per_subplot_kw={"surface": {"projection": "3d"}}
    )
    for name, curve in curves.items():
        panels["loss"].plot(epochs, curve, label=name)
    panels["loss"].set(xlabel="epoch", ylabel="sum of squared errors", title="The loss", yscale="log")
    panels["loss"].set_ylim(bottom=max(1e-8, panels["loss"].get_ylim()[0]))  # below that, it is rounding
    panels["loss"].legend()
    panels["weights"].plot(epochs, weights, label="w")
    panels["weights"].plot(epochs, biases, label="b")
    panels["weights"].axhline(2.0, color="gray", linestyle=":", label="y = 2x")
    panels["weights"].axhline(0.0, color="gray", linestyle=":")
    panels["weights"].set(xlabel="epoch", ylabel="value", title=f"The weights on their way, by {args.optimizer}")
    panels["weights"].legend()

    w_grid, b_grid = torch.meshgrid(torch.linspace(-0.5, 3.0, 71), torch.linspace(-1.5, 2.5, 81), indexing="ij")
    errors = w_grid[..., None] * x_data.squeeze(1) + b_grid[..., None] - y_data.squeeze(1)
    landscape = w_grid.numpy(), b_grid.numpy(), errors.pow(2).sum(dim=-1).numpy()
    levels = [0.01, 0.05, 0.2, 0.6, 2, 6, 15, 30, 50, 80]
    panels["map"].contour(*landscape, levels=levels, cmap="viridis", linewidths=0.8)
    panels["surface"].plot_surface(*landscape, cmap="viridis", alpha=0.4)
    for (name, path), color, width in zip(paths.items(), ("red", "black", "blue"), (4, 1, 1), strict=True):
        w_path, b_path, heights = zip(*path, strict=True)
        panels["map"].plot(w_path, b_path, ".-", color=color, linewidth=width, markersize=width, label=name)
        panels["surface"].plot(w_path, b_path, heights, color=color, linewidth=width, zorder=10)
    for name in ("map", "surface"):
        panels[name].set(xlabel="w", ylabel="b", xlim=(-0.5, 3.0), ylim=(-1.5, 2.5))
    panels["map"].plot(2.0, 0.0, "*", color="gold", markeredgecolor="black", markersize=14, zorder=10)
    panels["map"].set_title("The loss over w and b, and three ways down")
    panels["map"].legend(loc="lower left")
    panels["surface"].set(zlabel="loss", title="The same from the side: a valley")
    panels["surface"].view_init(elev=40, azim=-55)
    panels["surface"].set_box_aspect(None, zoom=0.88)  # else its labels are cut off
    lecture_tools.save_figure(figure, args.plot)
