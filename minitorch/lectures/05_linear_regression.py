"""Lecture 05: linear regression with a Module, a loss and an optimizer.

The four steps of every training to come: prepare the data, design the model, choose loss and optimizer, and run the
cycle: forward, backward, update. Nothing here is new against lecture 04 but the names of its parts, and those scale
from one weight to millions. --compare puts eight optimizers side by side.
"""

from __future__ import annotations

import lecture_tools
import torch

OPTIMIZERS = ("Adagrad", "Adam", "Adamax", "ASGD", "LBFGS", "RMSprop", "Rprop", "SGD")

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

lecture_tools.summary(first_loss=losses[0], last_loss=losses[-1])

if args.plot:
    plt = lecture_tools.pyplot()
    epochs = range(1, args.epochs + 1)
    figure, (left, right) = plt.subplots(1, 2, figsize=(11, 4.2))
    for name, curve in curves.items():
        left.plot(epochs, curve, label=name)
    left.set(xlabel="epoch", ylabel="sum of squared errors", title="The loss", yscale="log")
    left.set_ylim(bottom=max(1e-8, left.get_ylim()[0]))  # below that, it is rounding
    left.legend()
    right.plot(epochs, weights, label="w")
    right.plot(epochs, biases, label="b")
    right.axhline(2.0, color="gray", linestyle=":", label="y = 2x")
    right.axhline(0.0, color="gray", linestyle=":")
    right.set(xlabel="epoch", ylabel="value", title=f"The weights on their way, by {args.optimizer}")
    right.legend()
    lecture_tools.save_figure(figure, args.plot)
