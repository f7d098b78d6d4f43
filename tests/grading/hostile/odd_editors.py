"""Honest notebooks as odd editors save them: every one of these must get full marks."""

from __future__ import annotations

import json

import nbformat

from cvlib.grading.rehearsal.classroom import Classroom, check_cells, to_bytes
from hostile.corpus import honest


@honest("saved by VS Code, with the outputs kept", "an editor adds metadata of its own")
def saved_by_vs_code(room: Classroom) -> bytes:
    notebook = room.solved()
    notebook.metadata |= {
        "kernelspec": {"display_name": ".venv (3.12.1)", "language": "python", "name": "python3"},
        "language_info": {
            "name": "python",
            "version": "3.12.1",
            "nbconvert_exporter": "python",
            "codemirror_mode": {"name": "ipython", "version": 3},
        },
        "vscode": {"interpreter": {"hash": "ab" * 32}},
    }
    for k, cell in enumerate(notebook.cells):
        cell.metadata["vscode"] = {"languageId": "python"}
        if cell.cell_type == "code":
            cell["execution_count"] = k + 1
            cell.outputs = [nbformat.v4.new_output("stream", name="stderr", text="an old warning")]
    return to_bytes(notebook)


@honest("saved by Colab", "it adds ids, folds cells and drops the kernel's name")
def saved_by_colab(room: Classroom) -> bytes:
    notebook = json.loads(to_bytes(room.solved()))
    notebook |= {"nbformat_minor": 0}
    notebook["metadata"] = {
        "colab": {"provenance": [], "toc_visible": True, "gpuType": "T4"},
        "kernelspec": {"name": "python3", "display_name": "Python 3"},
        "accelerator": "GPU",
    }
    for k, cell in enumerate(notebook["cells"]):
        del cell["id"]
        cell["metadata"] |= {"id": f"aB{k}", "colab": {"base_uri": "https://localhost:8080/"}}
        cell["source"] = cell["source"].splitlines(keepends=True)
        if cell["cell_type"] == "code":
            cell["metadata"] |= {"outputId": "1-2-3", "cellView": "form"}
    return json.dumps(notebook, indent=2).encode()


@honest("format 4.4, without cell ids", "they came with 4.5")
def format_four_four(room: Classroom) -> bytes:
    notebook = json.loads(to_bytes(room.solved()))
    notebook["nbformat_minor"] = 4
    for cell in notebook["cells"]:
        del cell["id"]
    return json.dumps(notebook, sort_keys=True, separators=(",", ":")).encode()


@honest("another kernel's name, tags and a collapsed cell", "none of it is a mark")
def other_kernel_name(room: Classroom) -> bytes:
    notebook = room.solved()
    notebook.metadata["kernelspec"] = {
        "name": "conda-env-cv-py",
        "display_name": "Python [conda env:cv]",
        "language": "python",
    }
    for cell in notebook.cells:
        cell.metadata |= {"tags": ["todo"], "collapsed": True, "scrolled": "auto", "trusted": False}
        cell.metadata["slideshow"] = {"slide_type": "slide"}
    return to_bytes(notebook)


@honest("comments and blank lines around the solutions and in the check cells", "they do nothing")
def comments_everywhere(room: Classroom) -> bytes:
    notebook = room.solved()
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.source = f"# my answer\n\n{cell.source}\n\n# that was it, check please: 3.0"
    for cell in check_cells(notebook):
        cell.source += "\ncheck"
    return to_bytes(notebook)
