"""Reading `compile_commands.json`: the one build description that says exactly what is compiled how."""

from __future__ import annotations

import json
import posixpath
import shlex
from collections.abc import Callable

from hipwright.build.unit import Unit, units_of_command
from hipwright.finding import Place


def read_compile_commands(path: str, data: bytes, root: str, exists: Callable[[str], bool]) -> list[Unit]:
    """The units of a compilation database; entries that are malformed or leave the project give none.

    `root` is the absolute path of the project: absolute paths below it become relative.
    """
    try:
        entries = json.loads(data)
    except (ValueError, RecursionError):
        return []
    units: dict[tuple[object, ...], Unit] = {}
    for entry in entries if isinstance(entries, list) else []:
        if not isinstance(entry, dict) or not isinstance(entry.get("file"), str):
            continue
        words = entry.get("arguments")
        if not isinstance(words, list):
            command = str(entry.get("command", ""))
            try:
                words = shlex.split(command) if any(mark in command for mark in "\"'\\") else command.split()
            except ValueError:
                continue
        directory = _relative(str(entry.get("directory", "")), root, posixpath.dirname(path))
        words = [_relative_word(str(word), root, directory) for word in words]
        for unit in units_of_command(words, directory, Place(path, 1), exists):
            units.setdefault((unit.path, unit.includes, unit.defines), unit)
    return list(units.values())


def _relative(path: str, root: str, fallback: str) -> str:
    path = path.replace("\\", "/")
    if not path.startswith("/"):
        return posixpath.normpath(posixpath.join(fallback, path))
    inside = posixpath.relpath(posixpath.normpath(path), root)
    return inside if not inside.startswith("../../..") else fallback


def _relative_word(word: str, root: str, directory: str) -> str:
    """A word with an absolute path below the root spelled from the directory it is used in."""
    for prefix in ("-I", "-isystem", "-iquote", ""):
        path = word[len(prefix) :]
        if word.startswith(prefix) and (path == root or path.startswith(root + "/")):
            return prefix + posixpath.relpath(posixpath.relpath(path, root), directory or ".")
    return word
