"""The notebook: every cell runs, and spaces and translations are shown as tables."""

from pathlib import Path

import pytest

NOTEBOOK = Path(__file__).parents[2] / "experiments" / "tour.ipynb"


@pytest.mark.real
@pytest.mark.filterwarnings("default")
def test_the_notebook_runs_from_the_first_cell_to_the_last(monkeypatch):
    nbformat, nbclient = pytest.importorskip("nbformat"), pytest.importorskip("nbclient")
    monkeypatch.setenv("PYTHONPATH", str(NOTEBOOK.parents[1]))
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    codes = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert len(codes) == 15
    assert not any(cell.outputs for cell in codes), "the notebook is kept without outputs"
    nbclient.NotebookClient(notebook, timeout=600, kernel_name="python3").execute()
    shown = [output.get("data", {}) for cell in codes for output in cell.outputs]
    tables = [data["text/html"] for data in shown if "text/html" in data]
    assert any("googlenews-small: 10,000 words x 300" in table for table in tables)
    assert any("国王" in table and "guó wáng" in table for table in tables)
    assert sum("image/png" in data for data in shown) == 2
