"""What the translation part says: the task, the network, and conclusions that follow the numbers."""

import json
from collections.abc import Mapping, Sequence

import numpy as np

from align.evaluate.lexicon import Line
from experiments.homework.evaluation_split import Exam
from experiments.homework.learning import Learning, Right
from experiments.homework.translation_tables import BandScores, Difference, points, read
from experiments.mistakes import HUB, Answer, Sorted, hubs
from experiments.options import DICTIONARY
from experiments.translation_scores import DIRECTIONS, RETRIEVALS, TITLES, percent

_GENEROUS = ("other form", "in its definition", "near-synonym")

NETWORK = (
    "**The network.** It maps an English vector x to a place among the Chinese vectors, "
    "`f(x) = x W + gelu(x A + a) B`: W is the orthogonal Procrustes map, and a layer of hidden units corrects it. "
    "A second network g maps Chinese vectors the other way, and a pair of words scores the mean of the two "
    "cosines, `s(x, y) = (cos(f(x), y) + cos(x, g(y))) / 2`. Before training B = 0, so training starts at Procrustes. "
    "Each step takes a batch of translation pairs, and the loss asks that a pair score higher than the same word "
    "with the other words of the batch, among them hard ones: words that lie near the right one."
)
RETRIEVAL = (
    "**From a point to a word.** “Nearest” takes the Chinese word with the highest score. Some words (hubs) are near "
    "to everything; **CSLS** corrects for that: `2 s(x, y) − r(x) − r(y)`, where r is a word's mean score with its 10 "
    "nearest words of the other language."
)
BASELINES = (
    "**Baselines**, in closed form. **Procrustes** is the rotation W alone. **Least squares** is a pair of ridge "
    "regressions, English to Chinese and back, whose two cosines are averaged as for the network. **Re-weighted** "
    "whitens both languages, rotates them onto each other, and stretches every direction by how well the two languages "
    "agree in it. All methods are given the same vectors (unit length, centred, unit length again) and pairs."
)
LEARNING_CAPTION = (
    "Left: the loss while training. Middle: of {asked} test words and {asked} training words drawn at random, the "
    "percentage whose nearest neighbour among the {among:,} most frequent Chinese words is right, after so many steps. "
    "Right: the same test words, for the linear methods fitted on ever more training words (in random order); the blue "
    "dot is the network on all of them. The test words choose nothing: settings were chosen on training words."
)
BANDS_CAPTION = (
    "P@1, P@5 and P@10 of the MLP with CSLS by the frequency of the English word; bars are 95% intervals of P@1. On "
    "grey: words that the network was trained on. Diamonds: P@1 of Procrustes with CSLS."
)
MISTAKES_CAPTION = (
    "Wrong first answers by kind, in the order in which the rules are tried, with their number; the shades tell where "
    "the first right answer stood in the list of all candidates."
)
BLIND = (
    "**What these rules cannot see.** They read spellings, a dictionary and cosines, not meanings. Whether an answer "
    "is right that CC-CEDICT does not list, only a reader of both languages can report: many near-synonyms are right, "
    "and some of those under “in its definition” are not (a word may be mentioned without being meant). A near cosine "
    "is no proof of one meaning: two kinds of animal are near, and opposites that no list has count as near-synonyms "
    "or as one topic. A shared character may be chance. The rules do not know which sense of a word the dictionary "
    "means, its part of speech, or whether the error lies in the English vector, the Chinese one or the map; and by "
    "its making “same topic” takes in about one in 100 answers that have nothing to do with the word."
)


def network(told: str) -> str:
    """How the network is built and trained; ``told`` are its settings as its translator tells them (JSON)."""
    chosen = json.loads(told)
    near = (
        f" A second term of the loss, weighed {chosen.get('square', 0):g}, is the squared distance of a word's image "
        "from its translation, as in least squares."
    )
    third = (
        " A third view, linear and not trained (“re-weighted” below), votes with the two: the score is then a mean of "
        f"three cosines, in which it counts {chosen.get('linear', 0):g} and they 1 each."
    )
    return NETWORK + (near if chosen.get("square") else "") + (third if chosen.get("linear") else "")


