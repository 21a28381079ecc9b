"""The text of the part on translation: the task, the network, and conclusions from the numbers."""

import json
from collections.abc import Mapping, Sequence

import numpy as np

from align.evaluate.lexicon import Line
from experiments.homework.evaluation_split import EvaluationSplit
from experiments.homework.learning import LINEAR, MLP_KEY, Accuracy, LearningCurves, SizeScores
from experiments.homework.translation_tables import BandScores, Difference, points, read
from experiments.mistakes import HUB, Answer, SortedAnswers, hubs
from experiments.options import DICTIONARY
from experiments.translation_scores import DIRECTIONS, RETRIEVALS, TITLES, percent

_GENEROUS = ("other form", "in its definition", "near-synonym")

NETWORK = (
    "**The network.** It maps an English vector x into the Chinese space, "
    "`f(x) = x W + gelu(x A + a) B`: W is the orthogonal Procrustes map, and a layer of hidden units corrects it. "
    "A second network g maps Chinese vectors to English, and the score of a pair is the mean of the two "
    "cosines, `s(x, y) = (cos(f(x), y) + cos(x, g(y))) / 2`. Before training B = 0, so training starts at Procrustes. "
    "Each step takes a batch of translation pairs. The loss is small if the score of each pair is higher than the "
    "scores of its words with the other words of the batch. These include hard negatives, which are neighbours of the "
    "right word."
)
RETRIEVAL = (
    "**Retrieval.** “Nearest” returns the Chinese word with the highest score. Some words (hubs) are near many others. "
    "**CSLS** lowers their scores: `2 s(x, y) − r(x) − r(y)`, where r is a word's mean score with its 10 nearest "
    "words of the other language."
)
BASELINES = (
    "**Baselines**, in closed form. **Procrustes** is the rotation W alone. **Least squares** is a pair of ridge "
    "regressions, English to Chinese and back, whose two cosines are averaged as for the network. **Re-weighted** "
    "whitens both languages, rotates them onto each other, and stretches every direction by how well the two languages "
    "agree in it. All methods use the same vectors (unit length, centred, unit length again) and the same pairs."
)
LEARNING_CAPTION = (
    "Left: the training loss. Middle: P@1 by training step, by nearest neighbour among the {candidates:,} most "
    "frequent Chinese words, on {words} test words and {words} training words drawn at random; step 0 is before "
    "training. Right: P@1 on the same test words by number of training words, for the network and the linear methods. "
    "A part of the words is drawn at random; the network gets the same share of the steps, but at least a fifth. No "
    "setting was chosen on test words."
)
BANDS_CAPTION = (
    "P@1, P@5 and P@10 of the MLP with CSLS by the frequency of the English word; bars are 95% intervals of P@1. The "
    "grey band marks training words. Diamonds: P@1 of Procrustes with CSLS."
)
MISTAKES_CAPTION = (
    "Wrong first answers by kind, in the order in which the rules are tried, with their number. The shades show the "
    "rank of the first right answer among all candidates."
)
BLIND = (
    "**Limits of these rules.** They use spellings, a dictionary and cosines, not meanings. Only a reader of both "
    "languages can decide whether an answer that CC-CEDICT does not list is right. Many near-synonyms are right, and "
    "some answers under “in its definition” are wrong, because a definition may mention a word without meaning it. A "
    "high cosine does not prove the same meaning: two kinds of animal are close, and unlisted opposites count as "
    "near-synonyms or as the same topic. A shared character may be chance. The rules ignore the sense that the "
    "dictionary means and the part of speech, and they cannot locate the error in the English vector, the Chinese "
    "vector or the map. By construction, “same topic” also contains about 1% of unrelated answers."
)


def network(settings_json: str) -> str:
    """Describes the network and its training; ``settings_json`` is the "settings" detail of its translator."""
    chosen = json.loads(settings_json)
    near = (
        f" A second term of the loss, with weight {chosen.get('square', 0):g}, is the squared distance between a "
        "word's image and its translation, as in least squares."
    )
    third = (
        " A third view is linear and not trained (“re-weighted” below). The score is then the weighted mean of three "
        f"cosines: this view has weight {chosen.get('linear', 0):g}, the two trained views have weight 1."
    )
    return NETWORK + (near if chosen.get("square") else "") + (third if chosen.get("linear") else "")


def data(found: EvaluationSplit) -> str:
    """Returns the description of the dictionary, its coverage, and the split."""
    forward, backward = found.coverage
    cut = found.split
    note = f" ({cut.note})" if cut.note else ""
    return (
        f"**Data.** {_dictionary(found)}, as pairs of single words. The two spaces cover {forward.pairs:,} of its "
        f"{forward.pairs_total:,} pairs, {forward.words:,} of {forward.words_total:,} English words and "
        f"{backward.words:,} of {backward.words_total:,} Chinese ones; {forward.latin:,} pairs are in Latin script on "
        f"both sides. The {len(cut.train.targets):,} most frequent covered English words with all their translations "
        f"({len(cut.train):,} pairs) are training words, the next {len(cut.test.targets):,} are test words{note}. The "
        f"other direction is tested on the {len(cut.reverse_test.targets):,} most frequent covered Chinese words that "
        "occur in no training pair. An answer is right if it is any of the word's translations in the dictionary."
    )


