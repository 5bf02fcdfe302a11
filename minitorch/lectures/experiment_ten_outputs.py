"""Experiment: ten outputs for two classes.

A last layer copied from the digits, with ten outputs, in front of two classes: nothing fails, and the model learns. The
labels are 0 and 1, so eight outputs are never right, and training pushes them down, by a gradient that is as large as
their probability. So that comes near zero and does not reach it: a softmax is never 0. Nor was it pushed down anywhere
but where there were training points: elsewhere the answer may well be a class that does not exist.
"""

from __future__ import annotations

import math

import lecture_tools
import torch
import torch.nn.functional as F
from torch import nn

options = lecture_tools.Options(__doc__, epochs=300, lr=0.2)
options.add_argument(
    "--outputs", type=lecture_tools.positive, default=10, help="outputs of the wasteful model (default: %(default)s)"
)
args = options.parse_args()
if args.outputs < 3:
    options.error(f"argument --outputs: expected more than the two classes need, got {args.outputs}")
torch.manual_seed(args.seed)


def moons(count: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Points (count, 2) along two half circles that reach into each other, and which of the two each belongs to."""
    labels = torch.randint(0, 2, (count,))
    angle = math.pi * torch.rand(count)
    side = 1 - 2 * labels  # the second half circle is the first one upside down, and moved
    x = torch.stack([side * angle.cos() + labels, side * angle.sin() + 0.5 * labels], dim=1)
    return x + 0.15 * torch.randn(count, 2), labels


x_train, y_train = moons(300)
x_test, y_test = moons(300)
print("data: 300 points made by the experiment, on two half circles, and 300 to judge by")


def train(outputs: int) -> tuple[nn.Module, list[float], list[float]]:
    """Train 2-16-outputs; return it, the losses, and what the idle outputs get of the probability."""
    torch.manual_seed(args.seed)
    model = nn.Sequential(nn.Linear(2, 16), nn.Tanh(), nn.Linear(16, outputs))
    criterion = nn.CrossEntropyLoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=args.lr, momentum=0.9)
    losses, idle = [], []
    print(f"{outputs} outputs, {sum(weight.numel() for weight in model.parameters())} weights:")
    for epoch in lecture_tools.progress(args.epochs):
        scores = model(x_train)
        loss = criterion(scores, y_train)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
        idle.append(F.softmax(scores.detach(), dim=1)[:, 2:].sum(dim=1).mean().item())
        lecture_tools.report(epoch, args.epochs, loss=losses[-1], **({"idle": idle[-1]} if outputs > 2 else {}))
    return model, losses, idle


@torch.no_grad()
def judge(model: nn.Module) -> float:
    """The accuracy on the test points; says also how often and how much the idle outputs get."""
    scores = model(x_test)
    predicted = scores.argmax(dim=1)
    accuracy = (predicted == y_test).float().mean().item()
    print(f"  accuracy {accuracy:.4f}, loss {F.cross_entropy(scores, y_test).item():.4f} on the test points")
    idle = F.softmax(scores, dim=1)[:, 2:]
    if idle.size(1):
        print(f"  {(predicted > 1).sum().item()} of them are taken for an idle class")
        print(f"  all idle outputs together get at most {idle.sum(dim=1).max().item():.4f}")
        print(f"  one idle output alone gets at least {idle.min().item():.1e}")
    return accuracy


model, losses_of_two, _ = train(2)
judge(model)
model, losses, idle = train(args.outputs)
accuracy = judge(model)
print("a model that knows nothing yet loses about log(outputs):")
print(f"  {math.log(2):.4f} with 2, {math.log(args.outputs):.4f} with {args.outputs}")

far = torch.tensor([[12.0, -9.0], [-9.0, 12.0], [-12.0, -12.0], [15.0, 15.0]])
with torch.no_grad():
    shares = F.softmax(model(far), dim=1)[:, 2:].sum(dim=1)
print("what the idle outputs get far away from all training points:")
for point, share in zip(far.tolist(), shares.tolist(), strict=True):
    print(f"  at ({point[0]:5.1f}, {point[1]:5.1f})  {share:.4f}")

lecture_tools.summary(first_loss=losses[0], last_loss=losses[-1], accuracy=accuracy)

if args.plot:
    plt = lecture_tools.pyplot()
    figure, (left, right) = plt.subplots(1, 2, figsize=(12, 4.6))
    epochs = range(1, args.epochs + 1)
    left.plot(epochs, losses_of_two, label="2 outputs")
    left.plot(epochs, losses, label=f"{args.outputs} outputs")
    left.set(xlabel="epoch", ylabel="cross entropy", title="The loss")
    left.legend()
    right.plot(epochs, idle, color="tab:red")
    right.set(xlabel="epoch", ylabel="probability", yscale="log", title="What the idle outputs get, on the average")
    lecture_tools.save_figure(figure, args.plot)
