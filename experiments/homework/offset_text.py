"""The text of the part on offsets: the claim, the methods, and conclusions drawn from the numbers."""

from collections.abc import Sequence

import numpy as np

from experiments.homework.offset_tables import LEVEL
from experiments.homework.relations import MIN_PAIRS, CoveredRelation, Finding, right
from experiments.report import signed

_PARTNERS = {"husband", "boyfriend", "丈夫", "老公", "男朋友", "男友"}
_EXAMPLES = ("king", "son", "国王", "儿子")

CLAIM = (
    "**Claim.** Two pairs of words in one relation differ by the same vector: man − woman = king − queen, "
    "man − woman = son − daughter, and so on; in Chinese 男人 − 女人 = 国王 − 王后, "
    "男人 − 女人 = 儿子 − 女儿. If so, the fourth word of an analogy can be computed: king − man + woman lies at queen."
)
METHOD = (
    "**Method.** Every vector is scaled to unit length. A pair (a, b) has the offset `o = b − a`. Two pairs agree if "
    "`cos(o₁, o₂) = o₁·o₂ / (|o₁| |o₂|)` is near 1. Two random words also differ by some vector, so a cosine has a "
    "meaning only in comparison with chance. The null distributions below show what chance gives."
)
LEAD = (
    "The examples of the homework: each row compares one pair with the first pair of the list. A cosine of 1 would "
    "make the equation true (for offsets of equal length); two unrelated offsets have a cosine near 0. Rank 1 means "
    "that the analogy is answered correctly."
)
ANALOGIES = (
    "Each ordered pair of pairs of a relation is a question a : b = c : d, with d to be found among all words of the "
    "space. **3CosAdd** takes the x with the largest `cos(x, b − a + c)`; **3CosMul** the x with the largest "
    "`s(x, b) s(x, c) / (s(x, a) + 0.001)`, where `s = (1 + cos) / 2` lies between 0 and 1, so that no single term "
    "outweighs the others. As is usual, a, b and c are excluded from the answers. The baseline **c alone** uses no "
    "offset: it answers with the word nearest to c. Only the gain of 3CosAdd over this baseline is due to the offset."
)
KEPT = (
    "Excluding the question words is not a detail. If no word is excluded, the word nearest to b − a + c is usually c "
    "itself, because the offset is short compared with the distance from c to its neighbours:"
)
RELATION_CAPTION = (
    "Left: two analogies. The plane shows both offsets (solid arrows) with their true lengths and angle; the distance "
    "between the two pairs is not to scale. The cross is the predicted point, the third word plus the first offset. "
    "The claim says that the fourth word lies there. Right: every pair of the relation, projected onto the mean offset "
    "of all other pairs; an arrow to the left (black) contradicts the relation."
)
NULLS_CAPTION = (
    "Cosines of two offsets. Coloured: all pairs of pairs of the relation, with a dashed line at their mean. Grey: "
    "pairs of random words of similar frequency. Outline: the relation's own words with the second words shuffled."
)
ANSWERS_CAPTION = (
    "Share of analogies answered correctly. Bar: the word nearest to c, no offset. Cross: 3CosAdd with the question "
    "words allowed as answers. Dot: 3CosAdd, and diamond: 3CosMul, with the question words excluded."
)
_CHINESE = (
    "Chinese verbs have no tense and Chinese nouns have no plural. 了 and 过 are separate words after the verb, and a "
    "segmenter separates them, so 吃过 is rarely in a vocabulary; tense is tested in English only. The nearest "
    "equivalent of a plural is 们 after persons and pronouns (我 − 我们), of the comparative 较 (高 − 较高), and of "
    "the superlative 最 (高 − 最高). They are covered only where the segmenter kept the two characters together."
)


def nulls(draws: int) -> str:
    """Returns the description of the test of a whole relation."""
    return (
        "The statistic of a relation is T, the mean cosine over all its pairs of pairs. It is tested against two nulls "
        f"of {draws:,} draws each. **Random pairs**: each word is replaced by another of similar frequency rank, "
        "because vectors of rare and frequent words differ anyway. **Shuffled pairs**, the stronger null: the same "
        "words, with the second words assigned to the first at random (king − nun, monk − queen). This null keeps what "
        "all first words have in common and what all second words have in common, so T exceeds it only if the pairing "
        "itself matters. The test is one-sided, `p = (1 + number of T* ≥ T) / (1 + draws)`, with Holm's correction for "
        "the number of tests."
    )


def covered(covers: Sequence[CoveredRelation]) -> str:
    """Returns the description of coverage: the relations that are not tested, and those that Chinese does not have."""
    out = [f"{one.name} in {one.space.name} ({len(one.pairs)})" for one in covers if len(one.pairs) < MIN_PAIRS]
    left_out = f" Not tested: {', '.join(out)}." if out else ""
    return (
        f"A pair is covered if the space has both words, in any case. A relation with fewer than {MIN_PAIRS} covered "
        f"pairs is not tested in that space.{left_out} {_CHINESE}"
    )


