"""Lecture 12: "hello" becomes "ohlol", the basics of recurrent networks.

A recurrent network reads a sequence a step at a time, with the same weights at every step, and carries a hidden state
from each step to the next. This one learns to answer "hello" with "ohlol", a character for a character: a task that no
network without a memory can do, because the two l of "hello" have different answers.

    rnncell     one step, called in a loop; a character is a one-hot vector
    rnn         the loop inside the layer
    embedding   a vector learned for each character, two recurrent layers, and a linear one for the scores
    lstm, gru   the same with the layers that remember for longer

From some starts (--seed 0 or 1) rnncell and rnn stay at ohlll, a local minimum; what comes after them does not.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import lecture_tools
import torch
import torch.nn.functional as F
from torch import nn

CHARACTERS = ["e", "h", "l", "o"]
QUESTION, ANSWER = "hello", "ohlol"
CLASSES = len(CHARACTERS)
EMBEDDING_SIZE, HIDDEN_SIZE, LAYERS = 10, 8, 2


class CellModel(nn.Module):
    """One-hot characters (seq, batch, input) to scores (seq, batch, classes), a cell called at each step."""

    def __init__(self) -> None:
        super().__init__()
        self.cell = nn.RNNCell(input_size=CLASSES, hidden_size=CLASSES)  # the hidden state is the scores

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        hidden = torch.zeros(inputs.size(1), CLASSES)  # (batch, hidden): nothing has been read yet
        scores = []
        for x in inputs:  # over the first dimension, which is time: x is (batch, input)
            hidden = self.cell(x, hidden)
            scores.append(hidden)
        return torch.stack(scores)


class RNNModel(nn.Module):
    """The same, the loop inside the layer."""

    def __init__(self) -> None:
        super().__init__()
        self.rnn = nn.RNN(input_size=CLASSES, hidden_size=CLASSES, num_layers=1)

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        h0 = torch.zeros(1, inputs.size(1), CLASSES)  # (layers, batch, hidden)
        output, _ = self.rnn(inputs, h0)
        return output


class EmbeddingModel(nn.Module):
    """Characters by number (batch, seq) to scores (batch, seq, classes).

    One-hot vectors are long, hold one number and learn nothing; an embedding is a short row of a matrix that does.
    The hidden size is free now, because a linear layer makes the scores of it.
    """

    def __init__(self, layer: type[nn.RNNBase]) -> None:
        super().__init__()
        self.embedding = nn.Embedding(CLASSES, EMBEDDING_SIZE)
        self.rnn = layer(EMBEDDING_SIZE, HIDDEN_SIZE, num_layers=LAYERS, batch_first=True)
        self.linear = nn.Linear(HIDDEN_SIZE, CLASSES)

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        output, _ = self.rnn(self.embedding(inputs))  # without h0 the layer begins with zeros
        return self.linear(output)


MODELS: dict[str, Callable[[], nn.Module]] = {
    "rnncell": CellModel,
    "rnn": RNNModel,
    "embedding": lambda: EmbeddingModel(nn.RNN),
    "lstm": lambda: EmbeddingModel(nn.LSTM),
    "gru": lambda: EmbeddingModel(nn.GRU),
}


def shape(tensor: torch.Tensor) -> str:
    return " x ".join(str(size) for size in tensor.shape)


def show_shapes() -> None:
    """What goes into each layer and what comes out, all sizes different so that each can be told from the others."""
    seq, batch, features, hidden, layers = 3, 5, 4, 6, 2
    print(f"shapes, with seq {seq}, batch {batch}, input {features}, hidden {hidden}, numLayers {layers}")
    inputs = torch.zeros(seq, batch, features)
    h0 = torch.zeros(layers, batch, hidden)
    h1 = nn.RNNCell(features, hidden)(inputs[0], h0[0])
    print(f"  RNNCell  input {shape(inputs[0])}, hidden {shape(h0[0])} -> hidden {shape(h1)}, for each of {seq} steps")
    for layer in (nn.RNN, nn.GRU):
        output, hn = layer(features, hidden, layers)(inputs, h0)
        name = layer.__name__
        print(f"  {name:7s}  input {shape(inputs)}, h0 {shape(h0)} -> output {shape(output)}, hn {shape(hn)}")
    output, (hn, cn) = nn.LSTM(features, hidden, layers)(inputs, (h0, h0))
    print(
        f"  LSTM     input {shape(inputs)}, h0 and c0 {shape(h0)} -> output {shape(output)}, hn {shape(hn)}, ", end=""
    )
    print(f"cn {shape(cn)}")
    output, hn = nn.GRU(features, hidden, layers, bidirectional=True)(inputs)  # numLayers x 2 directions of hidden
    print(f"  GRU, in both directions: output {shape(output)}, hn {shape(hn)}")
    output, hn = nn.GRU(features, hidden, layers, batch_first=True)(inputs.transpose(0, 1))
    print(f"  GRU, batch_first: input {shape(inputs.transpose(0, 1))} -> output {shape(output)}, but hn {shape(hn)}")


def check_cell() -> None:
    """A step by hand: h' = tanh(W_ih x + b_ih + W_hh h + b_hh)."""
    cell = nn.RNNCell(input_size=4, hidden_size=2)
    x, h = torch.randn(1, 4), torch.randn(1, 2)
    by_hand = torch.tanh(x @ cell.weight_ih.t() + cell.bias_ih + h @ cell.weight_hh.t() + cell.bias_hh)
    print("a step of RNNCell(4, 2) is h' = tanh(W_ih x + b_ih + W_hh h + b_hh):")
    for name, value in (("the cell", cell(x, h)), ("by hand", by_hand)):
        print(f"  {name:8s}  " + "  ".join(f"{number:9.6f}" for number in value.flatten().tolist()))


