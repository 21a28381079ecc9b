"""Eight devices, made of one processor: they keep the same tables and learn as one device does."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def told() -> dict[str, Any]:
    flags = f"{os.environ.get('XLA_FLAGS', '')} --xla_force_host_platform_device_count=8"
    environment = {**os.environ, "XLA_FLAGS": flags, "JAX_PLATFORMS": "cpu"}
    done = subprocess.run(
        [sys.executable, "-m", "tests.train.eight"],
        cwd=ROOT, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout)


@pytest.mark.parametrize("what", ["factors", "skipgram", "senses"])
def test_the_tables_are_the_same_on_all(told: dict[str, Any], what: str) -> None:
    assert told[what][1]["differences"] == 0


def test_eight_devices_learn_as_one_does(told: dict[str, Any]) -> None:
    """The steps are of as many cells, so that the losses fall equally."""
    one, eight = (np.array(case["losses"]) for case in told["factors"])
    assert [case["devices"] for case in told["factors"]] == [1, 8]
    assert one[-4:].mean() < 0.1 * one[:4].mean()
    assert eight[:4].mean() == pytest.approx(one[:4].mean(), rel=0.2)
    assert eight[-4:].mean() < 0.1 * eight[:4].mean()


def test_skip_gram_learns_on_eight_devices(told: dict[str, Any]) -> None:
    """Before the first step every score is 0, and the loss of a pair and its five noise words 6 log 2."""
    one, eight = (np.array(case["losses"]) for case in told["skipgram"])
    fallen = [np.median(losses[-30:]) / (6 * np.log(2)) for losses in (one, eight)]
    assert max(fallen) < 0.85
    assert fallen[1] == pytest.approx(fallen[0], abs=0.15)


def test_a_run_on_eight_devices_is_traced_once_and_resumes_bit_identically(told: dict[str, Any]) -> None:
    assert [case["traces"] for case in told["factors"]] == [1, 1]
    assert [case["resumed"] for case in told["factors"]] == [True, True]


def test_divided_tables_are_those_of_copies_and_resume(told: dict[str, Any]) -> None:
    """63 and 41 rows and 20 words do not divide by 8: the blocks of the last devices are padded."""
    found = told["divided"]
    assert found["shapes"] == [[63, 3], [63, 3]]
    assert found["factors"] < 1e-5
    assert max(found["words"]) < 1e-5
    assert found["learned"] > 0.1
    assert found["resumed"]
    assert told["glove"] < 1e-5
    assert found["bytes"] == {"word": 24 * 8 * 4, "device": 3 * 8 * 4}


def test_no_device_gathers_a_whole_table(told: dict[str, Any]) -> None:
    """Gathers are of row numbers and of gradients; no array has the rows of a whole table."""
    assert told["program"]["whole"] == []
    assert min(told["program"]["parts"], told["program"]["gathers"]) > 0
