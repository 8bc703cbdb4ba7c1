"""The notebooks run from their first cell to their last, and give what stands in them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

NOTEBOOKS = sorted((Path(__file__).parent.parent / "notebooks").glob("*.ipynb"))


def texts(notebook: Any) -> list[str]:
    """What the code cells print and show, as text."""
    return [
        output.get("text") or output["data"]["text/plain"]
        for cell in notebook.cells
        if cell.cell_type == "code"
        for output in cell.outputs
    ]


def test_there_is_a_guide_to_begin_with() -> None:
    assert NOTEBOOKS[0].name == "01-first-doses-and-visits.ipynb"


@pytest.mark.filterwarnings("ignore:Proactor event loop:RuntimeWarning")  # Jupyter on Windows
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_gives_what_stands_in_it(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(path.parent))  # the scripts beside it, as where Jupyter opens it
    written = nbformat.read(path, as_version=4)
    run = nbformat.read(path, as_version=4)
    NotebookClient(run, timeout=600, resources={"metadata": {"path": str(tmp_path)}}).execute()
    assert texts(run) == texts(written)
