"""Gender removed from a space: what neutralising words and equalising pairs does to association tests and to scores.

Claim: neutralising alone can leave an association, since pairs such as man and woman differ in more than one
direction; equalising removes it too. Similarities of other words hardly change.
Source: Bolukbasi et al. 2016, section 6.
Command: ``python -m experiments.culture``, which prints this table among its own.
"""

from collections.abc import Sequence

import numpy as np
from rich.table import Table

from align.evaluate.similarity import similarity
from align.evaluate.suite import pair_set
from align.meaning.axes import Axis, axis_pairs, fit_axis, project
from align.meaning.bias import equalise, neutralise, weat, weat_tests
from align.space import Space
from align.text.scripts import Language

TESTS = ("men-women, career-family", "science-arts, men-women")
PAIRS: dict[Language, tuple[str, ...]] = {"en": ("wordsim353", "simlex999"), "zh": ("wordsim-297", "wordsim-240")}


def removed(space: Space, axis: Axis) -> dict[str, Space]:
    """Returns the original space, one neutralised except for the axis's words, and one with its pairs equalised too."""
    neutral = neutralise(space, axis, keep=[word for pair in axis.pairs for word in pair])
    return {"none": space, "neutralise": neutral, "neutralise, equalise": equalise(neutral, axis, axis.pairs)}


def removal(space: Space, language: Language, words: Sequence[str]) -> Table:
    """Returns the table of one language.

    Args:
      space: a space of the language.
      language: ``en`` or ``zh``.
      words: words of the space that are not about gender, such as occupations.

    Returns:
      For each operation: the mean |cosine| of ``words`` with the gender axis, the effect size and the p-value of two
      association tests, and Spearman's rho on two sets of rated pairs.
    """
    axis = fit_axis(space, axis_pairs("gender", language), name="gender")
    made = Table("operation", "|cosine| with gender", *TESTS, *PAIRS[language], title=f"Gender removed, {space.name}")
    for operation, changed in removed(space, axis).items():
        tests = (weat(changed, weat_tests(language)[name]) for name in TESTS)
        scores = (similarity(changed, one).spearman.value for name in PAIRS[language] for one in pair_set(name))
        size = float(np.abs(project(axis, changed.of(words))).mean())
        figures = [f"{found.effect:.2f} ({found.p:.4f})" for found in tests] + [f"{score:.3f}" for score in scores]
        made.add_row(operation, f"{size:.3f}", *figures)
    return made
