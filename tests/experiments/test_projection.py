"""The projection: its arithmetic by hand, its assumptions explained, and its table in the recorded results."""

import tomllib
from dataclasses import fields
from pathlib import Path

import pytest

from experiments import projection
from experiments.projection import MEANING, Assumptions, as_built, table, to_owners


def test_the_rates_are_those_of_the_account() -> None:
    small = Assumptions(
        dim=25, kept=0.5, rows=2.0, passes=3.0, bandwidth=1200.0, efficiency=0.5, link=100.0, network=10.0
    )
    assert as_built(small, 1) == (pytest.approx(1200 * 0.5 / (0.5 * 2 * 3 * 100)), "memory")
    assert as_built(small, 8) == (pytest.approx(100 / (100 * 7 / 8)), "links")
    assert as_built(small, 64).limit == "network"
    assert to_owners(small, 64) == pytest.approx(64 * 10 / (2 * 100 * 63 / 64))


def test_every_assumption_is_explained_and_the_measured_one_is_recorded(capsys: pytest.CaptureFixture[str]) -> None:
    assert set(MEANING) == {field.name for field in fields(Assumptions)}
    results = Path(projection.__file__).parent / "results.toml"
    text = results.read_text("utf-8")
    assert "22 MB/s" in text
    section = next(s for s in tomllib.loads(text)["section"] if s.get("command") == "python -m experiments.projection")
    assert [tuple(row) for row in section["rows"]] == table(Assumptions())
    projection.main([])
    assert "| 1 T | 64 |" in capsys.readouterr().out
