"""The page of the part on offsets: an interactive map of the gender pairs in both languages, inside the report."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from jaxtyping import Float

from align.explore.tours import Tour
from align.space import Space
from experiments.homework.concept_page import write_word_map
from experiments.homework.gender_figure import shown_analogies
from experiments.homework.relations import LANGUAGES, Finding
from experiments.homework.shapes import Maps
from experiments.spaces import Context

_PAIRS = "A line joins the two words of each pair: are the lines parallel?"
_ANALOGY = (
    "Is the figure a parallelogram? The fourth corner is the answer. The vectors of the map are rounded, so its "
    "cosines differ by some hundredths from those of the report."
)


def write_relation_page(leads: Sequence[Finding], context: Context, path: Path) -> Path:
    """Writes the page of the gender pairs, with a tour of all pairs and of each analogy of the figures.

    The words of both languages are shown in the space of that language whose vectors have more dimensions. The rotation
    into it is learned from dictionary pairs without a word of the tours. It does not change cosines within a language.

    Args:
      leads: the gender relation of one language or of both.
      context: the spaces, of which one is used for a language without a finding, and the seed.
      path: the HTML file to write.

    Raises:
      ValueError: there are too few dictionary pairs to learn the rotation.
      OSError: the file cannot be written.
    """
    found = {lead.cover.relation.language: lead for lead in leads}
    spaces = (
        found["en"].cover.space if "en" in found else context.english,
        found["zh"].cover.space if "zh" in found else context.chinese,
    )
    views = [tour for lead in leads for tour in relation_tours(lead)]
    words = frozenset(word for tour in views for word in tour.words())
    learned = Maps(frozenset(word.casefold() for word in words)).between(*spaces)
    points = in_common_space(*spaces, learned.rotation)
    write_word_map(spaces, points, path, title="Gender pairs in both languages", views=views, seed=context.seed)
    return path


def relation_tours(lead: Finding) -> list[Tour]:
    """Returns the tours of a language's gender pairs: all of them, then each analogy of its figure."""
    language, pairs = lead.cover.relation.language, lead.cover.pairs
    first = pairs[0]
    return [
        Tour(f"{lead.cover.relation.name}-{language}", f"{LANGUAGES[language]} gender pairs", _PAIRS, pairs),
        *(
            Tour(second[0], f"{first[0]} : {first[1]} = {second[0]} : ?", _ANALOGY, analogy=(*first, second[0]))
            for second in shown_analogies(lead)
        ),
    ]


def opening_tour(lead: Finding) -> str:
    """Returns the name of the tour that a language's figure opens: its first analogy, or all pairs if it has none."""
    tours = relation_tours(lead)
    return tours[min(1, len(tours) - 1)].name


def in_common_space(
    english: Space, chinese: Space, rotation: Float[np.ndarray, "d e"]
) -> tuple[Float[np.ndarray, "v m"], Float[np.ndarray, "w m"]]:
    """Returns the unit vectors of both languages in the space with more dimensions, so that no dimension is lost."""
    if english.dim >= chinese.dim:
        return english.unit, chinese.unit @ rotation.T
    return english.unit @ rotation, chinese.unit