def odd_pairs(leads: Sequence[Finding]) -> str:
    """Returns the gender pairs that agree least with the others, with an explanation if most are words for partners."""
    parts: list[str] = []
    partners = 0
    for finding in leads:
        pairs = finding.cover.pairs
        means = (finding.parallel.cosines.sum(axis=1) - 1) / (len(pairs) - 1)
        worst = np.argsort(means, kind="stable")[:4]
        named = ", ".join(f"{' − '.join(pairs[i])} ({signed(means[i])})" for i in worst)
        parts.append(f"{named} in {finding.cover.space.name}")
        partners += sum(pairs[i][0] in _PARTNERS and means[i] < 0 for i in worst)
    if not parts:
        return ""
    reason = (
        " A negative mean says that the offset points the other way; here these are words for a partner. A likely "
        "reason: a text that mentions a husband (丈夫) is usually about his wife, so the word occurs in the same "
        "contexts as words about women."
    )
    text = f"The gender pairs with the lowest mean cosine to the others: {'; '.join(parts)}."
    return text + (reason if partners >= 2 else "")


def conclusion(findings: Sequence[Finding], leads: Sequence[Finding]) -> list[str]:
    """Returns the conclusion in paragraphs."""
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
                "The mean cosine over all pairs of pairs of a relation lies between",
                f"{signed(min(values))} and {signed(max(values))},",
                f"and the largest cosine of any two offsets is {largest:.2f}. Equality needs 1.",
            )
        ),
        " ".join(
            (
                f"**As a tendency it is {_verdict(min(random_yes, shuffled_yes), count)}.** Of {count} relations,",
                f"each in one space, {random_yes} have offsets more parallel than random pairs of similar rank and",
                f"{shuffled_yes} more parallel than the same words shuffled (p ≤ {LEVEL}, Holm).",
                *([f"Not significant against at least one null: {named}."] if weak else []),
            )
        ),
        *_analogy_paragraphs(findings),
    ]


def _verdict(yes: int, total: int) -> str:
    """Returns whether the claim holds for all, most or few relations, in words."""
    if yes == total:
        return "true for every relation"
    return "true for most relations" if 2 * yes > total else "not shown for most relations"


def _label(finding: Finding) -> str:
    """Returns the name of a relation and of its space."""
    return f"{finding.cover.name} in {finding.cover.space.name}"


def lead_sentence(finding: Finding) -> str:
    """Returns a sentence on the cosines of the first pair: with two well-known pairs, and the mean over all."""
    pairs, cosines = finding.cover.pairs, finding.parallel.cosines[0, 1:]
    first = " − ".join(pairs[0])
    shown = [
        f"cos({first}, {c} − {d}) = {signed(float(cosine))}"
        for (c, d), cosine in zip(pairs[1:], cosines, strict=True)
        if c in _EXAMPLES
    ]
    named = f"{' and '.join(shown)}. Over" if shown else f"For {first}, over"
    below = float(np.mean(finding.parallel.p_values[0, 1:] <= LEVEL))
    mean = signed(float(cosines.mean()))
    return (
        f"{named} all {len(cosines)} other pairs, the mean cosine with {first} is {mean}, and {below:.0%} of the pairs "
        f"have p ≤ {LEVEL}."
    )


def _means(findings: Sequence[Finding]) -> tuple[float, float, float, float, float]:
    """Returns mean P@1 of c alone, 3CosAdd, 3CosMul, 3CosAdd with question words, and how often this answers c."""
    answers = [one.answers for one in findings]
    columns = ([a.nearest for a in answers], [a.add for a in answers], [a.mul for a in answers])
    nearest, add, mul = (float(np.mean([right(ranks) for ranks in column])) for column in columns)
    kept = float(np.mean([right(a.kept) for a in answers]))
    return nearest, add, mul, kept, float(np.mean([a.kept_c for a in answers]))


def _analogy_paragraphs(findings: Sequence[Finding]) -> list[str]:
    """Returns the paragraphs of the conclusion about analogies."""
    nearest, add, mul, kept, itself = _means(findings)
    little = [_label(one) for one in findings if right(one.answers.add) - right(one.answers.nearest) < 0.1]
    better = sum(right(one.answers.mul) > right(one.answers.add) for one in findings)
    answered = (
        f"**Analogies are answered, with help.** Over all relations, mean P@1 is {add:.0%} for 3CosAdd and {mul:.0%} "
        f"for 3CosMul (higher in {better} of {len(findings)}). The word nearest to c is already right in {nearest:.0%}."
    )
    small = f" The offset gains less than ten points for {', '.join(little)}." if little else ""
    helped = (
        f"**The help is the rule that question words are excluded.** Without it 3CosAdd is right in {kept:.0%}: in "
        f"{itself:.0%} of the questions the word nearest to b − a + c is c itself. So “king − man + woman = queen” is "
        "a statement about the nearest other word, not about the point at which the sum lies."
    )
    return [answered + small, helped]


def summary(findings: Sequence[Finding], leads: Sequence[Finding]) -> tuple[str, ...]:
    """Returns the summary for the terminal, one line per finding."""
    nearest, add, mul, kept, itself = _means(findings)
    beaten = sum(max(one.random_p, one.shuffled_p) <= LEVEL for one in findings)
    return (
        *(lead_sentence(finding) for finding in leads),
        (
            f"{beaten} of {len(findings)} relations exceed both nulls (random pairs, shuffled pairs) at p ≤ {LEVEL} "
            "(Holm)."
        ),
        (
            f"Analogies, mean P@1: 3CosAdd {add:.2f}, 3CosMul {mul:.2f}, the word nearest to c {nearest:.2f}; "
            f"3CosAdd with question words allowed {kept:.2f} (its answer is c in {itself:.0%})."
        ),
    )
