"""The one table of methods, on small spaces that are rotations of each other."""

import json

ARGUMENTS = ("--dictionary", "en-zh.tsv", "--train", 20, "--test", 10, "--method", "procrustes", "cca")


def test_bench_alignment_is_a_table_of_methods_directions_and_retrievals(align):
    status, out, _ = align("bench-alignment", "en.vec", "zh.bin", *ARGUMENTS, "--json")
    assert status == 0
    told = json.loads(out)
    assert (told["name"], told["covered"], told["total"]) == ("en-zh.tsv", 40, 40)
    assert [(row["method"], row["direction"], row["retrieval"]) for row in told["rows"]] == [
        (method, direction, retrieval)
        for method in ("procrustes", "cca")
        for direction in ("en-zh", "zh-en")
        for retrieval in ("nn", "csls", "inverted-softmax")
    ]
    for row in told["rows"]:
        if row["method"] == "procrustes":
            assert row["p@1"]["covered"] == 1
            assert row["intervals"]["p@1"] == [1, 1]
        assert ("p@1" in row["best"]) is (row["p@1"]["covered"] == 1)
        assert row["training_seconds"] > 0


def test_bench_alignment_for_readers_and_for_programs(align):
    arguments = ("bench-alignment", "en.vec", "zh.bin", *ARGUMENTS, "--retrieval", "csls")
    lines = align(*arguments)[1].splitlines()
    assert lines[0].split()[:4] == ["method", "direction", "retrieval", "p@1"]
    assert "1.000*" in lines[1]
    assert [line for line in lines if line.startswith("P@1 by the frequency rank")] == [
        f"P@1 by the frequency rank of the source word, {direction}" for direction in ("en-zh", "zh-en")
    ]
    assert len(lines) == 5 + 2 * 5
    head, *rows = (line.split("\t") for line in align(*arguments, "--tsv")[1].splitlines())
    assert {len(row) for row in rows} == {len(head)}
    assert (head[-1], rows[0][-1], len(rows)) == ("1 to 1,000", "1.000", 4)


def test_bench_alignment_refuses_what_eval_methods_refuses(align):
    for arguments, told in (
        (("--train", 0), "--train 0: must be at least 1"),
        (("--json", "--tsv"), "--json and --tsv exclude each other"),
        (("--normalise", "center"), "'center' is not a normalisation"),
    ):
        status, out, err = align("bench-alignment", "en.vec", "zh.bin", "--dictionary", "en-zh.tsv", *arguments)
        assert (status, out) == (2, "")
        assert told in err