def train(name: str) -> tuple[list[float], torch.Tensor]:
    """Teach one model the answer; return its losses and its probabilities (seq, classes) in the end."""
    torch.manual_seed(args.seed)
    model = MODELS[name]()
    numbers = torch.tensor([CHARACTERS.index(character) for character in QUESTION])
    labels = torch.tensor([CHARACTERS.index(character) for character in ANSWER])  # (seq), classes by number
    if name in ("rnncell", "rnn"):
        inputs = F.one_hot(numbers, CLASSES).float().view(-1, 1, CLASSES)  # seq x batch x input
    else:
        inputs = numbers.view(1, -1)  # batch x seq: the embedding adds the last dimension
    criterion = nn.CrossEntropyLoss()
    optimizer = torch.optim.Adam(model.parameters(), lr=args.lr)

    print(f"{name}: input {shape(inputs)} -> scores {shape(model(inputs))}")
    losses = []
    before = ""
    for epoch in lecture_tools.progress(args.epochs):
        optimizer.zero_grad()
        scores = model(inputs)
        if name == "rnncell":
            loss = torch.zeros(())
            for step_scores, label in zip(scores, labels.view(-1, 1), strict=True):  # (batch, classes) and (batch)
                loss = loss + criterion(step_scores, label)  # no .item(): the sum over the steps is one graph
        else:
            loss = criterion(scores.view(-1, CLASSES), labels)  # (seq x batch, classes) against (seq x batch)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
        predicted = "".join(CHARACTERS[number] for number in scores.view(-1, CLASSES).argmax(dim=1).tolist())
        if predicted != before:
            before = predicted
            right = sum(mine == wanted for mine, wanted in zip(predicted, ANSWER, strict=True))
            lecture_tools.say(f"  epoch {epoch:3d}: {QUESTION} -> {predicted}, {right} of {len(ANSWER)} right")
        lecture_tools.report(epoch, args.epochs, loss=losses[-1])
    with torch.no_grad():
        return losses, torch.softmax(model(inputs).view(-1, CLASSES), dim=1)


options = lecture_tools.Options(__doc__, epochs=60, lr=0.05)
options.add_argument("--cell", choices=(*MODELS, "all"), default="all", help="default: %(default)s")
options.set_defaults(seed=3)
args = options.parse_args()
torch.manual_seed(args.seed)

print(f'data: the lecture\'s own, one pair of words: "{QUESTION}" -> "{ANSWER}"')
show_shapes()
check_cell()

# Where the hidden state is the scores, tanh keeps them between -1 and 1, and the loss above this.
floor = -math.log(math.exp(1) / (math.exp(1) + (CLASSES - 1) * math.exp(-1)))
print(f"rnncell and rnn: the loss stays above {floor:.4f} a character, {len(ANSWER) * floor:.4f} summed over the word")

curves, probabilities = {}, torch.empty(0)
for name in MODELS if args.cell == "all" else [args.cell]:
    curves[name], probabilities = train(name)

# The layer is the loop: from the same start both learn the same. The sum over the steps is only that many times their
# mean, and the length of Adam's steps does not depend on the gradients' scale.
if args.cell == "all":
    gap = max(abs(a / len(ANSWER) - b) for a, b in zip(curves["rnncell"], curves["rnn"], strict=True))
    print(f"a character's loss by rnncell and by rnn, largest difference in all epochs: {gap:.4f}")

last = list(curves)[-1]
lecture_tools.summary(first_loss=curves[last][0], last_loss=curves[last][-1])

if args.plot:
    plt = lecture_tools.pyplot()
    figure, (left, right) = plt.subplots(1, 2, figsize=(11, 4.2), width_ratios=[1.6, 1])
    for name, losses in curves.items():
        per_character = [loss / len(ANSWER) for loss in losses] if name == "rnncell" else losses
        left.plot(range(1, args.epochs + 1), per_character, "--" if name == "rnn" else "-", label=name)
    left.axhline(floor, color="gray", linestyle=":", label="the least that tanh lets through")
    left.set(xlabel="epoch", ylabel="cross entropy a character", title=f"Learning {QUESTION} -> {ANSWER}")
    left.legend()
    right.imshow(probabilities.t().numpy(), cmap="Blues", vmin=0, vmax=1)
    right.grid(False)
    right.set_xticks(range(len(QUESTION)), [f"{x} -> {y}" for x, y in zip(QUESTION, ANSWER, strict=True)])
    right.set_yticks(range(CLASSES), CHARACTERS)
    right.set(title=f"Probabilities in the end, {last}")
    lecture_tools.save_figure(figure, args.plot)
