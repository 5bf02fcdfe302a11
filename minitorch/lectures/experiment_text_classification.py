"""Experiment: good film or bad? Sentences classified by the average of their words, by an RNN and by a CNN.

Three ways from the vectors of a sentence's words to one vector for the sentence:

    average  the mean of the word vectors: the order of the words is lost, and yet it is hard to beat
    rnn      the last states of an LSTM that reads the sentence in both directions
    cnn      windows of 3, 4 and 5 words slide over it; of each feature only the largest value counts (Kim, 2014)

The sentences of a batch differ in length, and are filled up with a padding word. No answer may depend on it: how much
of it there is depends on the other sentences of the batch.
"""

from __future__ import annotations

import argparse
import math
import random
from pathlib import Path

import lecture_tools
import torch
import torch.nn.functional as F
from lecture_text import Vocabulary, pad, read_phrases
from lecture_training import Training
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence
from torch.utils.data import DataLoader

Example = tuple[list[int], int]

ADJECTIVES = (
    "dull lazy awful stupid boring weak silly cheap ugly tired false empty".split(),
    "warm funny superb smart witty fine lovely clever gorgeous fresh honest moving".split(),
)
PARTS = "story cast script music dialogue humour ending acting picture hero".split()
DEGREES = ("", "very", "really", "quite", "so", "simply")
BEGINNINGS = ("", "i think", "my friends say that", "well ,", "we saw it on monday and", "in the second half")
ENDINGS = ("", "from start to end", ", as i had expected", "in every scene", "this time")
NEGATED = 0.3


def invent(count: int) -> list[tuple[list[str], int]]:
    """Reviews as words and label. In some a "not" turns the adjective into its opposite."""
    dice = random.Random(1895)
    reviews = []
    for _ in range(count):
        label, negated = dice.randrange(2), dice.random() < NEGATED
        adjective = dice.choice(ADJECTIVES[label != negated])
        beginning, part, degree, ending = map(dice.choice, (BEGINNINGS, PARTS, DEGREES, ENDINGS))
        text = f"{beginning} the {part} is {'not' if negated else ''} {degree} {adjective} {ending}"
        reviews.append((text.split(), label))
    return reviews


def read_reviews(path: Path) -> list[tuple[list[str], int]]:
    """The whole sentences that are for the film (sentiment 3 and 4) or against it (0 and 1), as words and label.

    Phrases of them are left out: with a phrase among the training data and its sentence among the held-out, a model
    would be tested on what it has seen.
    """
    phrases = read_phrases(path)
    return [(one.words, int(one.sentiment > 2)) for one in phrases if one.whole and one.sentiment != 2]


def read_vectors(path: Path) -> tuple[dict[int, torch.Tensor], int]:
    """The vectors of the vocabulary's words, by number, and their size: a line has a word and its numbers."""
    found: dict[int, torch.Tensor] = {}
    size = 0
    entries = lecture_tools.read_text(path).rstrip("\r\n").split("\n")  # splitlines() would split some words of GloVe
    for line, entry in enumerate(entries, start=1):
        word, *fields = entry.rstrip("\r ").split(" ")
        size = size or len(fields)
        try:
            numbers = [float(field) for field in fields]
        except ValueError as error:
            lecture_tools.stop(f"cannot use {path}: line {line}: {error}")
        if not size or len(numbers) != size or not all(map(math.isfinite, numbers)):
            expected = f"{size or 'some'} finite numbers"
            lecture_tools.stop(f"cannot use {path}: line {line}: expected a word and {expected}, got {len(numbers)}")
        if word in vocabulary:
            found[vocabulary.index[word]] = torch.tensor(numbers)
    if not found:
        lecture_tools.stop(f"cannot use {path}: it has a vector of no word of the reviews")
    return found, size


def collate(examples: list[Example]) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """A batch: words (batch, longest), lengths (batch) and labels (batch)."""
    sentences, labels = zip(*examples, strict=True)
    words, lengths = pad(sentences, vocabulary.pad)
    return words, lengths, torch.tensor(labels)


