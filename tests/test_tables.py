"""What notebooks show of a space and of translations."""

import numpy as np

from align.bilingual.translator import Translator
from align.space import Space
from align.text.vocab import Vocab

HARMFUL = "<script>alert(1)</script>"


def world() -> Translator:
    points = np.eye(3, dtype=np.float32)
    english = Space(Vocab(["king", HARMFUL, "horse"], np.array([9, 5, 1])), points, name="<b>")
    return Translator(english, Space(Vocab(["国王", "马", "x"]), points), *np.zeros((2, 3), np.float32))


def test_a_space_is_a_table_of_its_words_with_counts():
    table = world().source._repr_html_()
    assert table.count("<tr>") == 4
    assert "&lt;b&gt;: 3 words x 3" in table
    assert '<td>king</td><td style="text-align:right">9</td><td style="text-align:right">1.000</td>' in table
    assert "<script" not in table


def test_translations_are_a_list_and_a_table():
    found = world().translate(["king", HARMFUL], k=2)
    assert isinstance(found, list)
    assert [len(one) for one in found] == [2, 2]
    table = found._repr_html_()
    assert "<td>king</td><td>国王</td><td>guó wáng</td><td>2.000</td>" in table
    assert table.count("<tr>") == 5
    assert "<script" not in table