def data(exam: Exam) -> str:
    """The dictionary, what the spaces cover of it, and the split."""
    forward, backward = exam.coverage
    cut = exam.cut
    note = f" ({cut.note})" if cut.note else ""
    return (
        f"**Data.** {_dictionary(exam)}, as pairs of single words. The two spaces cover {forward.pairs:,} of its "
        f"{forward.pairs_total:,} pairs, {forward.words:,} of {forward.words_total:,} English words and "
        f"{backward.words:,} of {backward.words_total:,} Chinese ones; {forward.latin:,} pairs are in Latin script on "
        f"both sides. The {len(cut.train.targets):,} most frequent covered English words with all their translations "
        f"({len(cut.train):,} pairs) are for training, the next {len(cut.test.targets):,} for testing{note}. The other "
        f"direction is tested on the {len(cut.reverse_test.targets):,} most frequent covered Chinese words that occur "
        "in no training pair. A word is answered right when the answer is any of its translations in the dictionary."
    )


def _dictionary(exam: Exam) -> str:
    return "CC-CEDICT" if exam.whole.name == DICTIONARY else exam.whole.name


def settings(told: str, seed: int) -> str:
    """The network's settings as its translator tells them (JSON)."""
    listed = ", ".join(f"{name} {value}" for name, value in json.loads(told).items())
    return f"Its settings: {listed}; seed {seed}."


def result(lines: Sequence[Line], candidates: Mapping[str, int]) -> str:
    """What the network does with words that it never saw, in a sentence."""
    parts: list[str] = []
    for line in lines:
        if (line.method, line.retrieval) == ("mlp", "csls"):
            first, _, ten, _ = (percent(score.value) for score in line.lexicon.scores())
            parts.append(
                f"{DIRECTIONS[line.direction]}: of {len(line.lexicon.ranks):,} words {first}% are right with the first "
                f"answer and {ten}% within ten answers, out of {candidates[line.direction]:,} candidates."
            )
    return f"**Result**, the network with CSLS on words that it has never seen. {' '.join(parts)}"


def reach(exam: Exam, lines: Sequence[Line]) -> str:
    """What "all words" means, and how many words no translator could get right."""
    counts = {line.direction: (line.lexicon.total - len(line.lexicon.ranks), line.lexicon.total) for line in lines}
    told = " and ".join(f"{lost:,} of {total:,} ({DIRECTIONS[way]})" for way, (lost, total) in counts.items())
    return (
        f"**Not reachable.** Between the most and the least frequent test word there are also words of "
        f"{_dictionary(exam)} of which the other space has not one translation: {told}. “All” counts them as wrong. "
        "Words that the asking space itself lacks have no frequency rank and are in neither; the coverage above "
        "counts them."
    )


def verdict(found: Mapping[tuple[str, str], Difference]) -> str:
    """The network against the linear methods, in a sentence a direction."""
    parts: list[str] = []
    for way, title in DIRECTIONS.items():
        told = [
            f"{abs(100 * one.value):.1f} points {'above' if one.value > 0 else 'below'} {TITLES[method]}"
            for (there, method), one in found.items()
            if there == way
        ]
        parts.append(f"{title} {', '.join(told)}")
    return f"**The network against the linear methods**, all with CSLS, P@1 over covered words: {'; '.join(parts)}."


def learned(learning: Learning) -> str:
    """What the learning curve shows."""
    rights, linear = learning.rights, learning.linear[-1][1]
    best: Right = max(rights, key=lambda right: right.unseen)
    last = rights[-1]
    lost = best.unseen - last.unseen
    after = "more training costs them nothing" if lost < 0.01 else "then the network begins to learn by heart"
    few, many = learning.linear[max(0, len(learning.linear) - 3)], learning.linear[-1]
    gains = ", ".join(f"{TITLES[name]} {points(many[1][name] - few[1][name])}" for name in many[1])
    others = ", ".join(f"{TITLES[name]} {percent(value)}%" for name, value in linear.items())
    return (
        f"The loss falls from {learning.losses[0][1]:.2f} to {learning.losses[-1][1]:.2f}. Test words are right "
        f"most often after {best.step:,} steps ({percent(best.unseen)}%) and in {percent(last.unseen)}% at the end: "
        f"{after}. Training words end at {percent(last.seen)}%. By the same count the linear methods get of the "
        f"test words: {others}. "
        f"From {few[0]:,} to {many[0]:,} training words the linear methods change by so many points: {gains}."
    )


