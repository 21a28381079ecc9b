"""The catalogue's own vector files, against gensim."""

import pytest
from gensim.models import KeyedVectors

from align.catalogue import fetch
from align.files import load

pytestmark = pytest.mark.real


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # gensim leaves a file open
@pytest.mark.parametrize(
    ("name", "binary", "header", "shape"),
    [
        ("googlenews-small", True, True, (26_423, 300)),
        ("zhwiki-synonyms", True, True, (125_796, 100)),
        ("chinese-synonym", True, True, (55_455, 200)),
        ("glove-6b-50", False, False, (400_000, 50)),
    ],
)
def test_as_gensim_reads_it(name: str, binary: bool, header: bool, shape: tuple[int, int]) -> None:
    path = fetch(name)
    some = 2000
    ours = load(path, limit=some)
    theirs = KeyedVectors.load_word2vec_format(str(path), binary=binary, no_header=not header, limit=some)
    assert list(ours.vocab.words) == theirs.index_to_key
    assert ours.vectors.tobytes() == theirs.vectors.tobytes()
    if name != "glove-6b-50":
        assert load(path).vectors.shape == shape
