"""Options that would have no effect are refused, with one line that says where they have one."""

import pytest

UNUSED = [
    ("near t.align king --limit 3", "--limit: only for vector files; t.align is a translator"),
    ("near t.align king --limit 3 --trust", "--limit, --trust: only for vector files; t.align is a translator"),
    ("analogy t.align king queen horse --trust", "--trust: only for vector files; t.align is a translator"),
    ("axis t.align gender king --encoding gb18030", "--encoding: only for vector files; t.align is a translator"),
    ("plot t.align king queen horse -o x.png --limit 3", "--limit: only for vector files; t.align is a translator"),
    ("convert t.align -o x --encoding gb18030", "--encoding: only for vector files; t.align is a translator"),
    (
        "documents compare en.vec a.txt b.txt --with t.align --limit 3",
        "--limit: only for vector files; with --with, the vectors are those of t.align",
    ),
    ("documents compare en.vec a.txt a.txt --keywords 3", "--keywords: only with --weights keywords or textrank"),
    (
        "documents compare en.vec a.txt a.txt --measure tf-idf --weights keywords --keywords 3",
        "--weights: not with --measure tf-idf, which has its own weights",
    ),
    (
        "documents compare en.vec a.txt a.txt --measure wmd --idf frequencies",
        "--idf: only with the weights tf-idf or keywords",
    ),
    ("classify train a.txt -o x --minn 3", "--minn: only with --maxn"),
    (
        "classify train a.txt -o x --word-ngrams 1 --buckets 5",
        "--buckets: only with n-grams, which --maxn or --word-ngrams above 1 adds",
    ),
    (
        "train sgns en -o x.vec --bigram-min-count 4",
        "--bigram-min-count 4: the contexts have no bigrams: set --features word+ngram",
    ),
    ("near t.align - king", "-: stands for standard input and must be the only word"),
    ("translate king - --with t.align", "-: stands for standard input and must be the only word"),
    ("corpus --default en --encoding gb18030", "--encoding: only for texts that are named, not with --default"),
    ("corpus --default en --replace-invalid", "--replace-invalid: only for texts that are named, not with --default"),
    (
        "train bilingual en-zh.tsv -o x.align --dictionary-encoding gb18030",
        "--dictionary-encoding: only with --dictionary or --held-out",
    ),
    ("dictionary en-zh.tsv --train 3", "--train: only with --split"),
    ("dictionary en-zh.tsv --train 3 --test 1 --seed 4", "--train, --test, --seed: only with --split"),
    ("dictionary en-zh.tsv --limit 5", "--limit: only with --english and --chinese"),
    ("fetch --list cedict", "cedict: not with --list, which fetches nothing"),
    ("fetch --list --all-default", "--all-default: not with --list, which fetches nothing"),
    ("axis en.vec gender king --subsamples 3", "--subsamples: only with --corpus"),
    ("axis en.vec gender king --corpus x.corpus --resamples 9", "--resamples: only without --corpus"),
    ("eval similarity en.vec --set-encoding gb18030", "--set-encoding: only with --set"),
    ("eval analogy en.vec --set-encoding gb18030", "--set-encoding: only with --set"),
    ("classify train a.txt -o x --negatives 3", "--negatives: only with --loss ns; the loss is softmax"),
    ("classify train a.txt -o x --loss ova --smoothing 0.2", "--smoothing: only with --loss softmax; the loss is ova"),
    ("classify train a.txt -o x --patience 3", "--patience: only with --validation"),
    (
        "classify train a.csv -o x --label-prefix __",
        "a.csv: --label-prefix applies to fastText's format; this is read as csv",
    ),
    *(
        (f"map en.vec zh.bin -o x.align --dictionary identical {option}", f"{option.split()[0]}: {why} identical")
        for why in ["only for a dictionary that is read, not for --dictionary"]
        for option in ("--reverse", "--exclude-latin", "--dictionary-encoding gb18030")
    ),
    (
        "map en.vec zh.bin -o x.align --dictionary none --reverse",
        "--reverse: only for a dictionary that is read, not for --dictionary none",
    ),
]


@pytest.mark.parametrize(("command", "message"), UNUSED, ids=lambda text: text)
def test_an_option_without_effect_is_refused(align, made, command, message):
    (made / "a.txt").write_text("__label__a king\n__label__b queen\n")
    (made / "a.csv").write_text("text,label\nking,a\nqueen,b\n")
    (made / "b.txt").write_text("国王\n")
    status, written, said = align(*command.split())
    assert (status, written, said) == (2, "", f"align: {message}\n")
    assert not list(made.glob("x*"))


@pytest.mark.parametrize("number", ["１２", "1_0", "1.6", "0x5"])
def test_whole_numbers_are_written_in_digits(align, number):
    for command in ("near en.vec king --k", "near en.vec king --limit", "documents nearest en.vec a.txt b.txt -k"):
        status, written, said = align(*command.split(), number)
        assert (status, written, said.count("\n")) == (2, "", 1)
        assert f'unable to convert "{number}" into int' in said


@pytest.mark.parametrize(
    ("command", "message"),
    [
        ("gloss I see a horse", "see a horse: too many words; expected: SENTENCE"),
        ("analogy en.vec man woman king queen", "queen: too many words; expected: SPACE A B C"),
    ],
)
def test_words_that_are_too_many_are_named(align, command, message):
    hint = " (quotation marks keep a phrase or sentence together)"
    assert align(*command.split()) == (2, "", f"align: {message}{hint}\n")


def test_the_weights_of_texts_are_for_training(align, made):
    (made / "w.csv").write_text("text,label,w\nking,a,1\nqueen,b,2\n")
    assert align("classify", "train", "w.csv", "-o", "w.model", "--weight", "w", "--epochs", 1, "--dim", 2)[0] == 0
    status, _, said = align("classify", "test", "w.model", "w.csv", "--weight", "w")
    assert (status, "--weight" in said) == (2, True)
    assert "--weight" not in align("classify", "test", "--help")[1]
