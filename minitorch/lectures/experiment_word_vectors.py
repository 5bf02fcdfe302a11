"""Experiment: word vectors from plain text, by skip-gram with negative sampling.

Words that keep the same company mean alike. The task that is trained is a pretext: given the word in the centre, tell
which words stand around it. With u for words around and v for words in the centre, out of a whole vocabulary

    p(o | c) = exp(u_o . v_c) / sum over all words w of exp(u_w . v_c)

and that sum is what makes it slow. Negative sampling asks less: tell each true pair from k words drawn at random,

    loss = - log sigmoid(u_o . v_c) - sum over k words n of log sigmoid(-u_n . v_c)

What is wanted is what training leaves behind: the vectors v. (Mikolov and others, 2013)
"""

from __future__ import annotations

import random
import re

import lecture_tools
import torch
import torch.nn.functional as F
from lecture_text import Vocabulary
from lecture_training import Training
from torch import nn

# Words whose kind is known: nobody tells the model, and afterwards they show what it found out.
SHAKESPEARE_KINDS = {
    "kin": "father mother brother sister son daughter wife husband uncle cousin",
    "numbers": "two three four five six ten twenty hundred thousand",
    "body": "eyes hands tongue lips cheeks arms legs ears face breast",
    "you": "thou thee thy thine you your",
    "auxiliaries": "shall will would should could may might must can cannot",
    "thou's verbs": "art hast dost wilt shalt canst didst wouldst",
    "names": "romeo juliet richard edward henry warwick gloucester clarence coriolanus",
}
SHAKESPEARE_ANALOGIES = ("king man woman queen", "father man woman mother", "thy thou you your", "is he thou art")
SHAKESPEARE_SHOWN = ("king", "love", "father", "eyes", "three", "thou", "shall", "romeo")

INVENTED_KINDS = {
    "royalty": "king queen prince princess",
    "people": "man woman boy girl",
    "animals": "dog cat horse cow sheep goat",
    "food": "bread rice soup cheese beans plums",
    "colours": "red green blue yellow black white",
    "towns": "rome paris oslo cairo lima kyoto",
}
INVENTED_ANALOGIES = ("king man woman queen", "prince boy girl princess", "queen king prince princess")
INVENTED_SHOWN = ("king", "girl", "horse", "rice", "blue", "oslo")
TRAITS = {
    "king": "high male old",
    "queen": "high female old",
    "prince": "high male young",
    "princess": "high female young",
    "man": "low male old",
    "woman": "low female old",
    "boy": "low male young",
    "girl": "low female young",
}
DEEDS = {
    "high": ("sits upon a throne", "wears a crown", "lives in a palace", "rules all the land"),
    "low": ("works on the field", "goes to market", "lives in a hut", "carries water home"),
    "male": ("has a beard", "says his name", "loves his mother", "laughs at himself"),
    "female": ("has long braids", "says her name", "loves her mother", "laughs at herself"),
    "old": ("is wise and grey", "tells tales", "walks with a stick", "remembers the war"),
    "young": ("plays with a ball", "learns to read", "climbs over walls", "grows every year"),
}
SCENES = (
    "the {colours} {animals} eats {food}",
    "a {animals} and a {animals} sleep near the barn",
    "we cook {food} with {food} tonight",
    "paint that door {colours} or {colours}",
    "trains from {towns} reach {towns} late",
    "{people} feeds the {animals} some {food}",
)


def invent(count: int) -> list[list[str]]:
    """Sentences of a tiny language, in which what a word means shows in its company and nowhere else."""
    dice = random.Random(2013)
    kinds = {kind: words.split() for kind, words in INVENTED_KINDS.items()}
    sentences = []
    for _ in range(count):
        if dice.random() < 0.6:
            person = dice.choice(list(TRAITS))
            sentence = f"the {person} {dice.choice(DEEDS[dice.choice(TRAITS[person].split())])}"
        else:
            sentence = re.sub(r"{(\w+)}", lambda slot: dice.choice(kinds[slot[1]]), dice.choice(SCENES))
        sentences.append(sentence.split())
    return sentences


class SkipGram(nn.Module):
    """Two vectors a word: v for when it stands in the centre, u for when it stands beside one."""

    def __init__(self, words: int, size: int) -> None:
        super().__init__()
        self.centre = nn.Embedding(words, size)
        self.context = nn.Embedding(words, size)
        nn.init.uniform_(self.centre.weight, -0.5 / size, 0.5 / size)
        nn.init.zeros_(self.context.weight)

    def forward(self, centres: torch.Tensor, contexts: torch.Tensor, noise: torch.Tensor) -> torch.Tensor:
        """The loss of pairs: centres (batch), contexts (batch) and words drawn at random (batch, k)."""
        v = self.centre(centres)
        true = (self.context(contexts) * v).sum(dim=1)
        false = torch.bmm(self.context(noise), v.unsqueeze(2)).squeeze(2)
        return -(F.logsigmoid(true) + F.logsigmoid(-false).sum(dim=1)).mean()


