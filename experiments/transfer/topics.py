"""Topics: labels of English pages of a cloud manual classify Chinese pages through the map between the languages."""

from collections import Counter
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float

from align.bilingual.translator import Translator
from align.catalogue import resolve
from align.space import Space
from align.text.chinese import has_hanzi
from align.text.labelled import LabelledText
from align.text.tokenise import English, Jieba
from experiments.document_sets import manual_pages
from experiments.report import Paragraph, Section, Table
from experiments.transfer.languages import ROWS_VARIANCE, WORDS_VARIANCE
from experiments.transfer.logistic import Logistic, fit_logistic
from experiments.transfer.reviews import VECTOR_KINDS, rows_for, text_vectors, word_bags

TOPICS, PAGES, MIN_WORDS = 10, 200, 10
"""The number of topics, the largest number of pages of a topic, and the fewest words of a page in each language."""


class TopicSides(NamedTuple):
    """Pages for training in both languages, and Chinese pages for testing; no test page translates a training page."""

    english: list[LabelledText]
    chinese: list[LabelledText]
    test: list[LabelledText]


def read_topics(translator: Translator, *, seed: int) -> TopicSides:
    """Reads pages of the cloud manual in both languages; the topic of a page is the product that it describes.

    English terms in Chinese pages would reveal the topic, so Chinese tokens without a hanzi are dropped. All words have
    a point in the common space. Half of the pages of each topic are for training, the others for testing.
    """
    english, chinese = (dict(manual_pages(resolve(name))) for name in ("tencent-docs-en", "tencent-docs-zh"))
    rng = np.random.default_rng(seed)
    names = sorted(set(english) & set(chinese))
    shared = [names[i] for i in rng.permutation(len(names))]
    shared = [name for name in shared if has_hanzi(chinese[name]) and not has_hanzi(english[name])]
    counts = Counter(map(product_of, shared))
    chosen = {topic for topic, _ in counts.most_common(TOPICS)}
    left, right, used = English(), Jieba(), Counter[str]()
    known = translator.source.vocab.index, translator.target.vocab.index
    found = TopicSides([], [], [])
    for name in shared:
        topic = product_of(name)
        if topic not in chosen or used[topic] == PAGES:
            continue
        one = [word for word in left.tokens(english[name]) if word in known[0]]
        two = [word for word in right.tokens(chinese[name]) if has_hanzi(word) and word in known[1]]
        if min(len(one), len(two)) < MIN_WORDS:
            continue
        used[topic] += 1
        pair = [LabelledText(" ".join(words), (topic,), 1.0, name) for words in (one, two)]
        if used[topic] % 2:
            found.english.append(pair[0])
            found.chinese.append(pair[1])
        else:
            found.test.append(pair[1])
    return found


def product_of(page: str) -> str:
    """Returns the product of a page.

    >>> product_of("tencentcloud/cvm/v20170312/models.py.Instance")
    'cvm'
    """
    return page.split("/")[-3]


class TopicClassifier(NamedTuple):
    """One logistic regression for each topic."""

    topics: list[str]
    parts: list[Logistic]

    def accuracy(self, x: Any, texts: list[LabelledText]) -> float:
        """Returns the percentage of texts whose topic has the highest score."""
        scores: Float[np.ndarray, "l n"] = np.stack([part(x) for part in self.parts])
        best = scores.argmax(axis=0).tolist()
        return 100 * float(np.mean([self.topics[i] == text.labels[0] for i, text in zip(best, texts, strict=True)]))


def fit_topics(x: Any, texts: list[LabelledText], *, variance: float) -> TopicClassifier:
    """Fits one logistic regression for each topic on texts, given as rows of a dense or sparse matrix."""
    topics = sorted({text.labels[0] for text in texts})
    gold = np.array([text.labels[0] for text in texts])
    return TopicClassifier(topics, [fit_logistic(x, gold == topic, variance=variance) for topic in topics])


def by_map(sides: TopicSides, source: Space, target: Space) -> dict[str, float]:
    """Returns the accuracy on Chinese pages of a classifier of English pages, by kind of text vector."""
    found: dict[str, float] = {}
    for kind in VECTOR_KINDS:
        one, two = rows_for(kind, sides.english, source), rows_for(kind, sides.chinese, target)
        made = fit_topics(text_vectors(one, sides.english, source.vocab), sides.english, variance=ROWS_VARIANCE)
        found[kind] = made.accuracy(text_vectors(two, sides.test, target.vocab), sides.test)
    return found


def by_labels(sides: TopicSides, target: Space) -> float:
    """Returns the accuracy of a classifier of single words that learns from Chinese pages with labels."""
    bags = [word_bags(part, target.vocab) for part in (sides.chinese, sides.test)]
    return fit_topics(bags[0], sides.chinese, variance=WORDS_VARIANCE).accuracy(bags[1], sides.test)


def section(translator: Translator, *, seed: int) -> Section:
    """Runs this part of the report and returns its section."""
    sides = read_topics(translator, seed=seed)
    scores, own = by_map(sides, translator.source, translator.target), by_labels(sides, translator.target)
    most = 100 * max(Counter(text.labels[0] for text in sides.test).values()) / len(sides.test)
    rows = [(f"English labels, map, {name}", f"{value:.1f}") for name, value in scores.items()]
    rows += [("Chinese labels, words alone", f"{own:.1f}"), ("the most frequent topic", f"{most:.1f}")]
    blocks = (
        Paragraph(
            f"{len(sides.english):,} English pages of a cloud manual teach {TOPICS} topics, the products that they "
            f"describe. {len(sides.test):,} Chinese pages are tested, none of which translates a training page. "
            "Each topic has one logistic regression on the mean of the words' points in the common space."
        ),
        Table("Accuracy on Chinese pages, %.", ("method", "accuracy"), tuple(rows), ()),
    )
    best = max(scores, key=lambda name: scores[name])
    summary = f"Chinese pages by topic without a Chinese label: {scores[best]:.1f} % ({best}); with labels {own:.1f} %"
    return Section("Topics: learn in English, test in Chinese", blocks, (summary,))
