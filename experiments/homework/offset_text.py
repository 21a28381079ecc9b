"""What the offset part says: the claim, the methods, and conclusions that follow the numbers."""

from collections.abc import Sequence

import numpy as np

from experiments.homework.offset_tables import LEVEL
from experiments.homework.relations import FEWEST, Cover, Finding, right

_PARTNERS = {"husband", "boyfriend", "丈夫", "老公", "男朋友", "男友"}
_EXAMPLES = ("king", "son", "国王", "儿子")

CLAIM = (
    "**Claim.** Two pairs of words in one relation differ by the same vector: man − woman = king − queen, "
    "man − woman = son − daughter, and so on; in Chinese 男人 − 女人 = 国王 − 王后, "
    "男人 − 女人 = 儿子 − 女儿. If so, the fourth word of an analogy can be computed: king − man + woman lies at queen."
)
METHOD = (
    "**Method.** Every vector is divided by its length. A pair (a, b) has the offset `o = b − a`; two pairs agree as "
    "far as `cos(o₁, o₂) = o₁·o₂ / (|o₁| |o₂|)` is near 1. Two random words also differ by some vector, so a cosine "
    "means nothing until it is set beside what chance gives: that is what the null distributions below are for."
)
LEAD = (
    "The homework's own examples: each row puts one pair beside the first pair of the list. A cosine of 1 would be the "
    "equation itself (for offsets of one length); 0 is what two unrelated offsets give. Rank 1 means that the analogy "
    "is answered right."
)
ANALOGIES = (
    "Each ordered pair of pairs of a relation is a question a : b = c : d, with d to be found among all words of the "
    "space. **3CosAdd** takes the x with the largest `cos(x, b − a + c)`; **3CosMul** the x with the largest "
    "`s(x, b) s(x, c) / (s(x, a) + 0.001)`, where `s = (1 + cos) / 2` lies between 0 and 1, so that no single term "
    "outweighs the others. As is usual, a, b and c may not be the answer. The baseline **c alone** uses no offset at "
    "all: it answers with the word nearest to c. Only what 3CosAdd gains over it is owed to the offset."
)
KEPT = (
    "Leaving out the question words is not a detail. With no word left out, the word nearest to b − a + c is mostly c "
    "itself, since the offset is short beside the distance from c to its neighbours:"
)
RELATION_CAPTION = (
    "Left: two analogies. The plane shows both offsets (solid arrows) in true length and angle; the distance between "
    "the two pairs is not to scale. The cross is the predicted point, the third word plus the first offset: the claim "
    "says that the fourth word lies there. Right: every pair of the relation as a step along the mean offset of all "
    "other pairs; an arrow to the left (black) contradicts the relation."
)
NULLS_CAPTION = (
    "Cosines of two offsets. Coloured: all pairs of pairs of the relation, dashed line at their mean. Grey: pairs of "
    "random words of like frequency. Outline: the relation's own words with the second ones shuffled."
)
ANSWERS_CAPTION = (
    "Share of analogies answered right. Bar: the word nearest to c, no offset. Cross: 3CosAdd with the question words "
    "kept as answers. Dot: 3CosAdd, and diamond: 3CosMul, with the question words left out."
)
_CHINESE = (
    "Chinese verbs have no tense and Chinese nouns no plural: 了 and 过 are words of their own after the verb, and "
    "a segmenter cuts them off, so 吃过 is rarely in a vocabulary and tense is a question for English only. What "
    "comes near a plural is 们, after persons and pronouns (我 − 我们); near the comparative, 较 (高 − 较高); near "
    "the superlative, 最 (高 − 最高): all of them only where the segmenter left the two characters together."
)


def nulls(draws: int) -> str:
    """How a relation as a whole is tested."""
    return (
        "A relation's number is T, the mean cosine over all its pairs of pairs. It is tested against two nulls, each "
        f"of {draws:,} draws from the seed. **Random pairs**: for each word, another of about the same frequency rank "
        "(vectors of rare and frequent words differ anyway), paired in the same way. **Shuffled pairs**, the stronger "
        "null: the same words, the second ones dealt out to the first at random (king − nun, monk − queen). Whatever "
        "all first words have in common, and all second words, is still there, so T beats this null only where it "
        "matters who is paired with whom. The test is one-sided, `p = (1 + number of T* ≥ T) / (1 + draws)`, and "
        "corrected for the number of tests after Holm."
    )


def covered(covers: Sequence[Cover]) -> str:
    """What is not covered, and what a language does not have."""
    out = [f"{one.name} in {one.space.name} ({len(one.pairs)})" for one in covers if len(one.pairs) < FEWEST]
    left_out = f" Not tested: {', '.join(out)}." if out else ""
    return (
        f"A pair counts where the space has both words, in any case; a relation with fewer than {FEWEST} such pairs is "
        f"not tested there.{left_out} {_CHINESE}"
    )


def odd_pairs(leads: Sequence[Finding]) -> str:
    """The pairs of the gender relation that agree least with the others, and why where it is known."""
    parts: list[str] = []
    partners = 0
    for finding in leads:
        pairs = finding.cover.pairs
        means = (finding.parallel.cosines.sum(axis=1) - 1) / (len(pairs) - 1)
        worst = np.argsort(means, kind="stable")[:4]
        named = ", ".join(f"{' − '.join(pairs[i])} ({_signed(means[i])})" for i in worst)
        parts.append(f"{named} in {finding.cover.space.name}")
        partners += sum(pairs[i][0] in _PARTNERS and means[i] < 0 for i in worst)
    if not parts:
        return ""
    reason = (
        " Where the mean is negative the offset points the other way, and these are words for a partner. A likely "
        "reason: a husband (丈夫) is mostly spoken of as somebody's, and that somebody is mostly a woman, so the word "
        "keeps the company of words about women."
    )
    text = f"Gender pairs whose offsets agree least with the rest, by mean cosine: {'; '.join(parts)}."
    return text + (reason if partners >= 2 else "")


