"""Every command shows an example in its help and is named in the README."""

from __future__ import annotations

import click

from dosecalc.cli import cli
from house.source import CHECKOUT, report


def _commands() -> dict[str, str]:
    """Every command with its help, by its words: `dosecalc protocol show`."""
    found = {}

    def walk(command: click.Command, context: click.Context) -> None:
        if isinstance(command, click.Group):
            for name in command.list_commands(context):
                sub = command.get_command(context, name)
                assert sub is not None
                walk(sub, click.Context(sub, info_name=name, parent=context, **sub.context_settings))
        else:
            found[context.command_path] = command.get_help(context)

    walk(cli, click.Context(cli, info_name="dosecalc"))
    return found


def test_the_commands_of_the_readme_exist() -> None:
    assert {"dosecalc demo", "dosecalc dose", "dosecalc schedule", "dosecalc calendar"} <= _commands().keys()


def test_every_command_has_an_example_in_its_help() -> None:
    report([f"{name} --help shows no '{name} …'" for name, text in _commands().items() if not _example(name, text)])


def _example(name: str, text: str) -> bool:
    """Whether a line after the usage line calls the command."""
    return any(line.strip().removeprefix("$ ").startswith(name) for line in text.splitlines()[1:])


def test_every_command_is_named_in_the_readme() -> None:
    readme = (CHECKOUT / "README.md").read_text(encoding="utf-8")
    report([f"README.md does not name '{name}'" for name in _commands() if name not in readme])


def test_every_command_says_what_it_does() -> None:
    lines = {name: text.splitlines() for name, text in _commands().items()}
    report([f"{name} --help says only how it is called" for name, text in lines.items() if len(text) < 4])
