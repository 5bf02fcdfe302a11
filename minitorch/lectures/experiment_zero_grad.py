"""Experiment: gradients add up until they are set to zero.

`backward` adds to `.grad`. Forgetting to clear it makes every step follow the sum of all gradients so far, which is
a heavy ball without friction: it rolls through the minimum and back. Adding up is a feature all the same: the
gradients of small batches add up to the gradient of the large batch that did not fit into memory.
"""

from __future__ import annotations

import lecture_tools
import torch

options = lecture_tools.Options(__doc__, epochs=50, lr=0.1)
args = options.parse_args()
torch.manual_seed(args.seed)

x = torch.linspace(-1.0, 1.0, 16).reshape(-1, 1)
y = 3.0 * x + 0.1 * torch.randn_like(x)
print("data: 16 points made by the experiment: y = 3x and some noise")

w = torch.ones(1, requires_grad=True)
for time in range(1, 4):
    (w * 5.0).sum().backward()
    print(f"the derivative of 5 w is 5; after backward number {time} w.grad is {w.grad.item():.1f}")
w.grad = None
print(f"after w.grad = None it is {w.grad}, and the next backward starts anew")


def train(clear: bool) -> tuple[list[float], list[float]]:
    w = torch.zeros(1, requires_grad=True)
    optimizer = torch.optim.SGD([w], lr=args.lr)
    losses, path = [], []
    print(f"training {'with' if clear else 'without'} zero_grad")
    for epoch in lecture_tools.progress(args.epochs):
        if clear:
            optimizer.zero_grad()
        loss = torch.mean((w * x - y) ** 2)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
        path.append(w.item())
        lecture_tools.report(epoch, args.epochs, loss=losses[-1], w=path[-1], grad=w.grad.item())
    return losses, path


runs = {"without zero_grad": train(clear=False), "with zero_grad": train(clear=True)}

# The use of it: four quarters of the data, one after the other, give the gradient of the whole.
model = torch.nn.Linear(1, 1)
criterion = torch.nn.MSELoss(reduction="sum")
criterion(model(x), y).backward()
whole = model.weight.grad.clone()
model.zero_grad()
for x_part, y_part in zip(x.chunk(4), y.chunk(4), strict=True):
    criterion(model(x_part), y_part).backward()
print(f"gradient of all 16 points {whole.item():.4f}, of four times 4 points added up {model.weight.grad.item():.4f}")

losses, _ = runs["with zero_grad"]
lecture_tools.summary(first_loss=losses[0], last_loss=losses[-1])

if args.plot:
    plt = lecture_tools.pyplot()
    figure, (left, right) = plt.subplots(1, 2, figsize=(11, 4.2))
    for name, (losses, path) in runs.items():
        left.plot(range(1, args.epochs + 1), losses, label=name)
        right.plot(range(1, args.epochs + 1), path, label=name)
    left.set(xlabel="epoch", ylabel="mean squared error", title="The loss")
    right.axhline(3.0, color="gray", linestyle=":", label="y = 3x")
    right.set(xlabel="epoch", ylabel="w", title="The weight", ylim=(-0.5, 9))
    right.legend()
    lecture_tools.save_figure(figure, args.plot)
