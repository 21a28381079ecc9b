"""Words in sentences with gold translations, and the table of what the context is worth."""

from align.bilingual.context import ContextWeights
from align.bilingual.dictionary.cedict import parse_cedict
from experiments import aligned_words, translation_in_context
from experiments.aligned_words import WordInSentence, tokenised, words_in_sentences
from tests.bilingual.test_context import translator

CEDICT = parse_cedict(
    "銀行 银行 [yin2 hang2] /bank/money/\n河岸 河岸 [he2 an4] /bank/river/\n河 河 [he2] /river/\n"
    "錢 钱 [qian2] /money/\n",
    "small",
)
PAIRS = [
    ("Money in the bank", "银行里的钱"),
    ("the bank of a river", "一条河的河岸"),
    ("the bank of a river", "银行和河岸"),
    ("the bank", "河岸"),
]


def test_a_word_counts_if_its_sentence_has_one_of_its_translations() -> None:
    found = words_in_sentences(tokenised(PAIRS), translator(), CEDICT, reverse=False)
    assert [(one.word, one.gold, one.context) for one in found if one.word == "bank"] == [
        ("bank", ("银行",), ("money", "in", "the")),
        ("bank", ("河岸",), ("the", "of", "a", "river")),
    ]
    assert {one.choices for one in found if one.word == "bank"} == {("银行", "河岸")}
    assert [
        one.gold for one in words_in_sentences(tokenised(PAIRS), translator(), CEDICT, reverse=False, max_sentences=0)
    ] == []
    chinese = words_in_sentences(tokenised([("money bank", "河岸 的 银行 a A 里")]), translator(), CEDICT, reverse=True)
    assert all("a" not in one.context for one in chinese)


def test_choices_whose_glosses_share_a_word_are_one_sense() -> None:
    groups = aligned_words.connected(
        {"岸": ("shore", "beach"), "银行": ("money",), "河岸": ("river",), "滩": ("beach",)}
    )
    assert sorted(map(sorted, groups)) == [["岸", "滩"], ["河岸"], ["银行"]]


def test_the_table_has_a_row_for_each_setting() -> None:
    made = translator()
    contexts = {"river": "河岸", "money": "银行"}
    cases = [WordInSentence("bank", (gold,), ("银行", "河岸"), (word,), False) for word, gold in contexts.items()]
    given = translation_in_context.fitted("small", made, cases, [], CEDICT)
    settings = translation_in_context.settings(senses=False)
    rates = [translation_in_context.outcome(made, given, one).first.mean() for one in settings]
    assert rates == [0.5, 1.0, 0.5, 1.0]
    assert translation_in_context.outcome(made, given, settings[0]._replace(weights=ContextWeights())).first.all()
    development = translation_in_context.is_development("bank")
    assert len(translation_in_context.part(given, development=development).cases) == 2
    if not development:
        assert translation_in_context.table(made, [given], senses=False).row_count == 4
    assert len(list(translation_in_context.develop(made, [given], senses=False))) == 1 or not development
