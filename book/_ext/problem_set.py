"""The box that sends a reader from a chapter to its problem set, and the files it offers.

``{problem-set} ps02_convolution`` shows title, points and exercises, each linked to the section it
comes from, and the released notebook to download. The release is made before the book is built;
if it is missing, that is a warning, so the build fails rather than offer a dead link.
"""

from __future__ import annotations

import zipfile
from collections import Counter
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective
from sphinx.util.osutil import relative_uri

from cvlib.grading.spec.exercise import Exercise, ProblemSet
from cvlib.grading.spec.loading import NOTEBOOK, load_problem_set

logger = logging.getLogger(__name__)

_FIXED_TIME = (1980, 1, 1, 0, 0, 0)  # the same release gives the same archive, byte for byte
_METADATA_KEY = "released_problem_sets"


def release_folder(root: Path, set_id: str) -> Path:
    """Where ``cvlib-grade release`` puts a problem set."""
    return root / "_build" / "course" / "release" / set_id


def archive_name(set_id: str) -> str:
    """Address of the released problem set within the site."""
    return f"problem-sets/{set_id}.zip"


def note_sources(env: BuildEnvironment, folder: Path) -> None:
    """Have the page read again when the text or an exercise of a problem set changes."""
    for path in (folder / NOTEBOOK, *sorted(folder.glob("*.py"))):
        env.note_dependency(str(path))


class ProblemSetBox(SphinxDirective):
    """``{problem-set} <id>``."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Build the box, and remember to pack the release."""
        set_id = self.arguments[0]
        root = Path(self.env.srcdir)
        assignments = root / "assignments"
        note_sources(self.env, assignments / set_id)
        try:
            problem_set = load_problem_set(assignments, set_id).problem_set
        except FileNotFoundError as error:
            logger.warning("%s", error, location=self.get_location(), type="problem-set")
            return []
        box = nodes.container(classes=["problem-set"])
        box += nodes.rubric("", f"Problem set: {problem_set.title}")
        box += nodes.paragraph("", summary(problem_set))
        box += _exercise_list(problem_set)
        box += self._downloads(root, set_id)
        self.set_source_info(box)
        return [box]

    def _downloads(self, root: Path, set_id: str) -> nodes.Node:
        released = sorted(p for p in release_folder(root, set_id).rglob("*") if p.is_file())
        if not released:
            logger.warning(
                "problem set %s is not released, so there is nothing to download: "
                "run `cvlib-grade release %s` before building the book",
                set_id,
                set_id,
                location=self.get_location(),
                type="problem-set",
            )
        for path in released:
            self.env.note_dependency(str(path))
        packed = self.env.metadata[self.env.docname].setdefault(_METADATA_KEY, "")
        self.env.metadata[self.env.docname][_METADATA_KEY] = f"{packed} {set_id}".strip()
        links = [(archive_name(set_id), "Download the problem set")]
        if self.env.doc2path(self.env.docname).startswith(str(root / "chapters")):
            links.append((f"notebooks/{self.env.docname}.ipynb", "Download this page as notebook"))
        here = self.env.app.builder.get_target_uri(self.env.docname)
        buttons = "".join(
            f'<a class="download-button" href="{relative_uri(here, target)}" download>{text}</a>'
            for target, text in links
        )
        return nodes.raw("", f'<p class="downloads">{buttons}</p>', format="html")


def summary(problem_set: ProblemSet) -> str:
    """Say in one sentence how much there is to do and who marks it."""
    kinds = Counter(e.graded_by_judge for e in problem_set.exercises)
    text = f"{len(problem_set.exercises)} exercises, {problem_set.points:g} points"
    return f"{text}; a person marks {kinds[False]} of them." if kinds[False] else f"{text}."


def _exercise_list(problem_set: ProblemSet) -> nodes.Node:
    listing = nodes.enumerated_list(enumtype="arabic", prefix="", suffix=".")
    for exercise in problem_set.exercises:
        line = nodes.paragraph()
        line += section_link(exercise)
        line += nodes.Text(
            f" ({exercise.points:g} {'point' if exercise.points == 1 else 'points'})"
        )
        listing += nodes.list_item("", line)
    return listing


def section_link(exercise: Exercise) -> addnodes.pending_xref:
    """Link to the section an exercise comes from; an unknown label fails the build."""
    label = exercise.section.partition("#")[2]
    return addnodes.pending_xref(
        "",
        nodes.inline("", exercise.title, classes=["std", "std-ref"]),
        refdomain="std",
        reftype="ref",
        reftarget=label,
        refexplicit=True,
        refwarn=True,
    )


def pack(folder: Path, archive: Path) -> None:
    """Write the files of a release into a zip, under the name of the problem set."""
    archive.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as out:
        for path in sorted(p for p in folder.rglob("*") if p.is_file()):
            if ".ipynb_checkpoints" not in path.parts:
                name = f"{folder.name}/{path.relative_to(folder).as_posix()}"
                info = zipfile.ZipInfo(name, _FIXED_TIME)
                info.compress_type = zipfile.ZIP_DEFLATED
                out.writestr(info, path.read_bytes())


def pack_all(app: Sphinx, error: Exception | None) -> None:
    """Pack each problem set that a page offers."""
    if error is not None or app.builder.format != "html":
        return
    for metadata in app.env.metadata.values():
        for set_id in str(metadata.get(_METADATA_KEY, "")).split():
            folder = release_folder(Path(app.srcdir), set_id)
            if folder.is_dir():
                pack(folder, Path(app.outdir) / archive_name(set_id))


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the directive."""
    app.add_directive("problem-set", ProblemSetBox)
    app.connect("build-finished", pack_all)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
