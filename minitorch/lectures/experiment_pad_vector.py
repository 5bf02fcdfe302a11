"""Experiment: <pad> is a vector like every other, unless somebody sees to it.

The sentences of a batch are filled up with <pad> to the length of the longest. An embedding gives its number a random
vector as it does to every word, and trains it; with padding_idx that vector is zero and stays zero. A recurrent network
reads it in either case, step after step, and the last hidden state is no longer the sentence's: it depends on how long
the longest sentence of the batch happens to be. The cure is pack_padded_sequence: the network stops where each ends.
"""

from __future__ import annotations

import lecture_text
import lecture_tools
import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence

PAD, WORDS = 0, 8  # the number of <pad>, and how many numbers there are with it
EMBEDDING, HIDDEN = 8, 16
LONGEST, LONGER = 12, 40  # words of the longest sentence while training, and in the larger batches afterwards
WAYS = ("random vector", "padding_idx", "packed")


class Model(nn.Module):
    """Sentences (batch, seq) to scores (batch, words): which word did the sentence begin with?"""

    def __init__(self, way: str) -> None:
        super().__init__()
        self.embedding = nn.Embedding(WORDS, EMBEDDING, padding_idx=PAD if way == "padding_idx" else None)
        self.rnn = nn.GRU(EMBEDDING, HIDDEN, batch_first=True)
        self.linear = nn.Linear(HIDDEN, WORDS)
        self.pack = way == "packed"

    def hidden(self, sentences: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
        """The last hidden states (batch, hidden)."""
        inputs = self.embedding(sentences)
        if self.pack:
            inputs = pack_padded_sequence(inputs, lengths, batch_first=True, enforce_sorted=False)
        _, hidden = self.rnn(inputs)
        return hidden[-1]

    def forward(self, sentences: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
        return self.linear(self.hidden(sentences, lengths))


def fill_up(sentences: torch.Tensor, width: int) -> torch.Tensor:
    """The same sentences in a batch whose longest has `width` words."""
    return nn.functional.pad(sentences, (0, width - sentences.size(1)), value=PAD)


def vector(values: torch.Tensor) -> str:
    return " ".join(f"{value:6.3f}" for value in values.tolist())


def accuracy(model: Model, width: int) -> float:
    with torch.no_grad():
        right = model(fill_up(test_sentences, width), test_lengths).argmax(dim=1) == test_sentences[:, 0]
    return right.float().mean().item()


options = lecture_tools.Options(__doc__, epochs=60, lr=0.01)
args = options.parse_args()
torch.manual_seed(args.seed)

lengths = torch.randint(1, LONGEST + 1, (600,)).tolist()
words = [torch.randint(1, WORDS, (length,)).tolist() for length in lengths]
sentences, sentence_lengths = lecture_text.pad(words, PAD)
train_sentences, test_sentences = sentences.split((400, 200))
train_lengths, test_lengths = sentence_lengths.split((400, 200))
print(f"data: made by the experiment: {len(words)} sentences of 1 to {LONGEST} words; the label is the first word")

print("the vector of <pad>, its first four numbers:")
embeddings = {"random": nn.Embedding(WORDS, EMBEDDING), "padding_idx": nn.Embedding(WORDS, EMBEDDING, padding_idx=PAD)}
for name, embedding in embeddings.items():
    before = embedding.weight[PAD, :4].tolist()
    embedding(train_sentences).sum().backward()
    torch.optim.SGD(embedding.parameters(), lr=0.001).step()
    print(f"  {name:11s}  {vector(torch.tensor(before))}, after a step of training {vector(embedding.weight[PAD, :4])}")

print("how far <pad> moves the last hidden state of a sentence of 3 words, before any training:")
paddings = (0, 1, 2, 5, 10, 20)
print("  times <pad>    " + "".join(f"{times:8d}" for times in paddings))
for way in WAYS:
    torch.manual_seed(args.seed)
    model = Model(way)
    one, length = torch.tensor([[3, 1, 4]]), torch.tensor([3])
    with torch.no_grad():
        states = [model.hidden(fill_up(one, 3 + times), length) for times in paddings]
    print(f"  {way:13s}  " + "".join(f"{(state - states[0]).norm().item():8.4f}" for state in states))

runs: dict[str, tuple[Model, list[float]]] = {}
for way in WAYS:
    torch.manual_seed(args.seed)
    model = Model(way)
    criterion = nn.CrossEntropyLoss()
    optimizer = torch.optim.Adam(model.parameters(), lr=args.lr)
    print(f"training, {way}")
    losses = []
    for epoch in lecture_tools.progress(args.epochs):
        loss = criterion(model(train_sentences, train_lengths), train_sentences[:, 0])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
        lecture_tools.report(epoch, args.epochs, loss=losses[-1])
    runs[way] = model, losses

widths = (LONGEST, LONGEST + 4, LONGEST + 8, LONGEST + 18, LONGER)
print("accuracy on the same test sentences, by the longest sentence of the batch that they are in:")
print("  words          " + "".join(f"{width:8d}" for width in widths))
for way, (model, _) in runs.items():
    print(f"  {way:13s}  " + "".join(f"{accuracy(model, width):8.3f}" for width in widths))

model, losses = runs["packed"]
lecture_tools.summary(first_loss=losses[0], last_loss=losses[-1], accuracy=accuracy(model, LONGEST))

if args.plot:
    plt = lecture_tools.pyplot()
    figure, (left, right) = plt.subplots(1, 2, figsize=(11, 4.2))
    for way, (model, losses) in runs.items():
        left.plot(range(1, args.epochs + 1), losses, label=way)
        right.plot(
            range(LONGEST, LONGER + 1), [accuracy(model, width) for width in range(LONGEST, LONGER + 1)], label=way
        )
    left.set(xlabel="epoch", ylabel="cross entropy", title="The loss")
    right.set(xlabel="words of the longest sentence of the batch", ylabel="accuracy", ylim=(0, 1.02))
    right.set(title="Accuracy on the same test sentences")
    right.legend(loc="lower left")
    lecture_tools.save_figure(figure, args.plot)
