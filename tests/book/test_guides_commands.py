"""Every command, option and target of make that a guide speaks of is one."""

from __future__ import annotations

import re

import click
import pytest
from guides import PAGES, ROOT, SPOKEN, blocks, grade_commands, prose

from cvlib.grading.commands.grade import cli


@pytest.mark.parametrize(
    "words", [w for _, w in grade_commands()], ids=[name for name, _ in grade_commands()]
)
def test_every_command_line_is_one_that_the_program_knows(words: list[str]) -> None:
    context = click.Context(cli, info_name="cvlib-grade")
    options, rest, _ = cli.make_parser(context).parse_args(words[1:])
    if options.get("version") or options.get("help"):
        return
    assert rest, f"no command in {words}"
    command = cli.commands[rest[0]]
    inner = click.Context(command, parent=context, info_name=rest[0])
    given, _, _ = command.make_parser(inner).parse_args(rest[1:])
    for parameter in command.params:
        value = given.get(parameter.name)
        if isinstance(parameter.type, click.Choice) and value is not None:
            assert value in parameter.type.choices, f"{value} in {words}"


def test_every_make_target_is_one() -> None:
    made = re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    said = {
        target
        for page in SPOKEN
        for code in [b.text for b in blocks("bash") if b.page == page]
        + re.findall(r"`([^`]+)`", prose(page))
        for target in re.findall(r"\bmake ([a-z]+)\b", code)
    }
    assert {"setup", "doctor", "test"} <= said <= set(made), said - set(made)


def test_no_command_is_left_out() -> None:
    told = {words[1] for _, words in grade_commands() if len(words) > 1}
    inline = " ".join(p.read_text("utf-8") for p in PAGES)
    missing = [name for name in cli.commands if name not in told and f"`{name}" not in inline]
    assert not missing, f"no guide speaks of {missing}"


def test_options_in_running_text_exist() -> None:
    known = {o for c in [cli, *cli.commands.values()] for p in c.params for o in p.opts}
    for page in PAGES:
        for code in re.findall(r"`(--[a-z-]+)[^`]*`", prose(page)):
            others = {
                "--scheduler-file",
                "--nthreads",
                "--nworkers",
                "--remote-python",
                "--extra-index-url",
            }
            assert code in known | others, f"{page.name}: {code}"
