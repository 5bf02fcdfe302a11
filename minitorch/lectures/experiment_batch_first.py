"""Experiment: batch_first, and what happens when batch and time are mixed up.

A recurrent layer reads along the first dimension, (seq, batch, input), unless batch_first tells it that the second is
time. The option changes how input and output lie, and nothing else: not the weights, not the numbers, and not h0 and
hn, which are (numLayers, batch, hidden) either way.

Nothing complains of a batch that lies the wrong way. Its samples become the steps of one long sequence, and its steps
the samples: a network trained so sees of each sequence the last number alone, and reads the other samples besides.
"""

from __future__ import annotations

import lecture_tools
import torch
from torch import nn

SEQ, BATCH, FEATURES, HIDDEN, LAYERS = 9, 32, 1, 16, 2


def shape(tensor: torch.Tensor) -> str:
    return " x ".join(str(size) for size in tensor.shape)


def show_shapes() -> None:
    """The option on one layer and off on another, the weights the same."""
    time_first = nn.LSTM(FEATURES, HIDDEN, LAYERS)
    batch_first = nn.LSTM(FEATURES, HIDDEN, LAYERS, batch_first=True)
    batch_first.load_state_dict(time_first.state_dict())  # fits: the option is none of the weights' business
    x = torch.randn(SEQ, BATCH, FEATURES)
    for name, layer, inputs in (("False", time_first, x), ("True", batch_first, x.transpose(0, 1))):
        output, (hn, _) = layer(inputs)
        print(f"  batch_first={name:5s}  input {shape(inputs)} -> output {shape(output)}, hn {shape(hn)}")
    gap = (time_first(x)[0] - batch_first(x.transpose(0, 1))[0].transpose(0, 1)).abs().max().item()
    print(f"  largest difference between the two outputs, one turned round: {gap:.6f}")

    h0 = torch.zeros(BATCH, LAYERS, HIDDEN)
    try:
        batch_first(x.transpose(0, 1), (h0, h0))
    except RuntimeError as error:
        print(f"  h0 and c0 of {shape(h0)} with batch_first=True: {type(error).__name__}: {error}")
    narrow = torch.randn(SEQ, LAYERS, FEATURES)  # a batch as large as there are layers
    h0 = torch.randn(LAYERS, LAYERS, HIDDEN)
    right, _ = time_first(narrow, (h0, h0))
    wrong, _ = time_first(narrow, (h0.transpose(0, 1), h0.transpose(0, 1)))
    gap = (right - wrong).abs().max().item()
    print(f"  in a batch of {LAYERS} nothing complains of such a h0, and the outputs differ by up to {gap:.4f}")

    numbers = torch.randint(0, 10, (BATCH, SEQ))
    embedding = nn.Embedding(10, HIDDEN)
    same = torch.equal(embedding(numbers).transpose(0, 1), embedding(numbers.t()))
    print(f"  an embedding takes every number by itself, so that it does not matter how they lie: {same}")


class Majority(nn.Module):
    """Sequences (batch, seq, 1) of -1 and 1 to the score (batch) that there are more of the latter."""

    def __init__(self, batch_first: bool) -> None:
        super().__init__()
        self.rnn = nn.GRU(FEATURES, HIDDEN, LAYERS, batch_first=batch_first)
        self.linear = nn.Linear(HIDDEN, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        output, _ = self.rnn(x)
        return self.linear(output[:, -1]).squeeze(1)  # taken to be the last step of each sample


def train(batch_first: bool) -> tuple[Majority, list[float], list[float]]:
    """Train on batches (batch, seq, 1); return the model, its losses and its accuracies."""
    torch.manual_seed(args.seed)
    model = Majority(batch_first)
    optimizer = torch.optim.Adam(model.parameters(), lr=args.lr)
    losses, accuracies = [], []
    for epoch in lecture_tools.progress(args.epochs):
        total = 0.0
        for rows in torch.randperm(len(x_train)).split(BATCH):
            loss = criterion(model(x_train[rows]), y_train[rows])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += loss.item() * len(rows)
        losses.append(total / len(x_train))
        with torch.no_grad():
            scores = torch.cat([model(x) for x in x_test.split(BATCH)])
        accuracies.append(((scores > 0) == (y_test > 0.5)).float().mean().item())
        lecture_tools.report(epoch, args.epochs, loss=losses[-1], accuracy=accuracies[-1])
    return model, losses, accuracies


options = lecture_tools.Options(__doc__, epochs=15, lr=0.01)
args = options.parse_args()
torch.manual_seed(args.seed)

print(f"data: made by the experiment: {SEQ} numbers, each -1 or 1, and whether more of them are 1")
print(f"seq {SEQ}, batch {BATCH}, input {FEATURES}, hidden {HIDDEN}, numLayers {LAYERS}")
show_shapes()

x_data = torch.randint(0, 2, (1024, SEQ, FEATURES)).float() * 2 - 1
y_data = (x_data.sum(dim=(1, 2)) > 0).float()
x_train, y_train, x_test, y_test = x_data[:512], y_data[:512], x_data[512:], y_data[512:]
criterion = nn.BCEWithLogitsLoss()
last = ((x_test[:, -1, 0] > 0) == (y_test > 0.5)).float().mean().item()
print(f"whoever sees the last number alone is right for {last:.4f} of the test sequences")

runs = {}
for name, batch_first in (("batch and time mixed up", False), ("batch_first=True", True)):
    print(f"training, {name}")
    runs[name] = train(batch_first)

# What finds such a mistake: a sample's answer must not depend on the samples that it shares a batch with.
for name, (model, _, _) in runs.items():
    with torch.no_grad():
        together = model(x_test[:BATCH])
        alone = torch.cat([model(sample) for sample in x_test[:BATCH].split(1)])
    print(f"{name}: answers in a batch and alone differ by up to {(together - alone).abs().max().item():.4f}")

_, losses, accuracies = runs["batch_first=True"]
lecture_tools.summary(first_loss=losses[0], last_loss=losses[-1], accuracy=accuracies[-1])

if args.plot:
    plt = lecture_tools.pyplot()
    figure, (left, right) = plt.subplots(1, 2, figsize=(11, 4.2))
    for name, (_, losses, accuracies) in runs.items():
        left.plot(range(1, args.epochs + 1), losses, label=name)
        right.plot(range(1, args.epochs + 1), accuracies, label=name)
    left.set(xlabel="epoch", ylabel="binary cross entropy", title="The loss")
    right.axhline(last, color="gray", linestyle=":", label="the last number alone")
    right.set(xlabel="epoch", ylabel="accuracy", ylim=(0.4, 1.02), title="Accuracy on the test sequences")
    right.legend()
    lecture_tools.save_figure(figure, args.plot)
