"""Lecture 06: logistic regression, a probability instead of a number.

Does a student pass, after so many hours of study? The answer is a class, so the model gives the probability of one:
the line w x + b, which runs over all numbers, is pressed into (0, 1) by the logistic function 1 / (1 + exp(-z)).
The loss changes with it. Binary cross entropy, -(y log p + (1 - y) log(1 - p)), asks how surprised the model is
by what really happened.
"""

from __future__ import annotations

import lecture_tools
import torch

options = lecture_tools.Options(__doc__, epochs=1000, lr=0.5)
args = options.parse_args()
torch.manual_seed(args.seed)

hours = [0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 3.5, 4.0, 4.5, 5.5, 6.5, 8.0]
passed = [0, 0, 0, 0, 1, 0, 0, 1, 1, 1, 1, 1]
x_data = torch.tensor(hours).view(-1, 1)
y_data = torch.tensor(passed).float().view(-1, 1)  # BCELoss compares probabilities, so the labels are floats too
print(f"data: {len(hours)} students made up by the lecture: hours of study, and passed or not")


class LogisticRegressionModel(torch.nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.linear = torch.nn.Linear(1, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.sigmoid(self.linear(x))  # the logistic function has no weights: nothing to declare above


model = LogisticRegressionModel()
criterion = torch.nn.BCELoss(reduction="mean")
optimizer = torch.optim.SGD(model.parameters(), lr=args.lr)

losses = []
for epoch in lecture_tools.progress(args.epochs):
    y_pred = model(x_data)
    loss = criterion(y_pred, y_data)
    losses.append(loss.item())

    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    lecture_tools.report(epoch, args.epochs, loss=losses[-1])

w, b = model.linear.weight.item(), model.linear.bias.item()
print(f"w = {w:.4f}, b = {b:.4f}: an even chance at {-b / w:.4f} hours")
with torch.no_grad():
    for studied in (1.0, 3.0, 3.5, 4.0, 7.0):
        p = model(torch.tensor([[studied]])).item()
        verdict = "not sure" if 0.4 <= p <= 0.6 else "passes" if p > 0.5 else "fails"
        print(f"{studied:.1f} hours: probability {p:.4f}, {verdict}")
    accuracy = (model(x_data) >= 0.5).eq(y_data == 1).float().mean().item()

lecture_tools.summary(first_loss=losses[0], last_loss=losses[-1], accuracy=accuracy)

if args.plot:
    plt = lecture_tools.pyplot()
    figure, (left, right) = plt.subplots(1, 2, figsize=(11, 4.2))
    left.plot(range(1, args.epochs + 1), losses)
    left.set(xlabel="epoch", ylabel="binary cross entropy", title="The loss")
    x = torch.linspace(0.0, 10.0, 200).view(200, 1)
    with torch.no_grad():
        probability = model(x).squeeze(1)
    right.plot(x.squeeze().numpy(), probability.numpy(), label="probability of passing")
    right.plot(hours, passed, "o", color="tab:red", label="students")
    right.axhline(0.5, color="gray", linestyle="--", label="0.5: an even chance")
    right.axvline(-b / w, color="gray", linestyle=":")
    right.set(xlabel="hours of study", ylabel="probability", title="From hours to a probability")
    right.legend(loc="center right")
    lecture_tools.save_figure(figure, args.plot)
