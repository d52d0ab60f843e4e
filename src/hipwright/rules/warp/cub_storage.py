"""CUB's temporary storage, used again."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tree_sitter import Node

from hipwright.finding import Finding
from hipwright.rule import Site, rule
from hipwright.rules.warp.lanes import amd_only
from hipwright.source import ancestors

_BARRIER = re.compile(rb"\b__syncthreads\w*\s*\(|\bsync\s*\(|\bbarrier\b")
_LOOPS = ("for_statement", "while_statement", "do_statement", "for_range_loop")


@rule(
    "cub-storage-reuse",
    "Block collectives that share temporary storage are kept apart by a barrier",
    hazards=("W34",),
    names=("TempStorage",),
    order=40,
    rewrites={
        "#include <cub/cub.cuh>\n"
        "__global__ void k(int* p) {\n"
        "  using BlockScan = cub::BlockScan<int, 64>;\n"
        "  __shared__ typename BlockScan::TempStorage temp;\n"
        "  int a = p[threadIdx.x], b = a + 1;\n"
        "  BlockScan(temp).InclusiveSum(a, a);\n"
        "  BlockScan(temp).InclusiveSum(b, b);\n"
        "  p[threadIdx.x] = a + b;\n}\n":
        "#include <cub/cub.cuh>\n"
        "__global__ void k(int* p) {\n"
        "  using BlockScan = cub::BlockScan<int, 64>;\n"
        "  __shared__ typename BlockScan::TempStorage temp;\n"
        "  int a = p[threadIdx.x], b = a + 1;\n"
        "  BlockScan(temp).InclusiveSum(a, a);\n"
        "  __syncthreads();\n"
        "  BlockScan(temp).InclusiveSum(b, b);\n"
        "  p[threadIdx.x] = a + b;\n}\n",
        "#include <cub/cub.cuh>\n"
        "__global__ void k(int* p, int n) {\n"
        "  typedef cub::BlockReduce<int, 64> Sums;\n"
        "  __shared__ Sums::TempStorage temp;\n"
        "  for (int i = 0; i < n; ++i) {\n"
        "    int sum = Sums(temp).Sum(p[i]);\n"
        "    if (threadIdx.x == 0) p[i] = sum;\n"
        "  }\n}\n":
        "#include <cub/cub.cuh>\n"
        "__global__ void k(int* p, int n) {\n"
        "  typedef cub::BlockReduce<int, 64> Sums;\n"
        "  __shared__ Sums::TempStorage temp;\n"
        "  for (int i = 0; i < n; ++i) {\n"
        "    __syncthreads();\n"
        "    int sum = Sums(temp).Sum(p[i]);\n"
        "    if (threadIdx.x == 0) p[i] = sum;\n"
        "  }\n}\n",
    },
    keeps=(
        "__global__ void k(int* p) {\n  using BlockScan = cub::BlockScan<int, 64>;\n"
        "  __shared__ typename BlockScan::TempStorage temp;\n  int a = p[0];\n"
        "  BlockScan(temp).InclusiveSum(a, a);\n  __syncthreads();\n  BlockScan(temp).InclusiveSum(a, a);\n}\n",
        "__global__ void k(int* p) {\n  using WarpScan = cub::WarpScan<int, 32>;\n"
        "  __shared__ typename WarpScan::TempStorage temp[2];\n  int a = p[0];\n"
        "  WarpScan(temp[0]).InclusiveSum(a, a);\n  WarpScan(temp[1]).InclusiveSum(a, a);\n}\n",
    ),
)  # fmt: skip
def cub_storage_reuse(site: Site) -> Iterator[Finding]:
    """CUB asks for a barrier before temporary storage is used again; without it a block of 64 threads races on CDNA.

    Such a block is one wavefront there, so that the collective itself needs no barrier and leaves none behind. Every
    thread of the block takes part in a block's collective, so that a barrier right before it is always allowed.
    """
    declaration, function = site.within("declaration"), site.within("function_definition")
    if declaration is None or function is None or amd_only(site.node, site.source):
        return
    name = declaration.child_by_field_name("declarator")
    text = site.source.data[declaration.start_byte : declaration.end_byte]
    if name is None or name.type != "identifier" or b"__shared__" not in text:
        return
    if not _is_of_block(text, site.source.data):
        return
    storage = re.escape(site.source.data[name.start_byte : name.end_byte])
    use = re.compile(rb"\w[\w:<>, ]*\(\s*" + storage + rb"(?:\.\w+)*\s*\)\s*\.\s*\w+\s*\(")
    before: Node | None = None
    for match in use.finditer(site.source.data, declaration.end_byte, function.end_byte):
        statement = _statement(site, match.start())
        if statement is None:
            before = None
            continue
        loop = next((outer for outer in ancestors(statement) if outer.type in _LOOPS), None)
        again = before is not None and not _BARRIER.search(site.source.data, before.end_byte, statement.start_byte)
        around = loop is not None and loop.start_byte > declaration.end_byte and loop.end_byte <= function.end_byte
        if around and loop is not None and not _BARRIER.search(site.source.data, loop.start_byte, loop.end_byte):
            again = True
        if again and before != statement:
            start = statement.start_byte
            line = site.source.data.rfind(b"\n", 0, start) + 1
            indent = site.source.text(line, start)
            yield site.insert(start, f"__syncthreads();\n{indent}" if not indent.strip() else "__syncthreads(); ")
        before = statement


def _is_of_block(declaration: bytes, data: bytes) -> bool:
    """Whether the storage belongs to a block's collective, by its name or by the alias that it is named through."""
    if b"Block" in declaration:
        return True
    alias = re.search(rb"(\w+)\s*::\s*TempStorage", declaration)
    if alias is None:
        return False
    name = re.escape(alias[1])
    return (
        re.search(
            rb"\busing\s+" + name + rb"\s*=[^;]*\bBlock\w+\s*<|\btypedef\b[^;]*\bBlock\w+\s*<[^;]*\b" + name + rb"\s*;",
            data,
        )
        is not None
    )


def _statement(site: Site, at: int) -> Node | None:
    """The statement of a block in which a byte stands; None where a barrier before it might not be reached by all."""
    node = site.source.node_at(at, at)
    while node is not None and (node.parent is None or node.parent.type != "compound_statement"):
        node = node.parent
    return node if node is not None and node.type in ("expression_statement", "declaration") else None