def _dictionary(found: EvaluationSplit) -> str:
    """Returns the name of the dictionary."""
    return "CC-CEDICT" if found.whole.name == DICTIONARY else found.whole.name


def settings(settings_json: str, seed: int) -> str:
    """Returns the network's settings in words; ``settings_json`` is the "settings" detail of its translator."""
    listed = ", ".join(f"{name} {value}" for name, value in json.loads(settings_json).items())
    return f"Its settings: {listed}; seed {seed}."


def result(lines: Sequence[Line], candidates: Mapping[str, int]) -> str:
    """Returns P@1 and P@10 of the network on test words."""
    parts: list[str] = []
    for line in lines:
        if (line.method, line.retrieval) == ("mlp", "csls"):
            first, _, ten, _ = (percent(score.value) for score in line.lexicon.scores())
            parts.append(
                f"{DIRECTIONS[line.direction]}: of {len(line.lexicon.ranks):,} words, {first}% have a right first "
                f"answer and {ten}% a right one among the first ten, of {candidates[line.direction]:,} candidates."
            )
    return f"**Result**, the network with CSLS on words that are not in the training pairs. {' '.join(parts)}"


def reach(found: EvaluationSplit, lines: Sequence[Line]) -> str:
    """Returns the meaning of "all words", and the number of words that no translator of these spaces can get right."""
    counts = {line.direction: (line.lexicon.total - len(line.lexicon.ranks), line.lexicon.total) for line in lines}
    listed = " and ".join(f"{lost:,} of {total:,} ({DIRECTIONS[way]})" for way, (lost, total) in counts.items())
    return (
        f"**Unreachable words.** Between the most and the least frequent test word, {_dictionary(found)} also has "
        f"words with no translation in the other space: {listed}. “All” counts them as wrong. Words that are missing "
        "from the source space have no frequency rank and are in neither count; the coverage above includes them."
    )


def verdict(found: Mapping[tuple[str, str], Difference]) -> str:
    """Returns the differences between the network and the linear methods, a sentence for each direction."""
    parts: list[str] = []
    for direction, title in DIRECTIONS.items():
        differences = [
            f"{abs(100 * gap.value):.1f} points {'above' if gap.value > 0 else 'below'} {TITLES[method]}"
            for (own, method), gap in found.items()
            if own == direction
        ]
        parts.append(f"{title} {', '.join(differences)}")
    return f"**The network against the linear methods**, all with CSLS, P@1 over covered words: {'; '.join(parts)}."


def learned(learning: LearningCurves) -> str:
    """Returns a description of the learning curves."""
    accuracies = learning.accuracies
    best: Accuracy = max(accuracies, key=lambda accuracy: accuracy.unseen)
    first, last = accuracies[0], accuracies[-1]
    lost = best.unseen - last.unseen
    after = "further training does not lower it" if lost < 0.01 else "after that the network overfits"
    few, many = learning.by_size[max(0, len(learning.by_size) - 3)], learning.by_size[-1]
    gains = ", ".join(f"{TITLES[name]} {points(many.shares[name] - few.shares[name])}" for name in many.shares)
    others = ", ".join(f"{TITLES[name]} {percent(many.shares[name])}%" for name in LINEAR)
    return (
        f"The loss falls from {learning.losses[0][1]:.2f} to {learning.losses[-1][1]:.2f}. P@1 on test words rises "
        f"from {percent(first.unseen)}% before training to {percent(best.unseen)}% after {best.step:,} steps and is "
        f"{percent(last.unseen)}% at the end: {after}. P@1 on training words ends at {percent(last.seen)}%. On the "
        f"same test words the linear methods reach: {others}. "
        f"From {few.words:,} to {many.words:,} training words, P@1 changes by these points: {gains}."
    )


def network_gain(learning: LearningCurves) -> str:
    """Returns a paragraph on the network's gain over the best linear method, by number of training words."""
    few, many = learning.by_size[0], learning.by_size[-1]
    share = many.shares[MLP_KEY]
    margin = 1.96 * float(np.sqrt(share * (1 - share) / max(1, learning.probe_words)))
    return (
        f"**What the network adds**: its P@1 minus the P@1 of the best linear method is {_gain_over_linear(few)} with "
        f"{few.words:,} training words and {_gain_over_linear(many)} with {many.words:,}. These are measured on "
        f"{learning.probe_words:,} words, on which a single P@1 has a 95% interval of ±{100 * margin:.1f} points. The "
        "table of differences above uses all test words."
    )


def _gain_over_linear(scores: SizeScores) -> str:
    """Returns P@1 of the network minus that of the best linear method, as text."""
    name = scores.best_linear()
    return f"{points(scores.shares[MLP_KEY] - scores.shares[name])} points ({TITLES[name]})"


