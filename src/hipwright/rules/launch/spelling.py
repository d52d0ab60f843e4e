"""Launches whose brackets are written with spaces."""

from __future__ import annotations

import re
from collections.abc import Iterator

from hipwright.finding import Finding
from hipwright.rule import Site, rule
from hipwright.source import QUIET

_OPENED = re.compile(rb"(?<!<)<(?:<[ \t]+|[ \t]+<)<(?!<)")
_CLOSED = re.compile(rb"(?<!>)>(?:>[ \t]+|[ \t]+>|>)>(?=\s*\()|[;{}]")


@rule(
    "launch-brackets",
    "The brackets of a launch are written together",
    kinds=("translation_unit",),
    order=5,
    rewrites={
        "__global__ void k(int* p) {}\nvoid f(int* p) { k << <1, 2 >> > (p); }":
        "__global__ void k(int* p) {}\nvoid f(int* p) { k <<<1, 2 >>> (p); }",
        "template <int N> __global__ void k(int* p) {}\nvoid f(int* p) { k<3><< <1, 2>>>(p); }":
        "template <int N> __global__ void k(int* p) {}\nvoid f(int* p) { k<3><<<1, 2>>>(p); }",
        "__global__ void k(int* p) {}\nvoid f(int* p) { k < <<1, 2>> >(p); }":
        "__global__ void k(int* p) {}\nvoid f(int* p) { k <<<1, 2>>>(p); }",
    },
    keeps=(
        "template <class T> struct A { A(int) {} };\nA<A<A<int>> > a(1);\nint b = 1 << 2;",
        "// k << <1, 2 >> > (p)\nconst char* s = \"k << <1, 2 >> > (p)\";",
    ),
)  # fmt: skip
def launch_brackets(site: Site) -> Iterator[Finding]:
    """nvcc reads `<< <` and `>> >`, as an editor's formatter leaves them, as a launch. clang wants them in one piece.

    `<< <` is nothing else in C++; what closes it is the next `>> >` before a parenthesis in the same statement.
    """
    data = site.source.data
    if not _OPENED.search(data):
        return
    code = QUIET.sub(lambda match: b" " * len(match[0]), data)
    for opened in _OPENED.finditer(code):
        closed = _CLOSED.search(code, opened.end())
        if closed is None or not closed[0].startswith(b">"):
            continue
        yield site.edit(opened.start(), opened.end(), "<<<")
        if closed[0] != b">>>":
            yield site.edit(closed.start(), closed.end(), ">>>")
