"""Topics of texts: the product of a page, and one logistic regression for each topic."""

import numpy as np

from align.text.labelled import LabelledText
from experiments.transfer.topics import fit_topics, product_of


def test_the_topic_with_the_highest_score_is_predicted() -> None:
    rng = np.random.default_rng(0)
    gold = rng.integers(3, size=90)
    x = np.eye(3)[gold] + 0.1 * rng.normal(size=(90, 3))
    texts = [LabelledText("a", (f"topic {number}",), 1.0, "") for number in gold.tolist()]
    found = fit_topics(x, texts, variance=10.0)
    assert found.topics == ["topic 0", "topic 1", "topic 2"]
    assert found.accuracy(x, texts) == 100
    assert found.accuracy(x[::-1], texts) < 60


def test_the_product_of_a_page_is_its_folder() -> None:
    assert product_of("tencentcloud/cdb/v20170320/models.py.Account") == "cdb"
