"""The senses of ambiguous words: AdaGram on the default texts, and which of its senses typical words choose.

Claim: AdaGram separates the senses of ambiguous words without labels. Each word of ``data/ambiguous.tsv`` has two or
three gold senses, each with typical words. A gold sense chooses the sense of AdaGram that is most probable in the
context of its typical words. The senses of a word are separated if its gold senses choose different senses.
Source: Bartunov et al. 2016, section 5. Command: ``python -m experiments.senses [--words N] [--out FOLDER]``, N words
of each text (0: all words); the trained senses are saved in the folder.
"""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from jaxtyping import Float
from rich.console import Console
from rich.table import Table

from align.message import one_line
from align.plotting import CHINESE, ENGLISH, SOFT, sheet
from align.progress import stage_bars
from align.senses import SenseSpace
from align.text.defaults import default_corpus
from align.text.scripts import Language
from align.train.adagram import AdaGram
from align.train.models import train
from experiments.excerpt import excerpt_of
from experiments.options import parse_run, refuse
from experiments.word_lists import list_path, read_list

WORDS, NEIGHBOURS = 4_000_000, 5
EPOCHS: dict[Language, int] = {"en": 5, "zh": 5}
COLOURS = {"en": ENGLISH, "zh": CHINESE}
NAMES = {"en": "English", "zh": "Chinese"}


class GoldSense(NamedTuple):
    """A gold sense of a word, and words that are typical of its contexts."""

    name: str
    typical: tuple[str, ...]


class ChosenSense(NamedTuple):
    """A gold sense, and the sense of the space that it chooses.

    ``probability`` is the probability of each sense of the space in the context of the typical words, shape (s,).
    ``neighbours`` are the nearest words of the most probable sense. Both are empty for a word that the space lacks.
    """

    gold: str
    probability: Float[np.ndarray, " s"]
    neighbours: tuple[str, ...]


class AmbiguousWord(NamedTuple):
    """An ambiguous word, the prior probability of its senses, shape (s,), and the choice of each gold sense."""

    word: str
    prior: Float[np.ndarray, " s"]
    chosen: tuple[ChosenSense, ...]

    @property
    def apart(self) -> bool:
        """Whether the gold senses choose different senses."""
        best = {int(sense.probability.argmax()) for sense in self.chosen if len(sense.probability)}
        return len(best) == len(self.chosen)


def gold_senses(language: Language) -> dict[str, list[GoldSense]]:
    """Returns the ambiguous words of a language with their gold senses."""
    found: dict[str, list[GoldSense]] = {}
    for own, word, name, typical in read_list(list_path("ambiguous.tsv"), 4):
        if own == language:
            found.setdefault(word, []).append(GoldSense(name, tuple(typical.split())))
    return found


def trained(language: Language, words: int, path: Path, *, seed: int) -> SenseSpace:
    """Trains AdaGram on the first ``words`` words of the default text (0: all), and saves the senses.

    Raises:
        OSError: a text cannot be fetched, or the file cannot be written.
        ValueError: the text is too short.
    """
    with stage_bars(f"{NAMES[language]}: ") as report:
        corpus = default_corpus(language, report=report)
        if words:
            corpus = excerpt_of(corpus, words, language=language)
        space = train(AdaGram(epochs=EPOCHS[language]), corpus, seed=seed, report=report)
    path.parent.mkdir(parents=True, exist_ok=True)
    space.save(path)
    return space


def choose(space: SenseSpace, word: str, gold: Sequence[GoldSense]) -> AmbiguousWord:
    """Returns the choice of each gold sense; the choices are empty for a word that the space lacks."""
    if word not in space:
        nothing = np.zeros(0, np.float32)
        return AmbiguousWord(word, nothing, tuple(ChosenSense(sense.name, nothing, ()) for sense in gold))
    chosen: list[ChosenSense] = []
    for sense in gold:
        shares = space.in_context(word, sense.typical).probability
        near = space.neighbours(word, int(shares.argmax()) + 1, k=NEIGHBOURS)
        chosen.append(ChosenSense(sense.name, shares, tuple(found.word for found in near)))
    return AmbiguousWord(word, np.asarray(space.probability[space.rows(word)]), tuple(chosen))


def table(language: Language, words: Sequence[AmbiguousWord]) -> Table:
    """Returns a table with a row for each gold sense."""
    apart = sum(one.apart for one in words)
    title = f"{NAMES[language]}: {apart} of {len(words)} words have separate senses"
    made = Table("word", "gold sense", "sense", "prior", "in context", "nearest words of the sense", title=title)
    for one in words:
        for number, sense in enumerate(one.chosen):
            if not len(sense.probability):
                made.add_row(one.word, sense.gold, "-", "-", "-", "not in the text")
                continue
            best = int(sense.probability.argmax())
            figures = str(best + 1), f"{one.prior[best]:.2f}", f"{sense.probability[best]:.2f}"
            word = f"{one.word}{'' if one.apart else ' *'}" if not number else ""
            made.add_row(word, sense.gold, *figures, ", ".join(sense.neighbours))
    made.caption = "*: two gold senses choose the same sense"
    return made


def draw(found: dict[Language, list[AmbiguousWord]], path: Path) -> Path:
    """Draws for each word the probabilities of one sense of the space, in the context of each gold sense.

    It is the sense whose probability differs most between the gold senses.
    """
    longest = max(len(words) for words in found.values())
    with sheet(path, 9.0, 1.2 + 0.27 * longest) as figure:
        for axes, (language, words) in zip(figure.subplots(1, len(found)), found.items(), strict=True):
            ordered = sorted((one for one in words if len(one.prior)), key=lambda one: float(np.ptp(_spread(one))))
            for y, one in enumerate(ordered):
                values = _spread(one)
                axes.plot([values.min(), values.max()], [y, y], color=SOFT, linewidth=1.5, zorder=1)
                filled = COLOURS[language] if one.apart else "none"
                axes.scatter(values, [y] * len(values), s=22, color=filled, edgecolor=COLOURS[language], zorder=2)
            axes.set_yticks(range(len(ordered)), [one.word for one in ordered])
            axes.set_xlim(-0.05, 1.05)
            axes.set_xlabel("probability of one sense in the contexts of each gold sense")
            axes.set_title(f"{NAMES[language]}: {sum(one.apart for one in words)} of {len(words)} separated (filled)")
            axes.spines[["top", "right"]].set_visible(False)
    return path


def _spread(one: AmbiguousWord) -> Float[np.ndarray, " g"]:
    """Returns the probabilities that ``draw`` shows for a word: one for each gold sense, shape (g,)."""
    shares = np.array([sense.probability for sense in one.chosen])
    return shares[:, int(np.ptp(shares, axis=0).argmax())]


def main(argv: Sequence[str] | None = None) -> int:
    """Trains both spaces, prints a table for each, draws the figure; returns the exit status."""
    description = (__doc__ or "").split("\n")[0]
    options = parse_run(argv, description, module="experiments.senses", out="results/senses", words=WORDS)
    found: dict[Language, list[AmbiguousWord]] = {}
    try:
        for language in EPOCHS:
            file = options.out / f"senses-{language}.safetensors"
            space = trained(language, options.words, file, seed=options.seed)
            found[language] = [choose(space, word, gold) for word, gold in gold_senses(language).items()]
        path = draw(found, options.out / "senses.png")
    except (KeyError, ValueError, OSError) as error:
        refuse(one_line(error))
    console = Console(width=120, highlight=False)
    for language, words in found.items():
        console.print(table(language, words))
    console.print(f"Figure: {path}", soft_wrap=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
