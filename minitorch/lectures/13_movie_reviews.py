"""Lecture 13, homework: is this phrase of a movie review for or against the movie?

Sentences of reviews, and the phrases that they are made of, each judged by people from 0 (strongly against) to 4
(strongly for). Words take the place of the characters of the names before: a vocabulary, made of the phrases to train
on alone, gives each its number, and a word that it does not know is <unk>.

The phrases are held out by sentence. Held out by phrase, nearly every test phrase would have a longer or a shorter one
of the same sentence among the training phrases: the network would be asked what it has just been told. That flatters:
with --split phrase it seems to judge half of the whole sentences rightly, of sentences that are new to it four in ten.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import lecture_tools
import torch
from lecture_text import Phrase, Vocabulary, pad, read_phrases
from lecture_training import Training
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence
from torch.utils.data import DataLoader, RandomSampler

SENTIMENTS = ("strongly against", "against", "neither", "for", "strongly for")
REPEATS = 8  # how often an epoch goes through the lecture's own few phrases

# For when the real reviews are not at hand: sentences, each with phrases of it, and what they say.
REVIEWS = """\
4 a wonderful movie from the first minute to the last | 4 a wonderful movie | 2 from the first minute to the last
4 the best film that i have seen for years | 4 the best film | 2 that i have seen for years
4 brilliant actors and a brilliant story | 4 brilliant actors | 4 a brilliant story
4 i loved every single moment of it | 4 i loved every single moment | 2 of it
4 an excellent story , told with great warmth | 4 an excellent story | 3 told with great warmth
3 a good movie for a long evening | 3 a good movie | 2 for a long evening
3 nice pictures and a likable hero | 3 nice pictures | 3 a likable hero
3 funny enough to laugh a few times | 3 funny enough | 2 to laugh a few times
3 the second half is quite good | 3 quite good | 2 the second half
2 the story of two brothers in a small town | 2 two brothers | 2 in a small town
2 the film opens with a train in the snow | 2 the film opens | 2 a train in the snow
2 it is based on a book of the same name | 2 it is based on a book | 2 of the same name
2 neither good nor bad , just a movie | 2 neither good nor bad | 2 just a movie
1 a weak story that goes nowhere | 1 a weak story | 1 that goes nowhere
1 too long and a little boring | 1 too long | 1 a little boring
1 the jokes are not funny | 1 not funny | 2 the jokes
1 the actors look tired of the script | 1 look tired | 2 the actors
0 a terrible movie , a waste of time | 0 a terrible movie | 0 a waste of time
0 the worst film of the year | 0 the worst film | 2 of the year
0 an awful script and horrible actors | 0 an awful script | 0 horrible actors
0 stupid , boring and painfully long | 0 stupid , boring | 1 painfully long
"""


class Classifier(nn.Module):
    """Phrases (batch, seq) of any lengths, in any order, to scores (batch, sentiments)."""

    def __init__(self, layer: type[nn.RNNBase], vocabulary: Vocabulary, hidden: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding(len(vocabulary), hidden, padding_idx=vocabulary.pad)
        self.rnn = layer(hidden, hidden, batch_first=True, bidirectional=True)
        self.dropout = nn.Dropout(0.5)
        self.linear = nn.Linear(2 * hidden, len(SENTIMENTS))

    def forward(self, inputs: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
        # Here it is packing that sorts the phrases, and the layer puts its hidden states back into their order.
        packed = pack_padded_sequence(self.embedding(inputs), lengths, batch_first=True, enforce_sorted=False)
        _, hidden = self.rnn(packed)
        if isinstance(hidden, tuple):  # an LSTM has its cell state beside it
            hidden, _ = hidden
        return self.linear(self.dropout(torch.cat([hidden[-2], hidden[-1]], dim=1)))


def load(directory: Path | None) -> list[Phrase]:
    """The phrases of all reviews."""
    if directory is not None:
        path = lecture_tools.data_file(directory, "movie_reviews_train.tsv.zip", "movie_reviews_train.tsv")
        phrases = read_phrases(path)
        sentences = sum(phrase.whole for phrase in phrases)
        if sentences < 10:
            lecture_tools.stop(f"cannot use {path}: expected phrases of at least 10 sentences, got {sentences}")
        print(f"data: {path.name}: {len(phrases)} phrases of {sentences} sentences")
        return phrases
    phrases = []
    for number, line in enumerate(REVIEWS.splitlines()):
        for place, phrase in enumerate(line.split(" | ")):
            sentiment, *words = phrase.split()
            phrases.append(Phrase(str(number), words, int(sentiment), place == 0))
    print(f"data: the lecture's own, {len(phrases)} phrases of {len(REVIEWS.splitlines())} sentences")
    return phrases


def split(phrases: Sequence[Phrase], by: str) -> tuple[list[Phrase], list[Phrase]]:
    """A tenth, drawn at random, is held out: of the sentences with all their phrases, or of the phrases."""
    units = [phrase.sentence if by == "sentence" else number for number, phrase in enumerate(phrases)]
    different = list(dict.fromkeys(units))
    order = torch.randperm(len(different)).tolist()
    held_out = {different[number] for number in order[: len(different) // 10]}
    sides: tuple[list[Phrase], list[Phrase]] = [], []
    for unit, phrase in zip(units, phrases, strict=True):
        sides[unit in held_out].append(phrase)
    return sides


def always_the_same(train_set: Sequence[Phrase], targets: torch.Tensor, whole: bool) -> tuple[str, float]:
    """The most frequent sentiment of the phrases to train on, and how often it would be right for `targets`."""
    counts = Counter(phrase.sentiment for phrase in train_set if phrase.whole or not whole)
    most = counts.most_common(1)[0][0]
    return SENTIMENTS[most], (targets == most).float().mean().item()


def main() -> None:
    options = lecture_tools.Options(__doc__, epochs=10, lr=0.002, batch_size=64, checkpoint=True)
    options.add_argument("--cell", choices=("gru", "lstm"), default="gru", help="default: %(default)s")
    options.add_argument(
        "--hidden", type=lecture_tools.positive, default=64, help="hidden units (default: %(default)s)"
    )
    options.add_argument(
        "--rows", type=lecture_tools.positive, default=20000, help="phrases drawn for an epoch (default: %(default)s)"
    )
    options.add_argument(
        "--words", type=lecture_tools.positive, default=10000, help="size of the vocabulary (default: %(default)s)"
    )
    options.add_argument(
        "--split", choices=("sentence", "phrase"), default="sentence", help="what is held out (default: %(default)s)"
    )
    options.add_argument("--predict", metavar="PHRASE", help="print what PHRASE says")
    args = options.parse_args()
    torch.manual_seed(args.seed)

    train_set, test_set = split(load(args.data), args.split)
    vocabulary = Vocabulary((phrase.words for phrase in train_set), size=args.words + 2)
    if args.predict is not None and not args.predict.split():
        lecture_tools.stop("--predict: expected at least one word")

    def make_tensors(phrases: Sequence[Phrase]) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """A batch as numbers (batch, seq), its lengths and its sentiments."""
        inputs, lengths = pad([vocabulary.encode(phrase.words) for phrase in phrases], vocabulary.pad)
        return inputs, lengths, torch.tensor([phrase.sentiment for phrase in phrases])

    # Other phrases are drawn for each epoch, so that in time all are read.
    repeated = train_set if args.data is not None else train_set * REPEATS
    sampler = RandomSampler(repeated, num_samples=min(args.rows, len(repeated)))
    train_loader = DataLoader(repeated, args.batch_size, sampler=sampler, collate_fn=make_tensors)
    by_length = sorted(test_set, key=lambda phrase: len(phrase.words))  # phrases alike in length: little to fill up
    test_loader = DataLoader(by_length, 256, collate_fn=make_tensors)
    print(f"{len(train_set)} phrases to train on, {len(test_set)} held out, a vocabulary of {len(vocabulary)}")
    unknown = sum(word not in vocabulary for phrase in test_set for word in phrase.words)
    print(f"{unknown} of {sum(len(phrase.words) for phrase in test_set)} words held out are <unk>")

    model = Classifier({"gru": nn.GRU, "lstm": nn.LSTM}[args.cell], vocabulary, args.hidden)
    criterion = nn.CrossEntropyLoss()
    optimizer = torch.optim.Adam(model.parameters(), lr=args.lr)
    targets = torch.tensor([phrase.sentiment for phrase in by_length])
    judged = {
        "accuracy": torch.ones(len(by_length), dtype=torch.bool),
        "whole_sentences": torch.tensor([phrase.whole for phrase in by_length]),
    }
    judged = {name: rows for name, rows in judged.items() if rows.any()}
    for name, rows in judged.items():
        chosen, share = always_the_same(train_set, targets[rows], whole=name == "whole_sentences")
        print(f"'{chosen}' to all held out: {name} {share:.4f}")

    @torch.no_grad()
    def test() -> torch.Tensor:
        """The sentiment predicted for each phrase that is held out, in the order of `by_length`."""
        model.eval()
        predicted = torch.cat([model(inputs, lengths).argmax(dim=1) for inputs, lengths, _ in test_loader])
        model.train()
        return predicted

    training = Training(args, free=["predict"], model=model, optimizer=optimizer)
    for _ in training.epochs():
        for inputs, lengths, sentiments in train_loader:
            loss = criterion(model(inputs, lengths), sentiments)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            training.step(loss.item(), samples=len(inputs))
        right = (test() == targets).float()
        training.report(**{name: right[rows].mean().item() for name, rows in judged.items()})

    if args.predict is not None:
        inputs, lengths, _ = make_tensors([Phrase("", args.predict.lower().split(), 0, True)])
        model.eval()
        with torch.no_grad():
            probabilities = torch.softmax(model(inputs, lengths)[0], dim=0)
        print(f"{args.predict}:")
        for name, probability in zip(SENTIMENTS, probabilities.tolist(), strict=True):
            print(f"  {name:16s} {probability:.4f}")

    training.summary(accuracy=training.figures["accuracy"][-1])

    if args.plot:
        confusion = torch.zeros(len(SENTIMENTS), len(SENTIMENTS))
        confusion.index_put_((targets, test()), torch.ones(len(targets)), accumulate=True)
        plot(args.plot, {name: training.figures[name] for name in judged}, confusion)


def plot(path: Path, accuracies: dict[str, Sequence[float]], confusion: torch.Tensor) -> None:
    """The accuracies by epoch, and how often phrases of a sentiment (row) are taken for each (column)."""
    plt = lecture_tools.pyplot()
    figure, (left, right) = plt.subplots(1, 2, figsize=(12, 4.8))
    for name, values in accuracies.items():
        left.plot(range(1, len(values) + 1), values, marker=".", label=name.replace("_", " "))
    left.set(xlabel="epoch", ylabel="right", title="Phrases held out", ylim=(0, 1))
    left.legend()
    shares = confusion / confusion.sum(dim=1, keepdim=True).clamp(min=1)
    image = right.imshow(shares.numpy(), cmap="Blues", vmin=0, vmax=1)
    right.grid(False)
    right.set_xticks(range(len(SENTIMENTS)), SENTIMENTS, rotation=30)
    right.set_yticks(range(len(SENTIMENTS)), SENTIMENTS)
    right.set(xlabel="taken for", ylabel="is", title="What is taken for what")
    figure.colorbar(image, ax=right)
    lecture_tools.save_figure(figure, path)


if __name__ == "__main__":
    main()
