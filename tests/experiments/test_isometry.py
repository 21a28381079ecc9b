"""The similarity measures compared with plain loops; the experiment on small spaces."""

import numpy as np
import pytest

from align.files import save
from align.retrieval import unit_rows
from experiments import isometry
from tests.oracles import rotated_world

POINTS = np.random.default_rng(0).normal(size=(30, 5)).astype(np.float32)


def naive_spectrum(points: np.ndarray, neighbours: int) -> np.ndarray:
    unit = points / np.linalg.norm(points, axis=1, keepdims=True)
    n = len(points)
    joined = np.zeros((n, n))
    for i in range(n):
        order = sorted((j for j in range(n) if j != i), key=lambda j: -float(unit[i] @ unit[j]))
        for j in order[:neighbours]:
            joined[i, j] = joined[j, i] = 1
    laplacian = -joined
    for i in range(n):
        laplacian[i, i] = sum(joined[i])
    return np.sort(np.linalg.eigvals(laplacian).real)[::-1]


def test_the_spectrum_is_that_of_the_graph() -> None:
    np.testing.assert_allclose(isometry.spectrum(POINTS, 4), naive_spectrum(POINTS, 4), atol=1e-8)


def test_a_rotation_changes_no_measure_and_noise_changes_both() -> None:
    rotation = np.linalg.qr(np.random.default_rng(1).normal(size=(5, 5)))[0].astype(np.float32)
    noise = np.random.default_rng(2).normal(size=POINTS.shape).astype(np.float32)
    assert isometry.relational_correlation(POINTS, POINTS @ rotation) == pytest.approx(1, abs=1e-5)
    assert isometry.eigenvalue_difference(POINTS, POINTS @ rotation) == pytest.approx(0, abs=1e-6)
    assert isometry.relational_correlation(POINTS, POINTS + noise) < 0.9
    assert isometry.eigenvalue_difference(POINTS, POINTS + noise) > 0.1


def test_both_measures_are_their_formulas() -> None:
    other = np.random.default_rng(3).normal(size=(30, 4)).astype(np.float32)
    one, two = (unit_rows(side) @ unit_rows(side).T for side in (POINTS, other))
    lists = [[side[i, j] for i in range(30) for j in range(i)] for side in (one, two)]
    assert isometry.relational_correlation(POINTS, other) == pytest.approx(np.corrcoef(*lists)[0, 1], abs=1e-6)
    spectra = [naive_spectrum(side, 10) for side in (POINTS, other)]
    sizes = [next(k for k in range(1, 31) if sum(part[:k]) > 0.9 * sum(part)) for part in spectra]
    k = min(sizes)
    expected = sum((a - b) ** 2 for a, b in zip(spectra[0][:k], spectra[1][:k], strict=True))
    assert isometry.eigenvalue_difference(POINTS, other) == pytest.approx(expected, rel=1e-6)


def test_every_pair_is_measured_and_drawn(tmp_path, monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    source, target, dictionary = rotated_world(words=120)
    save(source, tmp_path / "one.vec")
    save(source, tmp_path / "two.vec")
    save(target, tmp_path / "other.vec")
    monkeypatch.setattr(isometry, "read_dictionary", lambda _: dictionary)
    spaces = [f"en={tmp_path / 'one.vec'}", f"en={tmp_path / 'two.vec'}", f"zh={tmp_path / 'other.vec'}"]
    assert isometry.main(["--out", str(tmp_path), "--spaces", *spaces]) == 0
    printed = capsys.readouterr().out
    assert printed.count("100.0") == 3
    assert (tmp_path / "isometry.png").stat().st_size > 5000


def test_a_bad_space_argument_is_refused(capsys) -> None:
    with pytest.raises(SystemExit) as status:
        isometry.main(["--spaces", "fr=x.vec"])
    assert status.value.code == 2
    assert "must be en=NAME or zh=NAME" in capsys.readouterr().err
