"""Every setting that a guide shows is a real one, and its code can be read."""

from __future__ import annotations

import ast
import importlib
import importlib.metadata
import re
from pathlib import Path
from typing import Any

import yaml
from guides import SPOKEN, blocks

#: Settings of programs that are no part of this environment.
FOREIGN = {"JupyterHub", "Authenticator", "Spawner"}


def configurables() -> dict[str, type[Any]]:
    """Classes with settings: nbgrader's, the judge's and the late policy, by name."""
    from nbgrader.apps.nbgraderapp import NbGraderApp
    from nbgrader.exchange.default import Exchange
    from nbgrader.plugins import FileNameCollectorPlugin
    from nbgrader.server_extensions.formgrader import formgrader

    ours = [
        getattr(importlib.import_module(f"cvlib.grading.gradebook.{module}"), name)
        for module, name in (("nbgrader_plugins", "JudgeSettings"), ("late", "LatePolicy"))
    ]
    nbgraders = NbGraderApp().all_configurable_classes()
    classes = [*nbgraders, FileNameCollectorPlugin, *ours, formgrader.NbGrader, Exchange]
    return {c.__name__: c for c in classes}


def test_every_setting_is_a_real_one() -> None:
    classes = configurables()
    found = 0
    for page in SPOKEN:
        for name, trait in re.findall(r"\bc\.([A-Z]\w+)\.(\w+)", page.read_text("utf-8")):
            if name in FOREIGN:
                continue
            assert name in classes, f"{page.name}: nobody reads c.{name}"
            assert trait in classes[name].class_traits(config=True), (
                f"{page.name}: c.{name}.{trait}"
            )
            found += 1
    assert found > 8


def test_settings_shown_are_accepted(tmp_path: Path) -> None:
    from traitlets.config import Config, PyFileConfigLoader

    classes = configurables()
    shown = [b for b in blocks("python") if re.search(r"^c\.[A-Z]", b.text, re.MULTILINE)]
    assert shown
    for block in shown:
        text = block.text
        if "get_config()" not in text:
            text = "c = get_config()\n" + text
        (tmp_path / "shown.py").write_text(text)
        config: Config = PyFileConfigLoader("shown.py", path=str(tmp_path)).load_config()
        for name, values in config.items():
            if name not in FOREIGN:
                thing = classes[name](config=Config({name: values}))
                assert all(getattr(thing, trait) == value for trait, value in values.items())


def test_python_and_yaml_in_the_guides_can_be_read() -> None:
    for block in blocks("python"):
        try:
            ast.parse(block.text)
        except SyntaxError as error:
            raise AssertionError(f"{block.page.name}: {error}\n{block.text}") from error
    for block in blocks("yaml"):
        assert all(isinstance(d, dict) for d in yaml.safe_load_all(block.text)), block.page
