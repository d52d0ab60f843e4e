"""The table-driven rule for include paths."""

from __future__ import annotations

import re
from collections.abc import Iterator

from hipwright.finding import Finding, Level
from hipwright.knowledge import header, headers
from hipwright.rule import Site, rule


@rule(
    "headers",
    "CUDA headers become HIP headers",
    hazards=("C08",),
    kinds=("preproc_include",),
    words={match.group() for path in headers() if (match := re.match(r"\w+\*?", path))},
    order=90,
    rewrites={
        "#include <cuda_runtime.h>\n#include <cuda.h>\nint x;\n": "#include <hip/hip_runtime.h>\nint x;\n",
        "#include <curand_kernel.h>\nint x;\n": "#include <hiprand/hiprand_kernel.h>\nint x;\n",
        "#include <cub/block/block_scan.cuh>\n#include <cub/cub.cuh>\n": "#include <hipcub/hipcub.hpp>\n",
        '#include "cuda_fp16.h" // half\n': "#include <hip/hip_fp16.h> // half\n",
        "#ifdef X\n#include <a.h>\n#else\n#include <nccl.h>\n#endif\n": (
            "#ifdef X\n#include <a.h>\n#else\n#include <rccl/rccl.h>\n#endif\n"
        ),
    },
    keeps=('#include "cuda_helpers.h"\n', "#include <vector>\n", "#include <thrust/sort.h>\n"),
    notes=("#include <cuda/barrier>\n",),
)
def include(site: Site) -> Iterator[Finding]:
    """Include paths are a table of their own: a CUDA header becomes the HIP header that declares the same things, once
    for each file and branch of its conditions. What HIP needs no header for is dropped. A path that the project itself
    provides is the project's. A header without counterpart stays, so that the compiler stops there, and is reported.
    """
    path = site.node.child_by_field_name("path")
    if path is None or path.type not in ("system_lib_string", "string_literal"):
        return
    name = site.source.text(path.start_byte + 1, path.end_byte - 1)
    row = header(name)
    if row is None or row.state == "kept" or site.facts.has_file(name):
        return
    if row.state == "none":
        yield site.note(Level.TODO, f"ROCm has no <{name}>", row.note)
        return
    before = _included_before(site)
    wanted = [new for new in row.hip if new not in before]
    if wanted:
        yield site.replace(path, f">\n{_directive(site)} <".join(wanted).join("<>"))
    else:
        yield site.edit(*_line(site), "")


def _directive(site: Site) -> str:
    return site.source.text(site.node.start_byte, site.node.start_byte + 1) + "include"


def _included_before(site: Site) -> set[str]:
    """HIP headers that an include further up, in the same or an outer branch of the conditions, stands for already."""
    found: set[str] = set()
    node = site.node
    while (parent := node.parent) is not None:
        # Before an #else stand the includes of the other branch.
        other = node.type in ("preproc_else", "preproc_elif", "preproc_elifdef")
        for sibling in () if other else parent.children:
            if sibling.start_byte >= node.start_byte:
                break
            if sibling.type == "preproc_include":
                path = sibling.child_by_field_name("path")
                if path is not None:
                    name = site.source.text(path.start_byte + 1, path.end_byte - 1)
                    row = None if site.facts.has_file(name) else header(name)
                    found.update([name] if row is None else row.hip)
        node = parent
    return found


def _line(site: Site) -> tuple[int, int]:
    """The directive's whole line, with the blanks before it and the line end behind it."""
    data = site.source.data
    start = data.rfind(b"\n", 0, site.node.start_byte) + 1
    end = data.find(b"\n", site.node.start_byte)
    return start, len(data) if end < 0 else end + 1
