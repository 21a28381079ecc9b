"""What sentence pairs add to our own spaces: each ingredient alone and together, on one split of the dictionary."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from align.bilingual.dictionary.dictionary import Dictionary, read_dictionary
from align.bilingual.dictionary.split import Split
from align.bilingual.fitting import fit, pairs_of
from align.bilingual.method import Method
from align.bilingual.parallel.corpus import SentencePairs, bilingual_text, tokenised
from align.bilingual.parallel.joint import BilingualPPMI, JointSpaces, SharedCoordinates, with_alignment
from align.bilingual.parallel.reading import SentencePair
from align.bilingual.parallel.sources import parallel_text
from align.bilingual.supervised.kernel import Ensemble
from align.bilingual.translator import Translator
from align.catalogue import CatalogueError
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
DIM = 400
"""Dimensions of the joint space."""
WEIGHT = 1.0
"""The length of a joint vector; that of an own vector is 1."""


def held_out(cut: Split) -> Dictionary:
    """Returns the test pairs of both directions, English first."""
    return Dictionary((*cut.test.pairs, *cut.reverse_test.reversed().pairs))


def glosses(held: Dictionary) -> Iterator[SentencePair]:
    """Yields the glosses of CC-CEDICT that do not reveal an evaluation pair.

    The evaluation pairs are from CC-CEDICT too. A gloss is left out if its headword is the Chinese word of an
    evaluation pair, or if the headword contains the Chinese word and the gloss the English word.
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
        return BilingualPPMI(dim=DIM).solve(text, known, seed=seed, report=report)


def beside(own: Space, joint: Space, weight: float = WEIGHT) -> Space:
    """Returns the words of ``own`` with their own and their joint vectors, of lengths 1 and ``weight``, side by side.

    A word that the joint space lacks has zeros in place of its joint vector.
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


class SentencePairResults(NamedTuple):
    """The translators that sentence pairs give.

    ``made`` maps the name of each combination of ingredients to its translator; the last has all ingredients.
    ``spaces`` are the own and the joint vectors side by side. ``size`` is the number of sentence pairs, as text.
    ``missing`` names the texts that could not be fetched.
    """

    made: Mapping[str, Translator]
    spaces: tuple[Space, Space]
    cut: Split
    size: str
    missing: Sequence[str]


def learn(pairs: Sequence[SpacePair], corpora: tuple[Corpus, Corpus], *, seed: int) -> SentencePairResults:
    """Fits the translators on the training words that all ``pairs`` of spaces share; the first pair is our own.

    Raises:
        ValueError: too few words are in all spaces.
    """
    cut = shared_split(read_dictionary(DICTIONARY), pairs)
    own = pairs[0]
    alone = fitted("text", (own.english, own.chinese), cut, Ensemble(), seed=seed)
    aligned, missing = sentences(cut)
    joint = joint_spaces(aligned, corpora, cut.train, seed=seed)
    both = beside(own.english, joint.english), beside(own.chinese, joint.chinese)
    together = fitted("text and joint space", both, cut, Ensemble(), seed=seed)
    shared = fitted("joint space", (joint.english, joint.chinese), cut, SharedCoordinates(), seed=seed)
    made = {
        "own text: ensemble": alone,
        "own text and word alignment": with_alignment(alone, joint),
        "sentence pairs and own text: joint space": shared,
        "joint space and word alignment": with_alignment(shared, joint),
        "own text and joint space: ensemble": together,
        "own text, joint space and word alignment": with_alignment(together, joint),
    }
    size = f"{len(aligned):,} sentence pairs; {aligned.left_out:,} were evaluation pairs and are left out"
    return SentencePairResults(made, both, cut, size, missing)


def run(learned: SentencePairResults, out: Path) -> Section:
    """Returns the section on the scores of each combination; saves the translator with all ingredients."""
    *_, whole = learned.made.values()
    whole.save(out / "en-zh.align")
    cells: list[tuple[Cell, ...]] = []
    for name, translator in learned.made.items():
        found = evaluate_both_ways(translator, learned.cut)
        cells.append((name, *(percent(found[way].precision(k).over_all) for way in DIRECTIONS for k in (1, 10))))
    columns = ("made of", *(f"P@{k} {way}" for way in DIRECTIONS for k in (1, 10)))
    left = f" Not fetched and left out: {'; '.join(learned.missing)}." if learned.missing else ""
    blocks = (
        Paragraph(
            "**Sentence pairs.** Sentences that are translations of each other (a game, manuals, the Quran, names of "
            "emoji, glosses of CC-CEDICT) give both languages a joint space: PPMI of a word with the words around it, "
            "with their translations, with the words of the translated sentence and with Chinese characters. Sentence "
            "pairs that are test pairs are left out. The test pairs are from CC-CEDICT, so its glosses with a test "
            f"pair in them are left out too. {learned.size}.{left}"
        ),
        Table("Translation of the same test words, by what the spaces are made of.", columns, tuple(cells)),
    )
    lines = tuple(f"{row[0]}: P@1 en-zh {row[1]}, zh-en {row[3]}" for row in cells)
    return Section("What sentence pairs add", blocks, lines)
