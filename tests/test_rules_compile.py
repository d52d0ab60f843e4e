"""Every example of every rule, ported with all rules and compiled for both wave sizes and the host.

HIP's headers cost most of a compile, so examples that include the same ones share a translation unit, each in a
namespace of its own together with its helper definitions. What no namespace can hold is compiled alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import pytest

from hipwright import toolchain
from hipwright.compile import Unit, UnitResult, check
from hipwright.context import gather
from hipwright.rewrite import Engine
from hipwright.rule import all_rules
from hipwright.source import Source

TARGETS = ("gfx942", "gfx1100")
ENGINE = Engine(all_rules().values())

_INCLUDE = re.compile(r"^[ \t]*#[ \t]*include[ \t]*(<[^>]+>)[^\n]*\n?", re.M)
_GUARD = re.compile(r"^#if defined\(\w+\) && !defined\((\w+)\)\n#define \1\n(.*?)^#endif  // \1\n", re.M | re.S)
_MACRO = re.compile(r"^[ \t]*#[ \t]*define[ \t]+(\w+)", re.M)
# Names with C linkage would meet, an include inside a condition can't be moved out of it, and a library's namespace
# opened within another one is not the library's.
_ALONE = re.compile(
    r'extern "C"|push_macro|^[ \t]*#[ \t]*if[^\n]*\n[^#]*#[ \t]*include|\bnamespace (?:std|hipcub|thrust)\b[^;]*\{',
    re.M,
)


@dataclass(frozen=True)
class Example:
    """One ported example: `name` is its rule's id and its number there."""

    name: str
    text: str

    @property
    def headers(self) -> tuple[str, ...]:
        """What it includes, HIP's runtime first as the port itself puts it."""
        return tuple(sorted(set(_INCLUDE.findall(self.text)), key=lambda name: ("hip_runtime" not in name, name)))

    @property
    def inside(self) -> str:
        """The text as the content of a namespace: without includes, and its macros and helpers its own."""
        text = _INCLUDE.sub("", _GUARD.sub(r"\2", self.text)).rstrip("\n")
        undone = "".join(f"\n#undef {name}" for name in dict.fromkeys(_MACRO.findall(text)))
        return f"{text}{undone}\n"


def ported(name: str, before: str) -> Example:
    data = before.encode()
    return Example(name, ENGINE.rewrite(Source("example.cu", data), gather([data])).source.data.decode())


def batches() -> list[tuple[Example, ...]]:
    """The examples in groups that may share a unit."""
    groups: dict[tuple[str, ...], list[Example]] = {}
    for rule in all_rules().values():
        if rule.compiles:
            for index, before in enumerate(rule.rewrites):
                example = ported(f"{rule.id}-{index}", before)
                alone = (example.name,) if _ALONE.search(_GUARD.sub(r"\2", example.text)) else ()
                # The standard library's headers are cheap, and HIP's include most of them anyway.
                groups.setdefault((*(name for name in example.headers if "/" in name), *alone), []).append(example)
    return [tuple(group) for _, group in sorted(groups.items())]


BATCHES = batches()


def unit_of(examples: Iterable[Example]) -> tuple[str, list[str]]:
    """The text of a unit that holds these examples, and which of them each of its lines belongs to."""
    examples = list(examples)
    if len(examples) == 1:
        return examples[0].text, [examples[0].name] * (examples[0].text.count("\n") + 1)
    headers = dict.fromkeys(name for example in examples for name in example.headers)
    lines = [f"#include {name}" for name in headers]
    owners = [""] * len(lines)
    for number, example in enumerate(examples):
        own = [f"namespace example_{number} {{", *example.inside.split("\n"), "}"]
        lines += own
        owners += [example.name] * len(own)
    return "\n".join(lines) + "\n", owners


def compiled(root: Path, examples: tuple[Example, ...], tools: toolchain.Toolchain) -> dict[str, list[str]]:
    """What the compiler has against each example, after those that a shared unit rejects were tried alone."""
    suspects: list[Example] = list(examples)
    alone: list[Example] = []
    found: dict[str, list[str]] = {}
    for number in range(3):  # errors in the host side hide none of the device side, but one name's may hide another's
        text, owners = unit_of(suspects)
        (root / f"batch{number}.cu").write_text(text)
        errors = [said for result in attempt(root, [f"batch{number}.cu"], tools) for said in errors_of(result)]
        guilty = {owners[min(line, len(owners)) - 1] for line, _ in errors}
        if not errors:
            break
        if len(examples) == 1:
            return {examples[0].name: [message for _, message in errors]}
        named = [example for example in suspects if example.name in guilty] or suspects
        alone += named
        suspects = [example for example in suspects if example not in named]
        if not suspects:
            break
    else:
        alone += suspects
    paths = {}
    for number, example in enumerate(alone):
        paths[f"alone{number}.cu"] = example.name
        (root / f"alone{number}.cu").write_text(example.text)
    for result in attempt(root, paths, tools):
        for _, message in errors_of(result):
            found.setdefault(paths[result.unit.path], []).append(message)
    return found


def attempt(root: Path, paths: Iterable[str], tools: toolchain.Toolchain) -> list[UnitResult]:
    # Only relocatable device code keeps functions that no kernel calls, and most examples are such: without it, nothing
    # would assemble their inline assembly. -O1 generates the same instructions as a port's check in half the time.
    return check(root, [Unit(path, flags=("-O1", "-w", "-fgpu-rdc")) for path in paths], TARGETS, tools)


def errors_of(result: UnitResult) -> list[tuple[int, str]]:
    if result.ok:
        return []
    found = [(item.place.line, f"{result.arch}: {item.message}") for item in result.diagnostics]
    return found or [(1, f"{result.arch}: {result.status} {result.missing_header}")]


@pytest.mark.parametrize("examples", BATCHES, ids=lambda batch: f"{batch[0].name}+{len(batch) - 1}")
def test_ported_examples_compile(examples: tuple[Example, ...], tmp_path: Path) -> None:
    found = compiled(tmp_path, examples, toolchain.find())
    assert not found, "\n".join(f"{name}: {message}" for name, said in sorted(found.items()) for message in said)


def test_a_broken_example_is_named(tmp_path: Path) -> None:
    """Of three examples, two only collide with each other and one does not assemble."""
    good = Example("good-0", '#include <hip/hip_runtime.h>\nextern "C" __global__ void k(int* p) { *p = 1; }\n')
    same = Example("same-0", good.text)
    bad = Example("bad-0", '#include <hip/hip_runtime.h>\n__device__ void f() { asm("mov.u32 r0, r1;"); }\n')
    found = compiled(tmp_path, (good, same, bad), toolchain.find())
    assert list(found) == ["bad-0"]
    assert any(message.startswith("gfx942: ") for message in found["bad-0"])
    assert any(message.startswith("gfx1100: ") for message in found["bad-0"])
