"""Losses: the calls of the operations, whose options are the constructor's."""

from __future__ import annotations

from collections.abc import Callable

from parity.layer import Drawn, Layer, layers
from parity.specs import loss
from parity.strategies import SMOOTH, Call, Draw, Made, Name, away_from


def of(draw: Callable[[Draw], Call]) -> Callable[[Draw], Drawn]:
    """What an operation takes by position is called with, the rest is constructed with; torch's older options too."""

    def both(d: Draw) -> Drawn:
        call = draw(d)
        return Call(**call.kwargs), Call(*call.args)

    return both


def images(d: Draw) -> Drawn:
    """Scores (N, C, H, W): what NLLLoss2d is left for."""
    shape = (d.integer(1, 2), d.integer(1, 3), d.integer(1, 2), 2)
    input = d.tensor(shape)
    input.layout = "plain"  # torch has no gradient for other layouts
    return loss.reduced(d), Call(input, d.indices((shape[0], *shape[2:]), shape[1]))


def linear_classes(d: Draw) -> Drawn:
    """Inputs (N, n) and the classes of what a linear map makes of them, or their probabilities."""
    count, features, items = d.integer(2, 4), d.integer(1, 4), d.integer(1, 4)
    places = d.shape(max_dims=2, min_side=1, max_side=2)
    input = d.tensor((items, features + (1 if d.fault() else 0)))
    made = Call(features, count, out_features=places, bias=d.flag()) + d.some(
        reduction=("none", "sum"), label_smoothing=(0.1, 1.0)
    )
    if d.chance(3):
        return made, Call(input, d.tensor((items, count, *places)))
    # Of targets that are all ignored, torch gives the mean nan as its gradient.
    return made + d.some(ignore_index=(-100, count - 1)), Call(input, d.indices((items, *places), count - 1))


def adaptive(d: Draw) -> Drawn:
    """Inputs (N, n) or (n), and classes of which the frequent come first."""
    features, low, high, count = d.integer(4, 6), d.integer(1, 2), d.integer(3, 4), d.integer(5, 7)
    cutoffs = d.pick([], [high, low], [low, count]) if d.fault() else d.pick([low], [low, high])
    made = Call(features, count, cutoffs) + d.some(div_value=(2.0, 1.0), head_bias=(True,))
    items = d.pick((), (1,), (5,))
    given = d.pick((2,), (*items, 1)) if d.fault() else items
    return made, Call(d.tensor((*items, features)), d.indices(given, count + (3 if d.fault() else 0)))


DISTANCES = (
    Name("nn.functional.pairwise_distance"),
    Made("nn.PairwiseDistance", Call(p=1.0)),
    Made("nn.CosineSimilarity", Call(-1)),
)

LAYERS = [
    *layers("L1Loss MSELoss", Layer("", draw=of(loss.distance()))),
    Layer("SmoothL1Loss", draw=of(loss.distance(beta=(0.5, 2.0, 0, -1.0)))),
    Layer("HuberLoss", draw=of(loss.distance(delta=(0.5, 2.0, 0.0)))),
    Layer("BCELoss", draw=of(loss.binary), domain=loss.INSIDE),
    Layer("BCEWithLogitsLoss", draw=of(loss.binary_logits)),
    Layer("NLLLoss", draw=of(loss.classes(smoothing=False))),
    Layer("NLLLoss2d", draw=images),
    Layer("CrossEntropyLoss", draw=of(loss.cross_entropy)),
    Layer("LinearCrossEntropyLoss", draw=linear_classes),
    Layer("AdaptiveLogSoftmaxWithLoss", draw=adaptive),
    Layer("CTCLoss", draw=of(loss.alignments(loss.REDUCTIONS))),
    Layer("KLDivLoss", draw=of(loss.divergence)),
    Layer("PoissonNLLLoss", draw=of(loss.counts), domain=loss.INSIDE),
    Layer("GaussianNLLLoss", draw=of(loss.gaussian)),
    Layer("HingeEmbeddingLoss", draw=of(loss.signed(margin=(0.35, 2.0))),
          domain=away_from(0.35, 1.0, 2.0, reason="kinks")),
    Layer("SoftMarginLoss", draw=of(loss.signed()), domain=SMOOTH),
    Layer("MarginRankingLoss", draw=of(loss.ranking)),
    Layer("CosineEmbeddingLoss", draw=of(loss.cosines)),
    Layer("MultiMarginLoss", draw=of(loss.margins), extends=loss.NO_HALF),
    Layer("MultiLabelMarginLoss", draw=of(loss.label_lists), extends=loss.NO_HALF),
    Layer("MultiLabelSoftMarginLoss", draw=of(loss.labels)),
    Layer("TripletMarginLoss", draw=of(loss.triplets(p=(1, 2.0, 3), eps=1e-3))),
    Layer(
        "TripletMarginWithDistanceLoss",
        draw=of(loss.triplets(distance_function=DISTANCES)),
        domain=away_from(0.0, reason="the angle of a short vector magnifies the rounding"),
    ),
]  # fmt: skip
