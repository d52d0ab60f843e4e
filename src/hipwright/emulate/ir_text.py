"""Pieces of LLVM IR as text: names, linkage, calls, blocks."""

from __future__ import annotations

import re
from collections.abc import Sequence

from hipwright.emulate.ir_types import balanced

NAME = r'@(?:"(?:[^"\\]|\\.)*"|[\w.$-]+)'

ADDRSPACE = re.compile(r",? addrspace\((\d+)\)")

_LABEL = re.compile(r'^("(?:[^"\\]|\\.)*"|[\w.$-]+):')

_TARGETS = re.compile(r'label %("(?:[^"\\]|\\.)*"|[\w.$-]+)')

CALL = re.compile(r"^(.*?)\b((?:tail |musttail |notail )?call|invoke) (.*)$")

_LINKAGE = frozenset(
    {"private", "internal", "available_externally", "linkonce", "weak", "common", "appending", "extern_weak",
     "linkonce_odr", "weak_odr", "external", "dso_local", "dso_preemptable", "default", "hidden", "protected",
     "dllimport", "dllexport", "local_unnamed_addr", "unnamed_addr", "externally_initialized", "amdgpu_kernel",
     "ptx_kernel", "ptx_device", "fastcc", "coldcc", "ccc", "amdgpu_gfx", "amdgpu_cs_chain"}
)  # fmt: skip


def without_addrspaces(text: str) -> str:
    """IR without address spaces: they are one here."""
    if "addrspace" in text:
        text = ADDRSPACE.sub("", text).replace("addrspacecast", "bitcast")
    return text


def bare_name(name: str) -> str:
    name = name[1:]
    return name[1:-1] if name.startswith('"') else name


def without_linkage(text: str) -> tuple[str, list[str]]:
    """The words behind linkage, visibility and calling convention, and those words themselves."""
    words = text.strip().split(" ")
    taken = []
    # An empty word is where an address space stood.
    while words and (not words[0] or words[0] in _LINKAGE or re.fullmatch(r"thread_local|cc\d+|cc", words[0])):
        word = words.pop(0)
        taken.append(word)
        if word == "cc" and words:
            words.pop(0)
    return " ".join(words), taken


def without_parameter_attributes(params: str) -> str:
    params = re.sub(r"\b(?:inreg|readonly|writeonly|readnone) ", "", params)
    params = re.sub(
        r"\bcaptures\([^)]*\)(?:\)|) ?", lambda m: "" if m[0].count("(") == m[0].count(")") else m[0], params
    )
    while found := re.search(r"\bbyref\(", params):
        end = balanced(params, found.end() - 1)
        params = params[: found.start()] + params[end:].lstrip()
    return params


def without_call_attributes(line: str) -> str:
    return re.sub(r"\binreg ", "", line)


def callee_of(line: str) -> str | None:
    """The name that a call instruction calls, None where it is a pointer or there is no call."""
    at = line.find("call ")
    if at < 0 or not CALL.match(line):
        return None
    # The callee is the first name in front of an opening parenthesis at depth 0.
    depth = 0
    position = at
    while position < len(line):
        char = line[position]
        if char in "([{<":
            depth += 1
        elif char in ")]}>":
            depth -= 1
        elif depth == 0 and char == "%" and re.match(r"%[\w.$-]+\(", line[position:]):
            return None
        elif depth == 0 and char == "@":
            found = re.match(NAME, line[position:])
            if found and line[position + found.end() : position + found.end() + 1] == "(":
                return found[0]
            if found:
                position += found.end()
                continue
        elif char == '"':
            position = line.find('"', position + 1)
            if position < 0:
                return None
        position += 1
    return None


def joined(body: Sequence[str]) -> list[str]:
    """A function's lines with instructions that go over several (switch) made one, comments and blank lines gone."""
    lines: list[str] = []
    open_switch = False
    for line in body:
        if " ; preds" in line or line.startswith(";"):
            line = re.sub(r"\s*;.*$", "", line)
        if not line.strip():
            continue
        if open_switch:
            lines[-1] += " " + line.strip()
            open_switch = "]" not in line
            continue
        lines.append(line)
        stripped = line.lstrip()
        open_switch = stripped.startswith(("switch ", "indirectbr ")) and "]" not in line
    return lines


def blocks_of(lines: Sequence[str]) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    """A function's blocks by label, and which can follow which."""
    blocks: dict[str, list[str]] = {}
    current = "%entry%"
    for line in lines:
        if line[0] != " " and (found := _LABEL.match(line)):
            current = found[1]
            blocks[current] = []
        else:
            blocks.setdefault(current, []).append(line)
    graph = {name: list(dict.fromkeys(_TARGETS.findall(block[-1]))) if block else [] for name, block in blocks.items()}
    return blocks, graph


def i32s(values: Sequence[int]) -> str:
    return ", ".join(f"i32 {value}" for value in values)


def c_string(symbol: str, text: str) -> str:
    data = text.encode("utf-8", "surrogateescape") + b"\0"
    escaped = "".join(chr(byte) if 32 <= byte < 127 and byte not in b'"\\' else f"\\{byte:02X}" for byte in data)
    return f'{symbol} = private unnamed_addr constant [{len(data)} x i8] c"{escaped}"'