def by_frequency(scores: Sequence[BandScores]) -> str:
    """How the rarity of a word tells, and what was learned by heart."""
    unseen = [one for one in scores if one.band.role != "training"]
    seen = [one for one in scores if one.band.role == "training"]
    if not unseen or not seen:
        return ""
    first, last = unseen[0], unseen[-1]
    ends = [[percent(one.mlp.precision(k).value) for one in (first, last)] for k in (1, 10)]
    known, new = (float(np.mean([_gain(one) for one in part])) for part in (seen, unseen))
    heart = "; what it has more on the first than on the second is memory, not skill" if known > new else ""
    return (
        f"Among words that were not seen, P@1 goes from {ends[0][0]} (covered words {first.band.first:,} to "
        f"{first.band.last:,}) to {ends[0][1]} ({last.band.first:,} to {last.band.last:,}), P@10 from {ends[1][0]} to "
        f"{ends[1][1]}. The training bands stand apart for two reasons: their words are frequent, which helps every "
        "method, and the network has seen their translations. Against Procrustes, which has few ways of learning "
        f"by heart, the network is at {points(known)} points on the training bands and at {points(new)} on the others "
        f"(means over bands){heart}."
    )


def _gain(one: BandScores) -> float:
    return one.mlp.precision(1).value - one.procrustes.precision(1).value


def mistakes(found: Sequence[Sorted], unreached: Sequence[int]) -> str:
    """The counts in a sentence a direction, and what a generous reader would get."""
    parts: list[str] = []
    for one, lost in zip(found, unreached, strict=True):
        total, count = len(one.answers), len(one.mistakes)
        if not count:
            continue
        near = sum(m.answer.place <= 10 for m in one.mistakes)
        generous = sum(len(one.of(kind)) for kind in _GENEROUS)
        parts.append(
            f"**{DIRECTIONS['zh-en' if one.reverse else 'en-zh']}**: {count:,} of {total:,} first answers are wrong, "
            f"and in {near:,} of them ({near / count:.0%}) a right one stands among the first ten. "
            f"{generous:,} ({generous / count:.0%}) are another form, are explained by the word in the dictionary, or "
            f"are near-synonyms; with all of these let pass, P@1 would be "
            f"{percent((total - count + generous) / total)} instead of {percent((total - count) / total)}. "
            f"{lost:,} mistakes are made on words that have also translations which the other space lacks."
        )
    return " ".join(parts)


def hub_counts(firsts: Mapping[str, Mapping[str, Sequence[str]]]) -> str:
    """Which answers of the network come too often; ``firsts`` has the first answers by direction and retrieval."""
    parts: list[str] = []
    for way, by_retrieval in firsts.items():
        told: list[str] = []
        for retrieval, words in by_retrieval.items():
            found = hubs(words)
            named = f" ({', '.join(f'{word} {count} times' for word, count in found[:4])})" if found else ""
            told.append(f"{len(found)} with {RETRIEVALS[retrieval]}{named}")
        parts.append(f"{DIRECTIONS[way]} {' and '.join(told)}")
    return f"**Hubs.** Answers that come first for {HUB} or more of the test words: {'; '.join(parts)}."


def summary(
    lines: Sequence[Line], found: Sequence[Sorted], seconds: Mapping[str, float], shown: Sequence[Answer]
) -> tuple[str, ...]:
    """The lines for the terminal: P@1 of every method, the kinds of mistakes, some translations."""
    best: list[str] = []
    for way, title in DIRECTIONS.items():
        values = ", ".join(
            f"{TITLES[line.method]} {percent(line.lexicon.precision(1).value)}"
            for line in lines
            if line.direction == way and line.retrieval == "csls"
        )
        best.append(f"{title}, P@1 with CSLS over covered words: {values}.")
    kinds = "; ".join(_kinds(one) for one in found if one.mistakes)
    times = ", ".join(f"{TITLES[name]} {value:.0f}" for name, value in seconds.items())
    words = tuple(f"  {_mark(one)} {one.word} → {read(one.first)}{_instead(one)}" for one in shown)
    head = f"{len(words)} test words, drawn at random (✓: CC-CEDICT has the pair):"
    return (*best, f"Wrong answers: {kinds}.", f"Seconds to fit and place all words: {times}.", head, *words)


def _kinds(one: Sorted) -> str:
    names = sorted({m.kind for m in one.mistakes} - {"other"}, key=lambda kind: -len(one.of(kind)))[:3]
    shares = ", ".join(f"{kind} {len(one.of(kind)) / len(one.mistakes):.0%}" for kind in names)
    return f"{DIRECTIONS['zh-en' if one.reverse else 'en-zh']} {shares or 'of no known kind'}"


def _mark(answer: Answer) -> str:
    return "✓" if answer.place == 1 else "·"


def _instead(answer: Answer) -> str:
    return "" if answer.place == 1 else f"   (CC-CEDICT: {', '.join(answer.golds[:2])})"