class Classifier(nn.Module):
    """Word vectors, one vector for the sentence (what a subclass makes of them), and a score for bad and for good."""

    def __init__(self, features: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding.from_pretrained(
            start_vectors.clone(), freeze=args.freeze, padding_idx=vocabulary.pad
        )
        self.dropout = nn.Dropout(args.dropout)
        self.output = nn.Linear(features, 2)

    def sentence(self, vectors: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
        """Word vectors (batch, longest, size), 0 where there is no word, to sentence vectors (batch, features)."""
        raise NotImplementedError

    def forward(self, words: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
        return self.output(self.dropout(self.sentence(self.embedding(words), lengths)))


class Average(Classifier):
    def __init__(self) -> None:
        super().__init__(size)

    def sentence(self, vectors: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
        return vectors.sum(dim=1) / lengths.unsqueeze(1)  # not mean(dim=1): that divides by the longest length


class Recurrent(Classifier):
    def __init__(self) -> None:
        super().__init__(2 * args.features)
        self.lstm = nn.LSTM(size, args.features, batch_first=True, bidirectional=True)

    def sentence(self, vectors: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
        packed = pack_padded_sequence(vectors, lengths, batch_first=True, enforce_sorted=False)
        _, (states, _) = self.lstm(packed)  # those after each sentence's own last word, and after its first
        return torch.cat([states[0], states[1]], dim=1)


class Convolutional(Classifier):
    WIDTHS = (3, 4, 5)

    def __init__(self) -> None:
        super().__init__(len(self.WIDTHS) * args.features)
        # Padding by all but one word lets a window begin before the sentence: no sentence is too short for it.
        self.windows = nn.ModuleList(nn.Conv1d(size, args.features, width, padding=width - 1) for width in self.WIDTHS)

    def sentence(self, vectors: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
        found = []
        for width, window in zip(self.WIDTHS, self.windows, strict=True):
            values = F.relu(window(vectors.transpose(1, 2)))  # (batch, features, windows)
            places = torch.arange(values.size(2))
            meets_a_word = (places < lengths.unsqueeze(1) + width - 1).unsqueeze(1)
            found.append((values * meets_a_word).amax(dim=2))  # 0 changes no maximum: nothing after relu is less
        return torch.cat(found, dim=1)


MODELS = {"average": Average, "rnn": Recurrent, "cnn": Convolutional}


@torch.no_grad()
def judge(model: Classifier, loader: DataLoader) -> tuple[float, torch.Tensor]:
    """The accuracy, and how often each label (rows) was taken for each (columns)."""
    model.eval()
    confusion = torch.zeros(2, 2, dtype=torch.int64)
    for words, lengths, labels in loader:
        predicted = model(words, lengths).argmax(dim=1)
        confusion += torch.bincount(2 * labels + predicted, minlength=4).view(2, 2)
    model.train()
    return confusion.diagonal().sum().item() / confusion.sum().item(), confusion


def train(name: str) -> tuple[Classifier, Training]:
    torch.manual_seed(args.seed)  # whichever models are trained before this one
    model = MODELS[name]()
    optimizer = torch.optim.Adam((one for one in model.parameters() if one.requires_grad), lr=args.lr)
    settings = {**vars(args), "model": name}
    if args.checkpoint is not None and args.model == "all":
        settings["checkpoint"] = args.checkpoint.with_stem(f"{args.checkpoint.stem}-{name}")
    training = Training(argparse.Namespace(**settings), model=model, optimizer=optimizer)
    print(f"training {name}, {sum(one.numel() for one in model.parameters() if one.requires_grad)} parameters")
    for _ in training.epochs():
        for words, lengths, labels in train_loader:
            loss = F.cross_entropy(model(words, lengths), labels)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            training.step(loss.item(), samples=len(labels))
        training.report(trained=judge(model, train_loader_in_order)[0], held_out=judge(model, test_loader)[0])
    return model, training


@torch.no_grad()
def padding_matters(model: Classifier) -> float:
    """How far the scores of a sentence move when ten padding words are put behind it."""
    model.eval()
    words, lengths, _ = collate(test_set[:1])
    return (model(F.pad(words, (0, 10), value=vocabulary.pad), lengths) - model(words, lengths)).abs().max().item()


def word_scores(model: Average) -> torch.Tensor:
    """What each word adds for good over bad: the average's scores are the average of its words' scores."""
    weight = model.output.weight.detach()
    return model.embedding.weight.detach() @ (weight[1] - weight[0])


options = lecture_tools.Options(__doc__, epochs=5, lr=0.002, batch_size=32, checkpoint=True)
options.add_argument("--model", choices=[*MODELS, "all"], default="all", help="default: %(default)s")
options.add_argument(
    "--min-count", type=lecture_tools.positive, default=2, help="rarer words are <unk> (default: %(default)s)"
)
options.add_argument("--size", type=lecture_tools.positive, default=100, help="of a word vector (default: %(default)s)")
options.add_argument(
    "--features", type=lecture_tools.positive, default=64, help="of a direction or a width (default: %(default)s)"
)
options.add_argument("--dropout", type=lecture_tools.fraction, default=0.5, help="default: %(default)s")
options.add_argument(
    "--vectors", type=Path, metavar="FILE", help="begin with these word vectors, a word and its numbers a line (GloVe)"
)
options.add_argument("--freeze", action="store_true", help="leave the word vectors as they are")
args = options.parse_args()
torch.manual_seed(args.seed)

if args.data is None:
    reviews = invent(2000)
    print(f"data: {len(reviews)} reviews of a sentence, invented by the experiment")
else:
    path = lecture_tools.data_file(args.data, "movie_reviews_train.tsv.zip", "movie_reviews_train.tsv")
    reviews = read_reviews(path)
    print(f"data: {path.name}: {len(reviews)} whole sentences that are not neutral")
if len(reviews) < 10:
    lecture_tools.stop(f"expected at least 10 sentences that are good or bad, got {len(reviews)}")

order = torch.randperm(len(reviews)).tolist()
held_out, kept = order[: len(order) // 5], order[len(order) // 5 :]
vocabulary = Vocabulary([reviews[row][0] for row in kept], min_count=args.min_count)  # never of the held-out ones
train_set = [(vocabulary.encode(words), label) for words, label in map(reviews.__getitem__, kept)]
test_set = [(vocabulary.encode(words), label) for words, label in map(reviews.__getitem__, held_out)]
train_loader = DataLoader(train_set, batch_size=args.batch_size, shuffle=True, collate_fn=collate)
train_loader_in_order = DataLoader(train_set, batch_size=256, collate_fn=collate)
test_loader = DataLoader(test_set, batch_size=256, collate_fn=collate)
good = sum(label for _, label in test_set) / len(test_set)
print(f"{len(train_set)} to train on, {len(test_set)} held out, {len(vocabulary)} words")
print(f"who always says the same is right in {max(good, 1 - good):.4f} of those held out")

vectors_found, size = ({}, args.size) if args.vectors is None else read_vectors(args.vectors)
start_vectors = torch.empty(len(vocabulary), size).uniform_(-0.25, 0.25)
for number, vector in vectors_found.items():
    start_vectors[number] = vector
start_vectors[vocabulary.pad] = 0.0
if args.vectors is not None:
    print(f"{len(vectors_found)} of {len(vocabulary)} words have a vector of size {size} in {args.vectors.name}")

names = list(MODELS) if args.model == "all" else [args.model]
trained = {name: train(name) for name in names}

if "average" in trained:
    frequent = [number for number, word in enumerate(vocabulary.words) if vocabulary.counts[word] >= 3]
    scores = word_scores(trained["average"][0])[frequent]
    ranked = [vocabulary.words[frequent[place]] for place in scores.argsort(descending=True).tolist()]
    print(f"words that say good: {' '.join(ranked[:8])}")
    print(f"words that say bad: {' '.join(ranked[:-9:-1])}")

print("sentences held out, and the probability that they are good")
print("  " + " ".join(f"{name:>8s}" for name in names))
for row in held_out[:6]:
    words, lengths, _ = collate([(vocabulary.encode(reviews[row][0]), reviews[row][1])])
    answers = []
    for model, _ in trained.values():
        model.eval()
        with torch.no_grad():
            answers.append(F.softmax(model(words, lengths), dim=1)[0, 1].item())
    text = " ".join(reviews[row][0])
    print("  " + " ".join(f"{p:8.2f}" for p in answers) + f"  {'good' if reviews[row][1] else 'bad '}  {text[:70]}")

print("model    held out  score moved by ten padding words")
for name, (model, training) in trained.items():
    print(f"  {name:7s} {training.figures['held_out'][-1]:7.4f} {padding_matters(model):10.4f}")
_, training = trained[names[-1]]
training.summary(accuracy=training.figures["held_out"][-1])

if args.plot:
    plt = lecture_tools.pyplot()
    wide = "average" in trained
    figure, panels = plt.subplots(1, 2 + wide, figsize=(10 + 5 * wide, 4.8))
    for name, (_, training) in trained.items():
        epochs = range(1, len(training.figures["loss"]) + 1)
        (line,) = panels[0].plot(epochs, training.figures["held_out"], marker=".", label=f"{name}, held out")
        panels[0].plot(epochs, training.figures["trained"], ":", color=line.get_color(), label=f"{name}, trained on")
    panels[0].set(xlabel="epoch", ylabel="accuracy", title="Accuracy")
    panels[0].legend(fontsize=8)
    name = names[-1]
    _, confusion = judge(trained[name][0], test_loader)
    panels[1].imshow(confusion.numpy(), cmap="Blues", vmin=0, vmax=2 * len(test_set))  # light, to read the numbers
    for label in range(2):
        for guess in range(2):
            panels[1].text(guess, label, str(confusion[label, guess].item()), ha="center", va="center")
    ticks = {"xticks": (0, 1), "xticklabels": ("bad", "good"), "yticks": (0, 1), "yticklabels": ("bad", "good")}
    panels[1].set(xlabel=f"{name} says", ylabel="people say", title=f"{name}: sentences held out", **ticks)
    panels[1].grid(visible=False)
    if wide:
        ends = scores.sort().values
        ends = torch.cat([ends[:12], ends[12:][-12:]]).tolist()
        words = [*ranked[::-1][:12], *ranked[::-1][12:][-12:]]
        panels[2].barh(words, ends, color=["tab:green" if score > 0 else "tab:red" for score in ends])
        panels[2].tick_params(axis="y", labelsize=7)
        panels[2].set(xlabel="score for good", title="What the average has learned of words")
    lecture_tools.save_figure(figure, args.plot)
