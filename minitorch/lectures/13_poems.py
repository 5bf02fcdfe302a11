"""Lecture 13, writing: a recurrent network as a poet, Chinese quatrains a character at a time.

The network reads a poem and says at each character what the next one is: the poem is its own label, a place further
on. Once it can, it writes: what it said is what it reads next, until it says <end>.

    <start> 床 前 明 月 光 ， ...     read
       床   前 明 月 光 ，  ...       to be said

Always taking the most probable character writes the same poem every time. Drawing by probability does not, and the
temperature says how far from the most probable it may stray: scores / temperature go into the softmax.

    --start 月           a poem that begins so
    --acrostic 春夏秋冬   a poem whose lines begin with these characters
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import lecture_tools
import torch
from lecture_text import Vocabulary
from lecture_training import Training
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

START, END = "<start>", "<end>"
MARKS = "，。？！；、"
LINES, LINE = 4, 6  # four lines of five characters and a mark
FORM = re.compile(rf"(\w{{{LINE - 1}}}[{MARKS}]){{{LINES}}}")
SAMPLES = 20
REPEATS = 8  # how often an epoch goes through the lecture's own few poems

# For when the real collection is not at hand: quatrains of the Tang dynasty that everybody knows by heart.
QUATRAINS = """\
床前明月光，疑是地上霜。舉頭望明月，低頭思故鄉。
春眠不覺曉，處處聞啼鳥。夜來風雨聲，花落知多少。
白日依山盡，黃河入海流。欲窮千里目，更上一層樓。
千山鳥飛絕，萬徑人蹤滅。孤舟蓑笠翁，獨釣寒江雪。
空山不見人，但聞人語響。返景入深林，復照青苔上。
紅豆生南國，春來發幾枝。願君多采擷，此物最相思。
松下問童子，言師採藥去。只在此山中，雲深不知處。
鋤禾日當午，汗滴禾下土。誰知盤中餐，粒粒皆辛苦。
獨坐幽篁裏，彈琴復長嘯。深林人不知，明月來相照。
人閒桂花落，夜靜春山空。月出驚山鳥，時鳴春澗中。
眾鳥高飛盡，孤雲獨去閒。相看兩不厭，只有敬亭山。
移舟泊煙渚，日暮客愁新。野曠天低樹，江清月近人。
日暮蒼山遠，天寒白屋貧。柴門聞犬吠，風雪夜歸人。
向晚意不適，驅車登古原。夕陽無限好，只是近黃昏。
君自故鄉來，應知故鄉事。來日綺窗前，寒梅著花未。
月黑雁飛高，單于夜遁逃。欲將輕騎逐，大雪滿弓刀。
"""


class Poet(nn.Module):
    """Characters by number (batch, seq) to scores of the next one (batch, seq, vocabulary), and the state to go on."""

    def __init__(self, layer: type[nn.RNNBase], vocabulary: int, hidden: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding(vocabulary, hidden)
        self.rnn = layer(hidden, hidden, batch_first=True)
        self.linear = nn.Linear(hidden, vocabulary)

    def forward(self, inputs: torch.Tensor, state: Any = None) -> tuple[torch.Tensor, Any]:
        output, state = self.rnn(self.embedding(inputs), state)
        return self.linear(output), state


def load(directory: Path | None) -> list[str]:
    """The poems, without their titles."""
    if directory is None:
        poems = QUATRAINS.split()
        print(f"data: the lecture's own, {len(poems)} quatrains of the Tang dynasty")
        return poems
    path = lecture_tools.data_file(directory, "poems_wujue.txt.gz", "poems_wujue.txt")
    lines = lecture_tools.read_text(path).split("\n")
    poems = [line.rpartition(":")[2].strip() for line in lines if line.strip()]
    whole = [poem for poem in poems if FORM.fullmatch(poem)]
    if len(whole) < 10:
        lecture_tools.stop(
            f'cannot use {path}: expected lines "title:poem" of four times five characters, got {len(whole)}'
        )
    print(f"data: {path.name}: {len(whole)} poems; {len(poems) - len(whole)} left out, of another form or with gaps")
    return whole


class Writer:
    """Writes poems with a network that has learned; --temperature and --top say how."""

    def __init__(self, model: Poet, vocabulary: Vocabulary, temperature: float, top: int) -> None:
        self.model = model
        self.vocabulary = vocabulary
        self.temperature = min(max(temperature, 1e-6), 1e6)  # beyond, it is greed or chance, and float32 overflows
        self.top = min(top, len(vocabulary))
        self.start = torch.tensor([word == START for word in vocabulary.words])
        self.marks = torch.tensor([word in MARKS for word in vocabulary.words])
        self.no_character = self.marks | torch.tensor([word in (START, END) for word in vocabulary.words])

    @torch.no_grad()
    def write(self, begin: str = "", heads: str = "", greedy: bool = False) -> str:
        """A poem that begins with `begin`, or whose lines begin with `heads`: only then is its form imposed."""
        written = ""
        state = None
        while len(written) < LINES * LINE:
            last = written[-1] if written else START
            scores, state = self.model(torch.tensor([[self.vocabulary.index[last]]]), state)
            line, place = divmod(len(written), LINE)
            if heads and place == 0:
                written += heads[line]
            elif len(written) < len(begin):
                written += begin[len(written)]
            else:
                if not heads:
                    refused = self.start
                else:
                    refused = ~self.marks if place == LINE - 1 else self.no_character
                character = self.choose(scores[0, 0].masked_fill(refused, -torch.inf), greedy)
                if character == END:
                    break
                written += character
        return written

    def choose(self, scores: torch.Tensor, greedy: bool) -> str:
        """The most probable character, or one drawn by probability among the `top` most probable."""
        if greedy:
            return self.vocabulary.words[int(scores.argmax())]
        scores = scores.masked_fill(scores < scores.topk(self.top).values[-1], -torch.inf)
        return self.vocabulary.words[int(torch.multinomial(self.probabilities(scores), 1))]

    def probabilities(self, scores: torch.Tensor) -> torch.Tensor:
        return torch.softmax((scores - scores.max()) / self.temperature, dim=0)


def check_characters(name: str, characters: str, vocabulary: Vocabulary) -> None:
    """Stop unless the poet has met every one of these characters."""
    unknown = [character for character in characters if character not in vocabulary]
    if unknown:
        lecture_tools.stop(f"{name}: {', '.join(unknown)} is not in the vocabulary; take another character")


def main() -> None:
    options = lecture_tools.Options(__doc__, epochs=10, lr=0.003, batch_size=8, checkpoint=True)
    options.add_argument("--cell", choices=("lstm", "gru"), default="lstm", help="default: %(default)s")
    options.add_argument(
        "--hidden", type=lecture_tools.positive, default=128, help="hidden units (default: %(default)s)"
    )
    options.add_argument(
        "--characters",
        type=lecture_tools.positive,
        default=1500,
        help="read poems of the so many most frequent characters alone (default: %(default)s)",
    )
    options.add_argument(
        "--poems", type=lecture_tools.positive, default=3000, help="read so many at most (default: %(default)s)"
    )
    options.add_argument(
        "--temperature",
        type=lecture_tools.positive_real,
        default=0.8,
        help="below 1 nearer to the most probable character, above 1 farther from it (default: %(default)s)",
    )
    options.add_argument(
        "--top", type=lecture_tools.positive, default=50, help="draw among so many characters (default: %(default)s)"
    )
    beginning = options.add_mutually_exclusive_group()
    beginning.add_argument("--start", metavar="CHARACTERS", default="", help="how every poem begins")
    beginning.add_argument("--acrostic", metavar="FOUR", default="", help="how its four lines begin")
    args = options.parse_args()
    if args.acrostic and len(args.acrostic) != LINES:
        lecture_tools.stop(f"--acrostic: expected {LINES} characters, one a line, got {args.acrostic!r}")
    torch.manual_seed(args.seed)

    poems = load(args.data)
    # Each character costs a row of both large matrices, and the rare ones are met too seldom to be learned.
    vocabulary = Vocabulary(poems, size=args.characters + 2, special=(START, END))
    poems = [poem for poem in poems if all(character in vocabulary for character in poem)]
    poems = [poems[index] for index in torch.randperm(len(poems))[: args.poems].tolist()]
    if len(poems) < 2:
        lecture_tools.stop(f"--characters {args.characters} --poems {args.poems} leave {len(poems)} poems; take more")
    check_characters("--start", args.start, vocabulary)
    check_characters("--acrostic", args.acrostic, vocabulary)
    unseen = max(1, len(poems) // 10)
    rows = torch.tensor([vocabulary.encode([START, *poem, END]) for poem in poems])  # all of one length: no padding
    train_rows, test_rows = rows[unseen:], rows[:unseen]
    repeated = train_rows if args.data is not None else train_rows.repeat(REPEATS, 1)
    loader = DataLoader(TensorDataset(repeated), batch_size=args.batch_size, shuffle=True)
    print(f"{len(train_rows)} poems to read, {unseen} held out, a vocabulary of {len(vocabulary)}")

    model = Poet({"lstm": nn.LSTM, "gru": nn.GRU}[args.cell], len(vocabulary), args.hidden)
    criterion = nn.CrossEntropyLoss()
    optimizer = torch.optim.Adam(model.parameters(), lr=args.lr)
    writer = Writer(model, vocabulary, args.temperature, args.top)

    def mean_loss(rows: torch.Tensor) -> torch.Tensor:
        scores, _ = model(rows[:, :-1])  # all but the last character are read, all but the first are to be said
        return criterion(scores.flatten(0, 1), rows[:, 1:].flatten())

    training = Training(args, free=["temperature", "top", "start", "acrostic"], model=model, optimizer=optimizer)
    for _ in training.epochs():
        for (batch,) in loader:
            loss = mean_loss(batch)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            training.step(loss.item(), samples=len(batch))
        with torch.no_grad():
            losses = [mean_loss(part).item() * len(part) for part in test_rows.split(args.batch_size)]
        training.report(held_out=sum(losses) / unseen)

    given = {"begin": args.start, "heads": args.acrostic}
    print("the most probable character each time, and once more:")
    for _ in range(2):
        print(f"  {writer.write(**given, greedy=True)}")
    drawn = [writer.write(**given) for _ in range(SAMPLES)]
    print(f"drawn by probability, temperature {args.temperature:.2f}:")
    for poem in drawn[:4]:
        print(f"  {poem}")
    formed = sum(FORM.fullmatch(poem) is not None for poem in drawn)
    print(f"of {SAMPLES} drawn poems {len(set(drawn))} differ, {formed} have four lines of five characters")
    copied = sum(poem in poems for poem in set(drawn))
    print(f"{copied} of them are poems that were read")
    training.summary()

    if args.plot:
        plot(args, training.figures, writer)


def plot(args: Any, figures: dict[str, Sequence[float]], writer: Writer) -> None:
    """The losses, and what the temperature does to the probabilities of a poem's first character."""
    plt = lecture_tools.pyplot()
    figure, (left, right) = plt.subplots(1, 2, figsize=(11, 4.2))
    for name, label in (("loss", "poems that were read"), ("held_out", "poems held out")):
        left.plot(range(1, len(figures[name]) + 1), figures[name], label=label)
    left.set(xlabel="epoch", ylabel="cross entropy a character", title="Loss")
    left.legend()
    with torch.no_grad():
        scores, _ = writer.model(torch.tensor([[writer.vocabulary.index[START]]]))
    ranked = scores[0, 0].sort(descending=True).values
    for temperature in sorted({0.5, 1.0, 2.0, args.temperature}):
        probabilities = torch.softmax(ranked / temperature, dim=0)
        right.loglog(range(1, len(ranked) + 1), probabilities.numpy(), label=f"temperature {temperature:g}")
    right.axvline(writer.top, color="gray", linestyle=":", label="--top")
    right.set(xlabel="characters, the most probable first", ylabel="probability", title="The first character of a poem")
    right.set(ylim=(1e-7, 1))
    right.legend()
    lecture_tools.save_figure(figure, args.plot)


if __name__ == "__main__":
    main()
