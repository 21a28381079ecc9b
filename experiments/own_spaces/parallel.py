"""What sentence pairs add to our own spaces: each ingredient alone and together, on one split of the dictionary."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import NamedTuple

import numpy as np
import scipy.sparse as sp
from jaxtyping import Float, Int

from align.bilingual.dictionary.dictionary import Dictionary, read_dictionary
from align.bilingual.dictionary.split import Split
from align.bilingual.fitting import fit, pairs_of
from align.bilingual.method import Method
from align.bilingual.parallel.corpus import SentencePairs, bilingual_text, tokenised
from align.bilingual.parallel.joint import BilingualPPMI, JointSpaces, SharedCoordinates
from align.bilingual.parallel.reading import SentencePair
from align.bilingual.parallel.sources import parallel_text
from align.bilingual.supervised.kernel import Ensemble
from align.bilingual.translator import Retrieval, Translator
from align.catalogue import CatalogueError
from align.evaluate.lexicon import Lexicon
from align.progress import stage_bars
from align.retrieval import unit_rows
from align.space import Space
from align.text.corpus import Corpus
from align.text.tokenise import English
from experiments.options import DICTIONARY
from experiments.report import Cell, Paragraph, Section, Table
from experiments.shared_split import SpacePair, shared_split
from experiments.translation_scores import DIRECTIONS, evaluate_both_ways, percent

TEXTS = ("cataclysm", "tencent-docs", "office-help", "quran", "emoji-annotations")
"""The parallel texts; those that cannot be fetched are left out, and the report says so."""
GLOSSES = "cedict-glosses"
WORDS = 30_000
"""Words of each language in the joint space."""
WEIGHT = 1.0
"""The length of a joint vector beside an own vector of length 1."""
AMOUNT = 2.0
"""What a pair that the sentences align with certainty adds to its CSLS."""


class Row(NamedTuple):
    """One way to translate, and its scores in both directions."""

    name: str
    scores: Mapping[str, Lexicon]


def held_out(cut: Split) -> Dictionary:
    """Returns the test pairs of both directions, English first."""
    return Dictionary((*cut.test.pairs, *cut.reverse_test.reversed().pairs))


def glosses(held: Dictionary) -> Iterator[SentencePair]:
    """Yields the glosses of CC-CEDICT that say nothing of an evaluation pair, since the dictionary is its source.

    A gloss is left out if its headword is the Chinese word of an evaluation pair, or if the headword contains the
    Chinese word and the gloss the English word.
    """
    gold: dict[str, set[str]] = {}
    for english, chinese in held.pairs:
        gold.setdefault(english.casefold(), set()).add(chinese)
    answers = set(chain.from_iterable(gold.values()))
    tokeniser = English()
    for gloss, headword in parallel_text(GLOSSES):
        words = tokeniser.tokens(gloss)
        if headword not in answers and not any(one in headword for word in words for one in gold.get(word, ())):
            yield gloss, headword


def sentences(cut: Split) -> tuple[SentencePairs, list[str]]:
    """Returns the tokenised sentence pairs of all texts that can be fetched, and the names of those that cannot."""
    held, found, missing = held_out(cut), list[Iterator[SentencePair]](), list[str]()
    for name in TEXTS:
        try:
            found.append(iter(list(parallel_text(name))))
        except CatalogueError as error:
            missing.append(f"{name} ({error})")
    with stage_bars("sentence pairs: ") as report:
        return tokenised(chain(*found, glosses(held)), held_out=held, report=report), missing


def joint_spaces(pairs: SentencePairs, corpora: tuple[Corpus, Corpus], train: Dictionary, *, seed: int) -> JointSpaces:
    """Returns the joint spaces of the sentence pairs, the own corpora and the training pairs."""
    text = bilingual_text(pairs, *corpora, max_vocab=WORDS)
    known = pairs_of(train, text.english.vocab, text.chinese.vocab)
    with stage_bars("joint space: ") as report:
        return BilingualPPMI().solve(text, known, seed=seed, report=report)


def beside(own: Space, joint: Space, weight: float = WEIGHT) -> Space:
    """Returns the words of ``own`` with their own and their joint vectors, of lengths 1 and ``weight``, side by side.

    A word that the joint space lacks has zeros there.
    """
    rows = joint.vocab.ids(own.vocab.words)
    second: Float[np.ndarray, "v d"] = np.where(rows[:, None] >= 0, unit_rows(joint.vectors)[rows], 0)
    vectors = np.concatenate([unit_rows(own.vectors), weight * second], axis=1)
    return Space(own.vocab, vectors.astype(np.float32), name=f"{own.name} and joint")


def fitted(name: str, spaces: tuple[Space, Space], cut: Split, method: Method, *, seed: int) -> Translator:
    """Returns the translator of ``method``, fitted on the training pairs."""
    with stage_bars(f"{name}: ") as report:
        if isinstance(method, SharedCoordinates):
            return fit(*spaces, Dictionary(()), method, normalise=("unit",), report=report)
        return fit(*spaces, cut.train, method, seed=seed, report=report)


@dataclass(frozen=True, eq=False)
class AlignedTranslator(Translator):
    """A translator whose score of a pair is CSLS + amount sqrt(t(e | z) t(z | e)), by the alignment of sentence pairs.

    ``table`` has the products of the two probabilities, shape (v, w). With ``amount`` infinite, only they count.
    """

    table: sp.csr_array = field(default_factory=lambda: sp.csr_array((0, 0)))
    amount: float = AMOUNT

    def scores(
        self, rows: Int[np.ndarray, " q"], retrieval: Retrieval = "best", *, reverse: bool = False
    ) -> Float[np.ndarray, "q v"]:
        """Returns the scores of the words ``rows`` with the whole other vocabulary."""
        aligned = np.sqrt((self.table.T.tocsr() if reverse else self.table)[rows].toarray())
        if np.isinf(self.amount):
            return np.where(aligned > 0, aligned, -np.inf)
        return super().scores(rows, retrieval, reverse=reverse) + self.amount * aligned


def aligned(made: Translator, joint: JointSpaces, amount: float) -> AlignedTranslator:
    """Returns ``made`` with the translation probabilities of ``joint``, whose vocabularies are others."""
    sides = [
        side.vocab.ids(words.vocab.words)
        for side, words in ((made.source, joint.english), (made.target, joint.chinese))
    ]
    table = joint.table.tocoo()
    rows, columns = sides[0][table.row], sides[1][table.col]
    known = (rows >= 0) & (columns >= 0)
    cells = (np.asarray(table.data)[known], (rows[known], columns[known]))
    shape = (len(made.source), len(made.target))
    parts = (made.source, made.target, made.source_means, made.target_means, made.details, made.weights)
    return AlignedTranslator(*parts, sp.csr_array(cells, shape=shape), amount)


def compare(
    own: SpacePair, corpora: tuple[Corpus, Corpus], cut: Split, *, seed: int
) -> tuple[list[Row], str, Sequence[str]]:
    """Returns the rows of the table, the size of the parallel text, and the texts that are missing."""
    spaces = own.english, own.chinese
    alone = fitted("text", spaces, cut, Ensemble(), seed=seed)
    pairs, missing = sentences(cut)
    joint = joint_spaces(pairs, corpora, cut.train, seed=seed)
    both = beside(own.english, joint.english), beside(own.chinese, joint.chinese)
    together = fitted("text and joint space", both, cut, Ensemble(), seed=seed)
    made = {
        "own text: ensemble": alone,
        "sentence pairs: word alignment": aligned(alone, joint, np.inf),
        "sentence pairs and own text: joint space": fitted(
            "joint space", (joint.english, joint.chinese), cut, SharedCoordinates(), seed=seed
        ),
        "own text and word alignment": aligned(alone, joint, AMOUNT),
        "own text and joint space: ensemble": together,
        "own text, joint space and word alignment": aligned(together, joint, AMOUNT),
    }
    size = f"{len(pairs):,} sentence pairs; {pairs.left_out:,} were evaluation pairs and are left out"
    return [Row(name, evaluate_both_ways(one, cut)) for name, one in made.items()], size, missing


def run(pairs: Sequence[SpacePair], corpora: tuple[Corpus, Corpus], *, seed: int) -> Section:
    """Returns the section: what each ingredient gives on the words of ``lexicon.run``.

    Raises:
        ValueError: too few words are in all spaces.
    """
    cut = shared_split(read_dictionary(DICTIONARY), pairs)
    rows, size, missing = compare(pairs[0], corpora, cut, seed=seed)
    cells: list[tuple[Cell, ...]] = []
    for row in rows:
        scores = (percent(row.scores[way].precision(k).over_all) for way in DIRECTIONS for k in (1, 10))
        cells.append((row.name, *scores))
    columns = ("made of", *(f"P@{k} {way}" for way in DIRECTIONS for k in (1, 10)))
    left = f" Not fetched and left out: {'; '.join(missing)}." if missing else ""
    blocks = (
        Paragraph(
            "**Sentence pairs.** Sentences that are translations of each other (a game, manuals, the Quran, names of "
            "emoji, glosses of CC-CEDICT) give both languages a joint space: PPMI of a word with the words around it, "
            "with their translations, and with the words of the translated sentence. A sentence pair that is a test "
            "pair is left out; of CC-CEDICT, the source of the test pairs, every gloss with a test pair in it. "
            f"{size}.{left}"
        ),
        Table("Translation of the same test words, by what the spaces are made of.", columns, tuple(cells)),
    )
    lines = tuple(f"{row[0]}: P@1 en-zh {row[1]}, zh-en {row[3]}" for row in cells)
    return Section("What sentence pairs add", blocks, lines)
