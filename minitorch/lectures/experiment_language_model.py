"""Experiment: a language model by RNN, GRU and LSTM, judged by its perplexity.

A language model gives a text a probability, word by word: P(W) = product of P(word i | the words before it). The usual
figure for it is the perplexity, P(W) ** (-1/N) = exp(cross entropy of a word): it is as unsure as if it had to guess
among so many words each time. The tokens are words and marks, as in this formula; with --characters they are letters.

The text is one long sequence, too long to go back through. Truncated backpropagation cuts it into pieces: the state
goes on from one piece to the next, its history does not (`detach`). Still, gradients through many steps grow at times
out of all proportion; clipping shortens them. (Mikolov and others, 2010; Pascanu and others, 2013)
"""

from __future__ import annotations

import argparse
import math
import random
import re
from collections.abc import Iterator

import lecture_tools
import torch
import torch.nn.functional as F
from lecture_text import Vocabulary
from lecture_training import Training
from torch import nn

LAYERS = {"rnn": nn.RNN, "gru": nn.GRU, "lstm": nn.LSTM}
State = torch.Tensor | tuple[torch.Tensor, torch.Tensor] | None

NAMES = {"anna": "she", "mary": "she", "lucy": "she", "peter": "he", "paul": "he", "tom": "he"}
VERBS = ("met", "heard", "saw", "asked", "helped")
ADJECTIVES = ("old", "young", "quiet", "clever")
NOUNS = ("baker", "farmer", "miller", "sailor", "teacher")
ENDINGS = ("laughed", "sang", "went home", "slept well")
LARGE_LR = 4.0


def invent(count: int) -> tuple[str, float, float]:
    """A text of so many sentences, and the perplexity on it of who knows how it was made, and of who forgets the name.

    Who tells "she" from "he" must still know the name, five words before and --between more.
    """
    dice = random.Random(1948)
    sentences, information = [], 0.0
    for _ in range(count):
        choices = [tuple(NAMES), VERBS, *[ADJECTIVES] * args.between, NOUNS, ENDINGS]
        name, verb, *others, ending = (dice.choice(choice) for choice in choices)
        sentences.append(f"{name} {verb} the {' '.join(others)} and {NAMES[name]} {ending} .")
        information += sum(math.log(len(choice)) for choice in choices)
    text = "\n".join(sentences)
    length = len(tokens_of(text))
    return text, math.exp(information / length), math.exp((information + count * math.log(2)) / length)


def tokens_of(text: str) -> list[str]:
    """A text as words, marks and line ends, in lower case; or as characters."""
    return list(text) if args.characters else re.findall(r"[a-z]+(?:['-][a-z]+)*|[^a-z\s]|\n", text.lower())


def columns(tokens: list[str], batch: int) -> torch.Tensor:
    """A text as (time, batch): it is cut into so many parts, which are read side by side."""
    length = len(tokens) // batch
    numbers = torch.tensor(vocabulary.encode(tokens[: length * batch]))
    return numbers.view(batch, length).t().contiguous()


def pieces(text: torch.Tensor) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
    """What is read and what is to be foretold, --bptt steps at a time: the same columns, one step later."""
    for start in range(0, len(text) - 1, args.bptt):
        targets = text[start + 1 : start + 1 + args.bptt]
        yield text[start : start + len(targets)], targets


class LanguageModel(nn.Module):
    """Word, vector, state, and a score for every word that may come next."""

    def __init__(self, kind: str) -> None:
        super().__init__()
        self.embedding = nn.Embedding(len(vocabulary), args.hidden)
        self.layer = LAYERS[kind](args.hidden, args.hidden)
        self.dropout = nn.Dropout(args.dropout)
        self.output = nn.Linear(args.hidden, len(vocabulary))
        nn.init.uniform_(self.embedding.weight, -0.1, 0.1)
        if args.tie:  # one table for words that are read and words that are foretold
            self.output.weight = self.embedding.weight

    def forward(self, inputs: torch.Tensor, state: State = None) -> tuple[torch.Tensor, State]:
        """Scores (time, batch, words) after each of `inputs` (time, batch), and the state after the last."""
        outputs, state = self.layer(self.dropout(self.embedding(inputs)), state)
        return self.output(self.dropout(outputs)), state


def detached(state: State) -> State:
    """The same numbers without their history, so that backward stops here. An LSTM's state is a pair."""
    return tuple(part.detach() for part in state) if isinstance(state, tuple) else state.detach()