def _signed(value: float) -> str:
    return f"{value:.2f}".replace("-", "−")


def conclusion(findings: Sequence[Finding], leads: Sequence[Finding]) -> list[str]:
    """What the numbers allow one to say, in paragraphs."""
    count = len(findings)
    values = [one.parallel.random.value for one in findings]
    largest = max(float(one.parallel.between.max()) for one in findings)
    random_yes = sum(one.random_p <= LEVEL for one in findings)
    shuffled_yes = sum(one.shuffled_p <= LEVEL for one in findings)
    weak = [one for one in findings if max(one.random_p, one.shuffled_p) > LEVEL]
    named = ", ".join(f"{_label(one)} ({len(one.cover.pairs)} pairs)" for one in weak)
    return [
        " ".join(
            (
                "**As an equation the claim is false.**",
                *(lead_sentence(finding) for finding in leads),
                "The mean cosine over every two pairs of a relation lies between",
                f"{_signed(min(values))} and {_signed(max(values))},",
                f"and the largest of any two offsets is {largest:.2f}, where equality needs 1.",
            )
        ),
        " ".join(
            (
                f"**As a tendency it is {_verdict(min(random_yes, shuffled_yes), count)}.** Of {count} relations,",
                f"each in one space, {random_yes} have offsets more parallel than random pairs of like frequency and",
                f"{shuffled_yes} more parallel than the same words shuffled (p ≤ {LEVEL}, Holm).",
                *([f"Not shown against one null or both: {named}."] if weak else []),
            )
        ),
        *_analogy_paragraphs(findings),
    ]


def _verdict(yes: int, total: int) -> str:
    if yes == total:
        return "true throughout"
    return "true for most relations" if 2 * yes > total else "not shown for most relations"


def _label(one: Finding) -> str:
    return f"{one.cover.name} in {one.cover.space.name}"


def lead_sentence(finding: Finding) -> str:
    """The cosines of the first pair with the best-known others, and with all."""
    pairs, cosines = finding.cover.pairs, finding.parallel.cosines[0, 1:]
    first = " − ".join(pairs[0])
    shown = [
        f"cos({first}, {c} − {d}) = {_signed(float(cosine))}"
        for (c, d), cosine in zip(pairs[1:], cosines, strict=True)
        if c in _EXAMPLES
    ]
    named = f"{' and '.join(shown)}; over" if shown else f"For {first}, over"
    below = float(np.mean(finding.parallel.p_values[0, 1:] <= LEVEL))
    mean = _signed(float(cosines.mean()))
    return (
        f"{named} all {len(cosines)} other pairs, the mean cosine with {first} is {mean}; {below:.0%} have p ≤ {LEVEL}."
    )


def _means(findings: Sequence[Finding]) -> tuple[float, float, float, float, float]:
    """Mean P@1: c alone, 3CosAdd, 3CosMul, 3CosAdd with question words kept; and how often c is then first."""
    answers = [one.answers for one in findings]
    columns = ([a.nearest for a in answers], [a.add for a in answers], [a.mul for a in answers])
    nearest, add, mul = (float(np.mean([right(ranks) for ranks in column])) for column in columns)
    kept = float(np.mean([right(a.kept) for a in answers]))
    return nearest, add, mul, kept, float(np.mean([a.kept_c for a in answers]))


def _analogy_paragraphs(findings: Sequence[Finding]) -> list[str]:
    nearest, add, mul, kept, itself = _means(findings)
    little = [_label(one) for one in findings if right(one.answers.add) - right(one.answers.nearest) < 0.1]
    better = sum(right(one.answers.mul) > right(one.answers.add) for one in findings)
    answered = (
        f"**Analogies are answered, with help.** On average 3CosAdd puts the expected word first in {add:.0%} of a "
        f"relation's questions and 3CosMul in {mul:.0%} (better in {better} of {len(findings)}); the word nearest to c "
        f"alone is right in {nearest:.0%} already."
    )
    small = f" The offset gains less than ten points in {', '.join(little)}." if little else ""
    helped = (
        f"**The help is the rule that question words do not count.** Without it 3CosAdd is right in {kept:.0%}: in "
        f"{itself:.0%} of the questions the word nearest to b − a + c is c itself. So “king − man + woman = queen” "
        "speaks of the nearest other word, not of the place where the sum lands."
    )
    return [answered + small, helped]


def summary(findings: Sequence[Finding], leads: Sequence[Finding]) -> tuple[str, ...]:
    """The lines for the terminal."""
    nearest, add, mul, kept, itself = _means(findings)
    beaten = sum(max(one.random_p, one.shuffled_p) <= LEVEL for one in findings)
    return (
        *(lead_sentence(finding) for finding in leads),
        f"{beaten} of {len(findings)} relations beat both nulls (random pairs, shuffled pairs) at p ≤ {LEVEL}, Holm.",
        (
            f"Analogies, mean P@1: 3CosAdd {add:.2f}, 3CosMul {mul:.2f}, the word nearest to c {nearest:.2f}; "
            f"with question words kept {kept:.2f} (c itself comes first in {itself:.0%})."
        ),
    )
