"""Many small programs as one: HIP's and CUDA's headers cost most of a compile, so the programs share a translation unit.

Each source stands in a namespace of its own with its `main` renamed; the common program's first argument chooses one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

_INCLUDE = re.compile(r"^[ \t]*#[ \t]*include[ \t]*([<\"][^>\"\n]+[>\"])", re.M)
_MACRO = re.compile(r"^[ \t]*#[ \t]*define[ \t]+(\w+)", re.M)
# A library's namespace opened within another one is not the library's, and names with C linkage would meet.
_ALONE = re.compile(r'^[ \t]*(?:inline )?namespace [\w:]+\s*\{|extern "C"', re.M)


def needs_own_unit(source: Path) -> bool:
    """Whether a source can't stand inside a namespace."""
    return bool(_ALONE.search(source.read_text()))


def side_by_side(folder: Path, sources: Sequence[str]) -> str:
    """The text of a program that holds those of `sources`, files of `folder`; an argument without suffix runs one."""
    texts = {name: (folder / name).read_text() for name in sources}
    headers = dict.fromkeys(name for text in texts.values() for name in _INCLUDE.findall(text))
    lines = [
        f"#include {name}" for name in sorted(headers, key=lambda name: (name[0] == '"', "runtime" not in name, name))
    ]
    lines += ["#include <cstring>"]
    for name, text in texts.items():
        lines += [
            f"namespace in_{_stem(name)} {{",
            "#define main main_of_one",
            f'#include "{name}"',
            "#undef main",
            "}",
        ]
        # What one source defines must not reach the next: the port guards the helpers it adds by macros.
        lines += [f"#undef {macro}" for macro in dict.fromkeys(_MACRO.findall(text))]
    lines += ["int main(int count, char** arguments) {", "    if (count < 2) return 2;"]
    for name in sources:
        stem = _stem(name)
        lines.append(f'    if (!std::strcmp(arguments[1], "{stem}")) return in_{stem}::main_of_one();')
    return "\n".join([*lines, "    return 2;", "}", ""])


def _stem(name: str) -> str:
    return name.partition(".")[0]
