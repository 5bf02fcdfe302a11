"""Experiment: train() and eval(), and what dropout does in each.

Dropout sets units to zero at random while training, so that no unit relies on another, and scales the rest up by
1 / (1 - p), so that the mean stays. When the model is judged all units must be there: eval() says so to every layer.
Forgetting it makes predictions random. Neither has to do with gradients: those are no_grad's business.
"""

from __future__ import annotations

import lecture_tools
import torch
from torch import nn

options = lecture_tools.Options(__doc__, epochs=400, lr=0.01)
options.add_argument(
    "--p", type=lecture_tools.fraction, default=0.5, help="probability of dropping a unit (default: %(default)s)"
)
args = options.parse_args()
torch.manual_seed(args.seed)

x = torch.linspace(-3.0, 3.0, 60).view(-1, 1)
y = torch.sin(x) + 0.1 * torch.randn(x.shape)
print("data: 60 points made by the experiment: y = sin x and some noise")

print("dropout of ten ones, three times while training and once when judging:")
dropout = nn.Dropout(p=args.p)
ones = torch.ones(10)
for _ in range(3):
    print("  train " + " ".join(f"{value:.2f}" for value in dropout(ones).tolist()))
dropout.eval()
print("  eval  " + " ".join(f"{value:.2f}" for value in dropout(ones).tolist()))
dropout.train()
many = dropout(torch.ones(100, 100))
print(f"of 10000 ones {(many == 0).float().mean().item():.4f} are dropped, and the mean is {many.mean().item():.4f}")


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.hidden = nn.Linear(1, 64)
        self.dropout = nn.Dropout(args.p)
        self.out = nn.Linear(64, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.out(self.dropout(torch.tanh(self.hidden(x))))


model = Net()
criterion = nn.MSELoss()
optimizer = torch.optim.Adam(model.parameters(), lr=args.lr)
losses = []
model.train()
for epoch in lecture_tools.progress(args.epochs):
    optimizer.zero_grad()
    loss = criterion(model(x), y)
    loss.backward()
    optimizer.step()
    losses.append(loss.item())
    lecture_tools.report(epoch, args.epochs, loss=losses[-1])

print("the same model asked twice about x = 1:")
x_test = torch.tensor([[1.0]])
for mode in (True, False):
    model.train(mode)
    answers = model(x_test).item(), model(x_test).item()
    name = "train()" if model.training else "eval() "
    layers = sum(layer.training for layer in model.modules())
    print(f"  {name} {layers} modules in training: {answers[0]:.6f} and {answers[1]:.6f}")
print(f"  in eval mode a gradient is still there: requires_grad {model(x_test).requires_grad}")

lecture_tools.summary(first_loss=losses[0], last_loss=losses[-1])

if args.plot:
    plt = lecture_tools.pyplot()
    figure, panel = plt.subplots(figsize=(8, 4.8))
    panel.plot(x.numpy(), y.numpy(), "o", color="gray", markersize=3, label="points")
    with torch.no_grad():
        model.train()
        for time in range(8):
            label = "train(): another answer each time" if time == 0 else None
            panel.plot(x.numpy(), model(x).numpy(), color="tab:orange", alpha=0.4, linewidth=1, label=label)
        model.eval()
        panel.plot(x.numpy(), model(x).numpy(), color="tab:blue", linewidth=2.5, label="eval(): the answer")
    panel.set(xlabel="x", ylabel="y", title=f"Dropout of {args.p:.0%} in a hidden layer of 64")
    panel.legend(loc="upper left")
    lecture_tools.save_figure(figure, args.plot)
