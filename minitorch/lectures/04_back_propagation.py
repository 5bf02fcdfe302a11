"""Lecture 04: back propagation, the graph that differentiates itself.

Every operation on a tensor that requires a gradient adds a node to a graph. `backward` walks the graph from the loss
back to the weights, and multiplies the local derivatives on its way: the chain rule. No derivative is written by hand,
so the same training loop serves y = w x and y = w1 x^2 + w2 x + b, and every network after them.
"""

from __future__ import annotations

import lecture_graphs
import lecture_tools
import torch

options = lecture_tools.Options(__doc__, epochs=100, lr=0.01)
args = options.parse_args()
torch.manual_seed(args.seed)
print("data: points made by the lecture, on y = 2x and on y = 2x^2 - 3x + 1")

# y = w x, one point at a time.

x_data = [1.0, 2.0, 3.0]
y_data = [2.0, 4.0, 6.0]

w = torch.Tensor([1.0])
w.requires_grad = True  # without this, w would be a constant to the graph


def forward(x: float) -> torch.Tensor:
    return x * w  # w is a tensor, so x becomes one too, and the product is a node of the graph


def loss(x: float, y: float) -> torch.Tensor:
    return (forward(x) - y) ** 2


# First one point, slowly. With y_hat = w x and l = (y_hat - y)^2:
#     dl/dy_hat = 2 (y_hat - y)        dl/dw = dl/dy_hat * dy_hat/dw = dl/dy_hat * x
y_hat = forward(3.0)
y_hat.retain_grad()  # only leaves keep their gradient, unless one asks
error = y_hat - 6.0
one_loss = error**2

line = lecture_graphs.Graph()  # for the figure: it asks every tensor for its gradient
line.leaf("w", w, at=(0, 0))
line.leaf("x", 3.0, at=(0, 1))
line.operation("×", "ŷ", y_hat, ("x", "w"), at=(1, 0.5))
line.leaf("y", 6.0, at=(1, 1.5))
line.operation("−", "e", error, ("ŷ", "y"), at=(2, 0.5))
line.operation("( )²", "l", one_loss, ("e",), at=(3, 0.5))

one_loss.backward()
print(f"at x = 3: y_hat = {y_hat.item():.4f}, l = {one_loss.item():.4f}")
print(f"  dl/dy_hat = {y_hat.grad.item():.4f}, dl/dw = dl/dy_hat * x = {w.grad.item():.4f}")
try:
    one_loss.backward()
except RuntimeError:
    print("  a second backward through the same graph: RuntimeError, it is gone once it has been used")
w.grad.zero_()

print(f"before training: x = 4 gives {forward(4.0).item():.4f}")
for epoch in lecture_tools.progress(args.epochs):
    for x, y in zip(x_data, y_data, strict=True):
        point_loss = loss(x, y)  # builds the graph
        point_loss.backward()  # walks it, fills w.grad, and lets it go
        if epoch <= 2:
            lecture_tools.say(f"  grad at x = {x:.1f}: {w.grad.item():.6f}")
        w.data -= args.lr * w.grad.data  # .data: the update is no part of any graph
        w.grad.data.zero_()  # backward adds to .grad, it does not replace it
    lecture_tools.report(epoch, args.epochs, w=w.item(), loss=point_loss.item())
print(f"after training: x = 4 gives {forward(4.0).item():.4f}")

# y = w1 x^2 + w2 x + b: three leaves, one graph, one backward. First one point again, x = 2, y = 3.

w1 = torch.tensor([1.0], requires_grad=True)
w2 = torch.tensor([1.0], requires_grad=True)
b = torch.tensor([1.0], requires_grad=True)
weights = (w1, w2, b)

x = torch.tensor([2.0])
square = x**2
bent, slanted = w1 * square, w2 * x
both = bent + slanted
y_hat = both + b
error = y_hat - 3.0
one_loss = error**2

quadratic = lecture_graphs.Graph()
quadratic.leaf("x", x, at=(0, 1.5))
quadratic.leaf("w₁", w1, at=(1, 0))
quadratic.operation("( )²", "s", square, ("x",), at=(1, 1))
quadratic.operation("×", "p", bent, ("w₁", "s"), at=(2, 0.5))
quadratic.leaf("w₂", w2, at=(1, 3))
quadratic.operation("×", "q", slanted, ("w₂", "x"), at=(2, 2.5))
quadratic.operation("+", "r", both, ("p", "q"), at=(3, 1.5))
quadratic.leaf("b", b, at=(3, 2.5))
quadratic.operation("+", "ŷ", y_hat, ("r", "b"), at=(4, 1.5))
quadratic.leaf("y", 3.0, at=(4, 2.5))
quadratic.operation("−", "e", error, ("ŷ", "y"), at=(5, 1.5))
quadratic.operation("( )²", "l", one_loss, ("e",), at=(6, 1.5))

one_loss.backward()
print(f"at x = 2: y_hat = {y_hat.item():.4f}, l = {one_loss.item():.4f}")
print(
    f"  dl/dw1 = {w1.grad.item():.4f}, dl/dw2 = {w2.grad.item():.4f}, dl/db = {b.grad.item():.4f}: times x^2, x and 1"
)
for weight in weights:
    weight.grad.zero_()

# Now all points at once.

x = torch.linspace(-2.0, 2.0, 9)
y = 2 * x**2 - 3 * x + 1

losses = []
for epoch in lecture_tools.progress(args.epochs):
    y_hat = w1 * x**2 + w2 * x + b
    mse = ((y_hat - y) ** 2).mean()
    mse.backward()
    losses.append(mse.item())
    grads = {f"d{name}": weight.grad.item() for name, weight in zip(("w1", "w2", "b"), weights, strict=True)}
    lecture_tools.report(epoch, args.epochs, **grads, loss=mse.item())
    with torch.no_grad():  # the other way to keep the update out of the graph
        for weight in weights:
            weight -= 5 * args.lr * weight.grad
            weight.grad.zero_()
print(f"y = {w1.item():.4f} x^2 {w2.item():+.4f} x {b.item():+.4f}")

lecture_tools.summary(first_loss=losses[0], last_loss=losses[-1])

if args.plot:
    plt = lecture_tools.pyplot()
    figure, panels = plt.subplot_mosaic(
        [["line", "line"], ["quadratic", "quadratic"], ["loss", "fit"]], figsize=(12, 13), height_ratios=[1, 1.5, 1.5]
    )
    line.draw(panels["line"], "ŷ = w x and l = (ŷ − y)²: values forward (blue), gradients backward (red)")
    quadratic.draw(panels["quadratic"], "ŷ = w₁ x² + w₂ x + b: x and y need no gradient, so none is computed for them")
    panels["loss"].plot(range(1, args.epochs + 1), losses)
    panels["loss"].set(xlabel="epoch", ylabel="mean squared error", title="The loss of the quadratic", yscale="log")
    fine = torch.linspace(-2.2, 2.2, 200)
    with torch.no_grad():
        fitted = w1 * fine**2 + w2 * fine + b
    panels["fit"].plot(fine.numpy(), fitted.numpy(), label="fitted")
    panels["fit"].plot(x.numpy(), y.numpy(), "o", color="tab:red", label="points")
    panels["fit"].set(xlabel="x", ylabel="y", title=f"y = {w1.item():.2f} x² {w2.item():+.2f} x {b.item():+.2f}")
    panels["fit"].legend()
    lecture_tools.save_figure(figure, args.plot)
