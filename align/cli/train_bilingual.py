"""The command that learns from sentence pairs: train bilingual."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from align.checks import at_least, at_most, within
from align.cli.dictionary import open_dictionary
from align.cli.options import SPACE_ENDINGS, TRANSLATOR_ENDING, DictionaryEncoding, Flag, Maybe, Output, Seed, refuse
from align.cli.output import distinct_outputs, output_file, say
from align.cli.train import open_named_corpus
from align.message import number_of
from align.progress import stage_bars

if TYPE_CHECKING:
    from align.bilingual.dictionary.dictionary import Dictionary
    from align.bilingual.parallel.joint import BilingualPPMI, JointSpaces
    from align.bilingual.parallel.reading import SentencePair
    from align.text.corpus import Corpus

_MAX_DIM, _MAX_WORDS = 2000, 200_000
TwoFiles = Annotated[tuple[str, str] | None, Parameter(show_default=False, negative="")]


@Parameter(name="*")
@dataclass(frozen=True)
class JointSettings:
    """Settings of the joint space."""

    dim: int = 200
    """Dimensions of the vectors."""
    characters: float = 4.0
    """Weight of the characters of Chinese words as contexts; 0 leaves them out."""
    window: int = 5
    """Words to either side of a word that count as its neighbours."""
    min_count: int = 5
    """Leave out words that occur less often, except words of the vocabularies of --english and --chinese."""
    max_vocab: int = 50_000
    """Keep this many of the most frequent words of each language."""

    def __post_init__(self) -> None:
        for option, value, largest in (
            ("--dim", self.dim, _MAX_DIM),
            ("--window", self.window, 100),
            ("--min-count", self.min_count, 1 << 31),
            ("--max-vocab", self.max_vocab, _MAX_WORDS),
        ):
            at_most(at_least(value, 1, option), largest, option)
        within(self, 0, 100, "characters")

    def model(self) -> "BilingualPPMI":
        """Returns the model with these settings."""
        from align.bilingual.parallel.joint import BilingualPPMI
        from align.text.cooccurrence import Window, falling

        return BilingualPPMI(dim=self.dim, window=Window(self.window, falling), characters=self.characters)


@Parameter(name="*", show_default=False)
@dataclass(frozen=True)
class OtherData:
    """Data besides the sentence pairs: what to train on, and the evaluation pairs to leave out."""

    english: Maybe = ""
    """A corpus of English text: a file made by `align corpus`, or en, the default corpus."""
    chinese: Maybe = ""
    """A corpus of Chinese text, or zh."""
    dictionary: Maybe = ""
    """Word pairs to learn from: a TSV, MUSE or CC-CEDICT file of English and Chinese words, or `cedict`."""
    held_out: Maybe = ""
    """A dictionary for evaluation. A sentence pair that is itself one of its word pairs is left out."""
    dictionary_encoding: DictionaryEncoding = ""
    """Text encoding of both dictionaries: gb18030, big5, utf-16 ... UTF-8 if not given."""
    strict: Flag = False
    """Leave out every sentence pair that contains both words of a pair of --held-out."""

    def __post_init__(self) -> None:
        if self.strict and not self.held_out:
            raise ValueError("--strict needs --held-out")
        if not (self.dictionary or self.held_out):
            refuse("only with --dictionary or --held-out", dictionary_encoding=self.dictionary_encoding != "")

    def opened(self, name: str) -> "Dictionary":
        """Returns the dictionary ``name``, or an empty one for ""."""
        from align.bilingual.dictionary.dictionary import Dictionary

        return open_dictionary(name, encoding=self.dictionary_encoding) if name else Dictionary(())


NOTHING_ELSE, SETTINGS = OtherData(), JointSettings()


def train_bilingual(
    *pairs: str,
    output: Output,
    lines: TwoFiles = None,
    more: OtherData = NOTHING_ELSE,
    spaces: TwoFiles = None,
    candidates: Maybe = "",
    settings: JointSettings = SETTINGS,
    encoding: Maybe = "",
    seed: Seed = 0,
) -> None:
    """Train vectors of both languages in a common space on sentence pairs, and save them as a translator.

    Words that often occur in translations of each other get similar vectors, and so do words with similar neighbours
    and Chinese words with the same characters. Monolingual corpora (`--english`, `--chinese`) add words and neighbours;
    a dictionary (`--dictionary`) adds pairs of words. The translator also gives a bonus to words that the sentences
    align with each other. A file of sentence pairs has lines `English<TAB>Chinese`, or is a gettext catalogue (.mo).
    The parallel texts of the catalogue are given by name: cataclysm, tencent-docs, office-help, emoji-annotations,
    quran, cedict-glosses.

    The vectors are computed in one pass (PPMI and its SVD), so there is no checkpoint. To fit a map on top of them,
    write the spaces (`--spaces`) and give them to `align map`.

    **Examples**

        align train bilingual pairs.tsv -o joint.align
        align train bilingual --lines news.en.gz news.zh.gz -o joint.align --english en --chinese zh
        align train bilingual cataclysm tencent-docs -o joint.align --dictionary train.tsv --held-out test.tsv
        align train bilingual pairs.tsv -o joint.align --candidates words.tsv --spaces en.safetensors zh.safetensors

    Args:
        pairs: Files of sentence pairs, or names of parallel texts.
        output: The translator to write; its name ends in .align.
        lines: Two files, English and Chinese: line i of one is the translation of line i of the other.
        more: Data besides the sentence pairs.
        spaces: Also write the two spaces, English and Chinese, to these files.
        candidates: Also write the word pairs that the sentences suggest to this TSV file, most probable first.
        settings: Settings of the joint space.
        encoding: Text encoding of the sentence pairs: gb18030, big5, utf-16 ... UTF-8 if not given.
        seed: Seed of all random numbers.
    """
    from align.bilingual.dictionary.dictionary import Dictionary
    from align.bilingual.fitting import fit, pairs_of
    from align.bilingual.parallel.corpus import bilingual_text, tokenised
    from align.bilingual.parallel.joint import SharedCoordinates, with_alignment

    if not pairs and lines is None:
        raise ValueError("no sentence pairs given; name a file of lines 'English<TAB>Chinese', or give --lines EN ZH")
    read = (*pairs, *(lines or ()), more.english, more.chinese, more.dictionary, more.held_out)
    target = output_file(output, (TRANSLATOR_ENDING,), inputs=read)
    files, listed = _more_outputs(target, spaces, candidates, read)
    known, gold = (more.opened(name) for name in (more.dictionary, more.held_out))
    corpora = [_corpus(name, language) for name, language in ((more.english, "en"), (more.chinese, "zh"))]
    start = time.perf_counter()
    with stage_bars() as report:
        sentences = tokenised(_sentences(pairs, lines, encoding), held_out=gold, strict=more.strict, report=report)
        text = bilingual_text(sentences, *corpora, min_count=settings.min_count, max_vocab=settings.max_vocab)
        known = known.without(gold)
        known_rows = pairs_of(known, text.english.vocab, text.chinese.vocab) if known.pairs else None
        joint = settings.model().solve(text, known_rows, seed=seed, report=report)
        both = joint.english, joint.chinese
        made = fit(*both, Dictionary(()), SharedCoordinates(), normalise=("unit",), report=report)
        translator = with_alignment(made, joint)
    translator.save(target)
    _write_more(joint, files, listed)
    left_out = f", {sentences.left_out:,} left out" if sentences.left_out else ""
    read_from = f"from {number_of(len(sentences), 'sentence pair')}{left_out}, in {time.perf_counter() - start:.1f} s"
    say(f"align: {target}: {size_of(joint)} {read_from}")
    _warn_of_zeros(joint)


def size_of(joint: "JointSpaces") -> str:
    """Returns the numbers of words and of dimensions as text."""
    words = f"{len(joint.english):,} English and {len(joint.chinese):,} Chinese words"
    return f"{words} of {number_of(joint.english.dim, 'dimension')}"


def _warn_of_zeros(joint: "JointSpaces") -> None:
    """Reports the number of words whose vector is zero, which have no translation."""
    zero = [len(one) - len(one.words_with_vectors()) for one in (joint.english, joint.chinese)]
    if any(zero):
        words = f"{zero[0]:,} English and {zero[1]:,} Chinese words"
        say(f"align: warning: {words} have a vector of zero; more text is needed")


def _more_outputs(
    target: Path, spaces: tuple[str, str] | None, candidates: str, read: Sequence[str]
) -> tuple[list[Path], Path | None]:
    """Returns the files for the spaces and the word pairs, checked; ``read`` are the files that are read."""
    files = [output_file(one, SPACE_ENDINGS, inputs=read) for one in spaces or ()]
    listed = output_file(candidates, (".tsv",), inputs=read) if candidates else None
    distinct_outputs(target, *files, listed)
    return files, listed


def _corpus(name: str, language: str) -> "Corpus | None":
    """Returns the corpus in a file or of a language, or None for ""; raises ValueError if its language is wrong."""
    if not name:
        return None
    corpus = open_named_corpus(name)
    if corpus.language not in ("", language):
        raise ValueError(f"{name}: its language is {corpus.language}; a corpus of {language} was expected")
    return corpus


def _sentences(names: tuple[str, ...], lines: tuple[str, str] | None, encoding: str) -> "Iterator[SentencePair]":
    """Yields the sentence pairs of every source, in order."""
    from align.bilingual.parallel.reading import read_line_pairs, read_sentence_pairs
    from align.bilingual.parallel.sources import PARALLEL, parallel_text

    sources: list[Iterator[SentencePair]] = []
    for name in names:
        if name in PARALLEL and not Path(name).exists():
            sources.append(parallel_text(name))
        elif not Path(name).expanduser().is_file():
            raise FileNotFoundError(f"{name}: no such file, and no parallel text has this name ({', '.join(PARALLEL)})")
        else:
            sources.append(read_sentence_pairs(name, encoding=encoding))
    if lines is not None:
        sources.append(read_line_pairs(*lines, encoding=encoding))
    return chain(*sources)


def _write_more(joint: "JointSpaces", files: list[Path], listed: Path | None) -> None:
    """Writes the two spaces to ``files``, if given, and the word pairs to ``listed``, if given."""
    from align.atomic import replacing
    from align.bilingual.parallel.joint import word_pairs
    from align.files import save

    for space, file in zip((joint.english, joint.chinese), files, strict=False):
        save(space, file)
    if listed is not None:
        rows = [f"{english}\t{chinese}\n" for english, chinese, _ in word_pairs(joint)]
        with replacing(listed) as temporary:
            temporary.write_text("".join(rows), encoding="utf-8")


COMMANDS = {"train bilingual": train_bilingual}
