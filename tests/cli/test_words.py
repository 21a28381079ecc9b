"""near: known words are answered, and unknown words are reported."""

import json


def test_near_reports_an_unknown_word_and_answers_the_others(align):
    for space, place in (("en.vec", "the vocabulary"), ("t.align", "the English vocabulary")):
        status, out, err = align("near", space, "king", "kingg", "--k", 1)
        assert (status, out.splitlines()[0]) == (2, "king")
        assert err == f"align: 'kingg' is not in {place}; did you mean: king\n"
        words = json.loads(align("near", space, "king", "kingg", "--k", 1, "--json")[1])["words"]
        assert [(one["found"], len(one["neighbours"])) for one in words] == [("king", 1), (None, 0)]