def by_frequency(scores: Sequence[BandScores]) -> str:
    """Returns a description of P@1 by word frequency, and of the network's memorisation."""
    unseen = [scored for scored in scores if scored.band.role != "training"]
    seen = [scored for scored in scores if scored.band.role == "training"]
    if not unseen or not seen:
        return ""
    first, last = unseen[0], unseen[-1]
    ends = [[percent(scored.mlp.precision(k).value) for scored in (first, last)] for k in (1, 10)]
    known, new = (float(np.mean([_gain(scored) for scored in part])) for part in (seen, unseen))
    memorised = "; its larger gain on training words is memorised, not learned" if known > new else ""
    return (
        f"On words outside the training pairs, P@1 goes from {ends[0][0]} (covered words {first.band.first:,} to "
        f"{first.band.last:,}) to {ends[0][1]} ({last.band.first:,} to {last.band.last:,}), P@10 from {ends[1][0]} to "
        f"{ends[1][1]}. The training bands differ for two reasons: their words are frequent, which helps every method, "
        "and the network has seen their translations. P@1 of the network minus P@1 of Procrustes, which can memorise "
        f"little, is {points(known)} points on the training bands and {points(new)} on the others (means over "
        f"bands){memorised}."
    )


def _gain(scored: BandScores) -> float:
    """Returns P@1 of the network minus P@1 of Procrustes on a band."""
    return scored.mlp.precision(1).value - scored.procrustes.precision(1).value


def mistakes(found: Sequence[SortedAnswers], unreached: Sequence[int]) -> str:
    """Returns the counts of mistakes for each direction, and what P@1 is if harmless mistakes count as right."""
    parts: list[str] = []
    for side, lost in zip(found, unreached, strict=True):
        total, count = len(side.answers), len(side.mistakes)
        if not count:
            continue
        near = sum(m.answer.place <= 10 for m in side.mistakes)
        generous = sum(len(side.of(kind)) for kind in _GENEROUS)
        parts.append(
            f"**{DIRECTIONS['zh-en' if side.reverse else 'en-zh']}**: {count:,} of {total:,} first answers are wrong, "
            f"and in {near:,} of these ({near / count:.0%}) a right one is among the first ten. "
            f"{generous:,} ({generous / count:.0%}) are another form of a right answer, have the word in their "
            "dictionary definition, or are near-synonyms; if all of these counted as right, P@1 would be "
            f"{percent((total - count + generous) / total)} instead of {percent((total - count) / total)}. "
            f"{lost:,} mistakes are on words that also have translations missing from the other space."
        )
    return " ".join(parts)


def hub_counts(firsts: Mapping[str, Mapping[str, Sequence[str]]]) -> str:
    """Returns the answers that occur too often; ``firsts`` has the first answers by direction and retrieval."""
    parts: list[str] = []
    for direction, by_retrieval in firsts.items():
        counts: list[str] = []
        for retrieval, words in by_retrieval.items():
            found = hubs(words)
            named = f" ({', '.join(f'{word} {count} times' for word, count in found[:4])})" if found else ""
            counts.append(f"{len(found)} with {RETRIEVALS[retrieval]}{named}")
        parts.append(f"{DIRECTIONS[direction]} {' and '.join(counts)}")
    return f"**Hubs.** Answers that come first for {HUB} or more of the test words: {'; '.join(parts)}."


def summary(
    lines: Sequence[Line], found: Sequence[SortedAnswers], seconds: Mapping[str, float], shown: Sequence[Answer]
) -> tuple[str, ...]:
    """Returns the lines for the terminal: P@1 of every method, the kinds of mistakes, some translations."""
    best: list[str] = []
    for direction, title in DIRECTIONS.items():
        values = ", ".join(
            f"{TITLES[line.method]} {percent(line.lexicon.precision(1).value)}"
            for line in lines
            if line.direction == direction and line.retrieval == "csls"
        )
        best.append(f"{title}, P@1 with CSLS over covered words: {values}.")
    kinds = "; ".join(_kinds(side) for side in found if side.mistakes)
    times = ", ".join(f"{TITLES[name]} {value:.0f}" for name, value in seconds.items())
    words = tuple(f"  {_mark(answer)} {answer.word} → {read(answer.first)}{_instead(answer)}" for answer in shown)
    head = f"{len(words)} test words, drawn at random (✓: CC-CEDICT has the pair):"
    return (*best, f"Wrong answers: {kinds}.", f"Seconds to fit and map all words: {times}.", head, *words)


def _kinds(side: SortedAnswers) -> str:
    """Returns the three most frequent kinds of mistakes of a direction with their shares."""
    names = sorted({m.kind for m in side.mistakes} - {"other"}, key=lambda kind: -len(side.of(kind)))[:3]
    shares = ", ".join(f"{kind} {len(side.of(kind)) / len(side.mistakes):.0%}" for kind in names)
    return f"{DIRECTIONS['zh-en' if side.reverse else 'en-zh']} {shares or 'of no known kind'}"


def _mark(answer: Answer) -> str:
    return "✓" if answer.place == 1 else "·"


def _instead(answer: Answer) -> str:
    return "" if answer.place == 1 else f"   (CC-CEDICT: {', '.join(answer.golds[:2])})"