def draw_pairs(text: torch.Tensor, sentence: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """The centres and contexts of one pass over the text; `sentence` has the number of each word's sentence."""
    kept = torch.rand(len(text)) < keep[text]
    text, sentence = text[kept], sentence[kept]
    reach = torch.randint(1, args.window + 1, (len(text),))  # so that a nearer word is met more often
    centres, contexts = [], []
    for distance in range(1, args.window + 1):
        left, right = text[:-distance], text[distance:]
        together = sentence[:-distance] == sentence[distance:]
        ahead = together & (reach[:-distance] >= distance)
        behind = together & (reach[distance:] >= distance)
        centres += [left[ahead], right[behind]]
        contexts += [right[ahead], left[behind]]
    return torch.cat(centres), torch.cat(contexts)


def nearest(vector: torch.Tensor, count: int, without: list[int]) -> list[tuple[str, float]]:
    """The words whose vectors point where `vector` points, and the cosines of the angles between."""
    cosines = directions() @ F.normalize(vector, dim=0)
    cosines[without] = -1.0
    values, words = cosines.topk(min(count, len(vocabulary)))
    return list(zip(vocabulary.decode(words.tolist()), values.tolist(), strict=True))


def directions() -> torch.Tensor:
    """Every word's vector v, of length 1."""
    return F.normalize(model.centre.weight.detach(), dim=1)


def right_kind() -> float:
    """Of the words whose kind is known: the share whose nearest neighbour among them is of the same kind."""
    vectors = directions()[known]
    cosines = vectors @ vectors.t()
    cosines.fill_diagonal_(-1.0)  # not its own neighbour
    return (kind_of[cosines.argmax(dim=1)] == kind_of).float().mean().item()


options = lecture_tools.Options(__doc__, epochs=5, lr=0.005, batch_size=512, checkpoint=True)
options.add_argument(
    "--words", type=lecture_tools.positive, default=250_000, help="read so many words at most (default: %(default)s)"
)
options.add_argument(
    "--min-count", type=lecture_tools.positive, default=5, help="drop words rarer than this (default: %(default)s)"
)
options.add_argument("--size", type=lecture_tools.positive, default=64, help="of a vector (default: %(default)s)")
options.add_argument(
    "--window", type=lecture_tools.positive, default=4, help="words to either side, at most (default: %(default)s)"
)
options.add_argument(
    "--negatives", type=lecture_tools.positive, default=5, help="words drawn for each pair (default: %(default)s)"
)
options.add_argument(
    "--threshold",
    type=lecture_tools.positive_real,
    default=0.003,
    help="words with a larger share of the text are thinned out (default: %(default)s)",
)
args = options.parse_args()
torch.manual_seed(args.seed)

if args.data is None:
    sentences = invent(6000)
    kinds, analogies, shown = INVENTED_KINDS, INVENTED_ANALOGIES, INVENTED_SHOWN
    print(f"data: {len(sentences)} sentences of a language invented by the experiment")
else:
    path = lecture_tools.data_file(args.data, "shakespeare.txt.gz", "shakespeare.txt")
    parts = re.split(r"[.!?;:]|\n\n", lecture_tools.read_text(path).lower())
    sentences = [re.findall(r"[a-z]+(?:['-][a-z]+)*", part) for part in parts]
    kinds, analogies, shown = SHAKESPEARE_KINDS, SHAKESPEARE_ANALOGIES, SHAKESPEARE_SHOWN
    print(f"data: {path.name}: {sum(map(len, sentences))} words")

stream = [(word, number) for number, words in enumerate(sentences) for word in words][: args.words]
vocabulary = Vocabulary([[word for word, _ in stream]], min_count=args.min_count, special=())
stream = [(vocabulary.index[word], number) for word, number in stream if word in vocabulary]
if len(vocabulary) < 20:
    lecture_tools.stop(f"expected a text with 20 words that occur {args.min_count} times, got {len(vocabulary)}")
text, sentence = torch.tensor(stream).t()
print(f"{len(text)} words of it are used, {len(vocabulary)} different ones, each at least {args.min_count} times")
print(f"a pair takes {1 + args.negatives} products u . v; the whole sum would take {len(vocabulary)}")

# "the" stands beside every word and says little of any. Of a word with share f of the text, sqrt(t / f) are kept.
counts = torch.bincount(text, minlength=len(vocabulary)).float()
keep = (args.threshold * len(text) / counts).sqrt().clamp(max=1.0)
share = counts / counts.sum()
noise_weight = counts.double().pow(0.75)  # rare words are drawn somewhat more often than they occur
noise_share = noise_weight / noise_weight.sum()
print("word, its share of the text, how much of it is kept, its share of the words drawn at random")
for word in (0, len(vocabulary) // 10, len(vocabulary) - 1):
    values = (share[word].item(), keep[word].item(), noise_share[word].item())
    print(f"  {vocabulary.words[word]:12s}" + "".join(f" {value:9.5f}" for value in values))

listed = [(word, kind) for kind, words in enumerate(kinds.values()) for word in words.split() if word in vocabulary]
if len(listed) < 2:
    lecture_tools.stop("the text has fewer than two of the words by which the vectors are judged: expected English")
known = torch.tensor(vocabulary.encode(word for word, _ in listed))
kind_of = torch.tensor([kind for _, kind in listed])

model = SkipGram(len(vocabulary), args.size)
optimizer = torch.optim.Adam(model.parameters(), lr=args.lr)
training = Training(args, model=model, optimizer=optimizer)
for _ in training.epochs():
    centres, contexts = draw_pairs(text, sentence)
    if not len(centres):
        lecture_tools.stop(f"no two words stand side by side at --threshold {args.threshold}: expected a larger one")
    for batch in torch.randperm(len(centres)).split(args.batch_size):
        noise = torch.multinomial(noise_weight, len(batch) * args.negatives, replacement=True)
        loss = model(centres[batch], contexts[batch], noise.view(len(batch), args.negatives))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        training.step(loss.item(), samples=len(batch))
    training.report(right_kind=right_kind())

print("nearest neighbours, and the cosine")
for word in shown:
    if word in vocabulary:
        number = vocabulary.index[word]
        neighbours = nearest(model.centre.weight[number].detach(), 5, without=[number])
        print(f"  {word:10s}" + "  ".join(f"{other} {cosine:.2f}" for other, cosine in neighbours))

print("analogies: the vector of a - b + c is near")
for line in analogies:
    words = line.split()
    if all(word in vocabulary for word in words):
        first, minus, plus, expected = vocabulary.encode(words)
        units = directions()
        found = nearest(units[first] - units[minus] + units[plus], 3, without=[first, minus, plus])
        names = ", ".join(other for other, _ in found)
        print(f"  {words[0]} - {words[1]} + {words[2]}: {names} (expected {words[3]})")

chance = ((kind_of == kind_of[:, None]).sum().item() - len(listed)) / (len(listed) * max(1, len(listed) - 1))
print(f"{len(listed)} words of {len(kinds)} kinds; a neighbour by chance is of the same kind in {chance:.4f}")
training.summary(accuracy=training.figures["right_kind"][-1])

if args.plot:
    plt = lecture_tools.pyplot()
    figure, (left, right) = plt.subplots(1, 2, figsize=(13, 6), width_ratios=[2, 1])
    vectors = directions()[known]
    vectors = vectors - vectors.mean(dim=0)
    _, _, axes = torch.linalg.svd(vectors, full_matrices=False)
    places = vectors @ axes[:2].t()  # the plane in which the words lie farthest apart: the first principal components
    for kind, name in enumerate(kinds):
        of_kind = places[kind_of == kind]
        left.scatter(of_kind[:, 0].numpy(), of_kind[:, 1].numpy(), s=14, label=name)
    for (word, _), (x, y) in zip(listed, places.tolist(), strict=True):
        left.annotate(word, (x, y), xytext=(3, 3), textcoords="offset points", fontsize=8)
    left.set(title="Vectors of words whose kind is known, on their first two principal components")
    left.legend(fontsize=8)
    epochs = range(1, len(training.figures["loss"]) + 1)
    right.plot(epochs, training.figures["loss"])
    right.set(xlabel="epoch", title="Loss of a pair (blue), neighbours of the same kind (green)")
    share_axis = right.twinx()
    share_axis.plot(epochs, training.figures["right_kind"], color="tab:green")
    share_axis.axhline(chance, color="tab:green", linestyle=":")
    share_axis.set(ylim=(0, 1.02), ylabel="share of the same kind, and by chance")
    share_axis.grid(visible=False)
    lecture_tools.save_figure(figure, args.plot)