def entropy(scores: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    return F.cross_entropy(scores.flatten(0, 1), targets.flatten())


@torch.no_grad()
def perplexity(model: LanguageModel, text: torch.Tensor) -> float:
    model.eval()
    state, total = None, 0.0
    for inputs, targets in pieces(text):
        scores, state = model(inputs, state)
        total += entropy(scores, targets).item() * targets.numel()
    model.train()
    return math.exp(total / text[1:].numel())


def train(kind: str) -> tuple[LanguageModel, Training]:
    torch.manual_seed(args.seed)  # whichever models are trained before this one
    model = LanguageModel(kind)
    optimizer = torch.optim.Adam(model.parameters(), lr=args.lr)
    settings = {**vars(args), "model": kind}
    if args.checkpoint is not None and args.model == "all":
        settings["checkpoint"] = args.checkpoint.with_stem(f"{args.checkpoint.stem}-{kind}")
    training = Training(argparse.Namespace(**settings), model=model, optimizer=optimizer)
    print(f"training {kind}, {sum(parameter.numel() for parameter in model.parameters())} parameters")
    for _ in training.epochs():
        state, norms = None, []
        for inputs, targets in pieces(train_text):
            scores, state = model(inputs, state)
            state = detached(state)
            loss = entropy(scores, targets)
            optimizer.zero_grad()
            loss.backward()
            norms.append(nn.utils.clip_grad_norm_(model.parameters(), args.clip).item())  # the norm before clipping
            optimizer.step()
            training.step(loss.item(), samples=targets.numel())
        clipped = sum(norm > args.clip for norm in norms) / len(norms)
        training.report(valid_perplexity=perplexity(model, valid_text), clipped=clipped)
    return model, training


def large_steps(kind: str, clip: float) -> list[tuple[float, float]]:
    """A few steps of SGD with too large a learning rate: the norm of the gradient before clipping, and the loss."""
    torch.manual_seed(args.seed)
    model = LanguageModel(kind)
    model.eval()
    optimizer = torch.optim.SGD(model.parameters(), lr=LARGE_LR)
    seen = []
    inputs, targets = next(pieces(train_text))
    for _ in range(7):
        loss = entropy(model(inputs)[0], targets)
        optimizer.zero_grad()
        loss.backward()
        norm = nn.utils.clip_grad_norm_(model.parameters(), clip)
        optimizer.step()
        seen.append((norm.item(), loss.item()))
    return seen


def reach(model: LanguageModel) -> torch.Tensor:
    """The norm of the last loss's gradient in the vector of the word 0, 1, 2, ... steps back."""
    model.eval()
    inputs, targets = next(pieces(train_text))
    vectors = model.embedding(inputs).detach().requires_grad_()
    outputs, _ = model.layer(vectors)
    loss = F.cross_entropy(model.output(outputs[-1]), targets[-1])
    (gradient,) = torch.autograd.grad(loss, vectors)
    return gradient.norm(dim=2).mean(dim=1).flip(0)


@torch.no_grad()
def sample(model: LanguageModel, temperature: float, length: int) -> str:
    """A text drawn word by word; below 1 the temperature favours what is likely, above 1 it evens out."""
    model.eval()
    word, state = torch.tensor([[START]]), None
    words = []
    for _ in range(length):
        scores, state = model(word, state)
        scores[..., vocabulary.index["<unk>"]] = -math.inf  # it stands for words, it is none
        word = torch.multinomial(F.softmax(scores[0] / temperature, dim=1), 1)
        words.append(word.item())
    return ("" if args.characters else " ").join(vocabulary.decode(words)).replace("\n", "/")


options = lecture_tools.Options(__doc__, epochs=5, lr=0.004, batch_size=20, checkpoint=True)
options.add_argument("--model", choices=[*LAYERS, "all"], default="all", help="default: %(default)s")
options.add_argument("--characters", action="store_true", help="foretell characters, not words")
options.add_argument(
    "--tokens", type=lecture_tools.positive, default=120_000, help="read so many at most (default: %(default)s)"
)
options.add_argument(
    "--min-count", type=lecture_tools.positive, default=2, help="rarer words are <unk> (default: %(default)s)"
)
options.add_argument(
    "--hidden", type=lecture_tools.positive, default=96, help="size of vectors and states (default: %(default)s)"
)
options.add_argument(
    "--bptt", type=lecture_tools.positive, default=20, help="steps that backward goes back (default: %(default)s)"
)
options.add_argument("--dropout", type=lecture_tools.fraction, default=0.2, help="default: %(default)s")
options.add_argument(
    "--clip", type=lecture_tools.positive_real, default=0.5, help="longest gradient (default: %(default)s)"
)
options.add_argument(
    "--between",
    type=lecture_tools.natural,
    default=0,
    help="in the text used without --data: adjectives between a name and its pronoun (default: %(default)s)",
)
options.add_argument("--tie", action="store_true", help="one table for the vectors of words in and out")
args = options.parse_args()

marks = {}  # perplexities to compare with
if args.data is None:
    content, known, forgotten = invent(3000)
    marks = {"who knows how the text was made": known, "who has forgotten the name": forgotten}
    tokens = tokens_of(content)
    print("data: 3000 sentences in a few words, invented by the experiment")
else:
    path = lecture_tools.data_file(args.data, "shakespeare.txt.gz", "shakespeare.txt")
    tokens = tokens_of(lecture_tools.read_text(path))
    print(f"data: {path.name}: {len(tokens)} {'characters' if args.characters else 'words and marks'}")
tokens = tokens[: args.tokens]
held_out = len(tokens) // 10  # the end of the text: what lies between pieces trained on would be half known
if held_out < 2 * args.batch_size:
    lecture_tools.stop(f"expected a text of at least {20 * args.batch_size} tokens, got {len(tokens)}")
vocabulary = Vocabulary([tokens[:-held_out]], min_count=args.min_count, special=("<unk>",))
START = vocabulary.encode(["\n"])[0]
train_text = columns(tokens[:-held_out], args.batch_size)
valid_text = columns(tokens[-held_out:], 1)  # in one part: at the cuts nobody knows what went before
unknown = sum(token not in vocabulary for token in tokens[-held_out:]) / held_out
print(f"{train_text.numel()} tokens to train on, {valid_text.numel()} held out, {len(vocabulary)} different ones")
print(f"{unknown:.4f} of those held out are not in the vocabulary, and count as <unk>")
print(f"perplexity of guessing blindly: {len(vocabulary)}")
for who, value in marks.items():
    print(f"perplexity of {who}: {value:.4f}")

kinds = list(LAYERS) if args.model == "all" else [args.model]
trained = {kind: train(kind) for kind in kinds}

print(f"{kinds[0]}, SGD with a learning rate of {LARGE_LR:.0f}: norm of the gradient and loss, step by step")
for name, clip in (("clipped", args.clip), ("as it is", math.inf)):
    steps = large_steps(kinds[0], clip)
    print(f"  {name:9s}" + "".join(f"  {norm:6.1f}{loss:6.1f}" for norm, loss in steps))

print("how far a loss reaches back: the gradient at the word so many steps before, over that at the last word")
reaches = {kind: reach(model) for kind, (model, _) in trained.items()}
places = [place for place in (1, 2, 5, 10, 20) if place < min(map(len, reaches.values()))]
print(f"  {'steps':6s}" + "".join(f"{place:10d}" for place in places))
for kind, norms in reaches.items():
    print(f"  {kind:6s}" + "".join(f"{(norms[place] / norms[0]).item():10.1e}" for place in places))

model, training = trained[kinds[-1]]
print(f"texts by {kinds[-1]}")
for temperature in (0.5, 1.0, 1.5):
    print(f"  temperature {temperature}: {sample(model, temperature, 120 if args.characters else 30)}")

print("model  parameters  perplexity held out")
for kind, (each, its) in trained.items():
    size = sum(parameter.numel() for parameter in each.parameters())
    print(f"  {kind:4s} {size:11d} {its.figures['valid_perplexity'][-1]:12.4f}")
training.summary()

if args.plot:
    plt = lecture_tools.pyplot()
    figure, (left, right) = plt.subplots(1, 2, figsize=(12, 4.6))
    for kind, (_, its) in trained.items():
        curve = its.figures["valid_perplexity"]
        (line,) = left.plot(range(1, len(curve) + 1), curve, marker=".", label=f"{kind}, held out")
        seen = [math.exp(loss) for loss in its.figures["loss"]]
        left.plot(range(1, len(seen) + 1), seen, ":", color=line.get_color(), label=f"{kind}, trained on")
        right.plot((reaches[kind] / reaches[kind][0]).numpy(), label=kind)
    for (who, value), style in zip(marks.items(), ("-", "--"), strict=False):
        left.axhline(value, color="gray", linestyle=style, linewidth=1, label=who)
    left.set(xlabel="epoch", ylabel="perplexity", yscale="log", title="Perplexity")
    left.legend(fontsize=8)
    right.set(xlabel="steps back", ylabel="norm, relative", yscale="log", title="How far the gradient reaches back")
    right.legend()
    lecture_tools.save_figure(figure, args.plot)
