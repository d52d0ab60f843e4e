"""Imports go one way, and importing costs nothing that is not needed."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import hipwright

ROOT = Path(hipwright.__file__).parent
# Each layer may import from those above it and from its own packages' parts, never from those below.
LAYERS = (
    ("", "finding", "messages", "codeobject", "compare"),
    ("resources", "source", "context", "knowledge", "output", "precompiled", "emulate.run"),
    ("user_rules",),
    ("toolchain", "conditions", "debuginfo", "nested", "prelude", "rule", "build.edits", "build.cmake_syntax", "build.unit",
     "build.flags"),
    ("kept", "views"),
    ("vanished",),
    ("compile", "rules", "rewrite", "build.cmake_read", "build.compile_commands", "build.makefile",
     "build.setup_py", "build.port_cmake", "build.port_make"),
    ("project", "coverage", "repair", "emulate.program", "emulate.cuda"),
    ("layouts",),
    ("report.verification",),
    ("report",),
    ("record",),
    ("amd", "build.port", "emulate"),
    ("port", "hardware"),
    ("scan", "explain", "programs", "kernels"),
    ("measure",),
    ("judge",),
    ("verify",),
    ("agent",),
    ("report.screen",),
    ("report.verified",),
    ("report.terminal", "mcp"),
    ("cli",),
)  # fmt: skip
RANK = {name: rank for rank, layer in enumerate(LAYERS) for name in layer}
# What a module must not import though it stands further down: a compile knows nothing of rules, a rule of no project.
APART = {"compile": {"rule", "rules", "source", "build"}, "toolchain": {"rule", "rules", "source", "build"}}


def imports(path: Path) -> Iterator[str]:
    """The modules of hipwright that a file imports, anywhere in it, without the package's own name."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: a relative import hides its layer"
            found = [node.module or ""]
            if node.module in ("hipwright", "hipwright.build", "hipwright.report"):
                found = [f"{node.module}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Import):
            found = [alias.name for alias in node.names]
        else:
            continue
        for name in found:
            if name == "hipwright" or name.startswith("hipwright."):
                yield name.removeprefix("hipwright").removeprefix(".")


def layer(module: str) -> str:
    """The longest name in the table that a module belongs to: `build.port`, or `rules` for all below it."""
    while module not in RANK and "." in module:
        module = module.rpartition(".")[0]
    return module


def modules() -> Iterator[tuple[str, Path]]:
    for path in sorted(ROOT.rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        yield ".".join(parts[:-1] if parts[-1] == "__init__" else parts), path


def test_imports_go_one_way() -> None:
    wrong = []
    for module, path in modules():
        own = layer(module)
        assert own in RANK or module == "build", f"{module} stands in no layer of this test"
        for used in imports(path):
            other = layer(used)
            if other not in RANK:  # a name out of a package's __init__, as in `from hipwright import __version__`
                continue
            banned = APART.get(own, set()) & {other, other.partition(".")[0]}
            if banned or (other != own and RANK[other] >= RANK[own]):
                wrong.append(f"{module} imports {used}")
    assert not wrong


def loaded(code: str) -> set[str]:
    """What a fresh interpreter has loaded after `code`, and not before it."""
    script = f"import sys; before = set(sys.modules)\n{code}\nprint(*sorted(set(sys.modules) - before))"
    output = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return set(output.stdout.split())


def test_importing_the_package_does_nothing() -> None:
    assert loaded("import hipwright") == {"hipwright"}


def test_the_command_starts_light() -> None:
    names = loaded("import hipwright.cli")
    assert "click" in names
    heavy = {"tree_sitter", "rich", "jinja2", "subprocess", "asyncio", "hipwright.rule", "hipwright.project"}
    assert not names & heavy
