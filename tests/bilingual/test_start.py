"""A cached translator is found and answers without the libraries that fit one."""

import subprocess
import sys

from align.bilingual.best import Best
from align.bilingual.default import FULL, QUICK
from align.bilingual.supervised.linear import Reweighted


def test_the_settings_of_the_default_translators_are_those_of_their_methods() -> None:
    assert (repr(Best()), repr(Reweighted())) == (FULL, QUICK)


def test_nothing_that_only_a_fit_needs_is_imported() -> None:
    code = (
        "import sys, align.bilingual.default, align.bilingual.query, align.bilingual.reranking.reranker\n"
        "print(*{'jax', 'optax', 'scipy.optimize', 'scipy.linalg', 'scipy.special'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("\n", "")
