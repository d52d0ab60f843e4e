"""PyTorch extensions: names of torch's own that say CUDA."""

from __future__ import annotations

import re
from collections.abc import Iterator

from hipwright.finding import Finding, Level
from hipwright.rule import Site, rule

_TORCH = re.compile(rb"#\s*include\s*[<\"](?:ATen|c10)/cuda/[\w./]+|\b(?:at|c10|torch)\s*::\s*cuda\s*::\s*\w+")


@rule(
    "torch-names",
    "torch's own CUDA names stay",
    hazards=("L26",),
    words=("CUDAGuard", "OptionalCUDAGuard", "getCurrentCUDAStream", "CUDAContext", "CUDAStream", "CUDAException"),
    notes=("#include <c10/cuda/CUDAGuard.h>\nvoid f() { const c10::cuda::CUDAGuard guard(0); }",),
    keeps=("// c10::cuda::CUDAGuard\nstruct CUDAGuard {};\nCUDAGuard g;",),
)
def torch_names(site: Site) -> Iterator[Finding]:
    """`c10::cuda` and `at::cuda` are torch's spelling for "the GPU", on ROCm too: torch's build of an extension
    translates the include paths (`c10/cuda/...` to `c10/hip/...`) before compiling. Since torch 2.11 (hipify 2.0.0,
    pull request 174087) nothing else is translated and `c10::cuda` is what ROCm's torch declares; before it, the same
    step renamed the namespaces as well. Renaming here would break one or the other, so these names and paths are left
    to torch. A project that links libtorch with CMake alone, without torch's build, has to include `c10/hip/...`
    itself.
    """
    source = site.source
    for match in _TORCH.finditer(source.data):
        node = source.tree.root_node.descendant_for_byte_range(match.start(), match.start() + 2)
        if node is not None and node.type == "comment":
            continue
        yield site.note(
            Level.INFO,
            "torch's c10::cuda and at::cuda names and headers are kept: torch's extension build translates them on "
            "ROCm",
            "with CMake alone, include c10/hip/ and ATen/hip/ headers instead",
            at=match.start(),
        )
        return
