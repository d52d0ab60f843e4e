"""Version macros of CUDA's libraries, which HIP's libraries do not define."""

from __future__ import annotations

from collections.abc import Iterator

from tree_sitter import Node

from hipwright.finding import Finding, Level
from hipwright.rule import Site, rule
from hipwright.rules.library.sites import used

# What a guard has to read to choose the calls that ROCm 7 has. cuDNN: the last release with the whole legacy interface,
# which is the one that MIOpen resembles; CUB and CCCL: what hipCUB 4.2 (ROCm 7.2) follows; the others: CUDA 12.9.
_VALUES = {
    "CUBLAS_VER_MAJOR": 12, "CUBLAS_VER_MINOR": 9, "CUBLAS_VER_PATCH": 0, "CUBLAS_VER_BUILD": 0,
    "CUBLAS_VERSION": 120900,
    "CUDNN_MAJOR": 8, "CUDNN_MINOR": 9, "CUDNN_PATCHLEVEL": 0, "CUDNN_VERSION": 8900,
    "CUSPARSE_VERSION": 12500, "CUSPARSE_VER_MAJOR": 12, "CUSPARSE_VER_MINOR": 5, "CUSPARSE_VER_PATCH": 0,
    "CUSOLVER_VERSION": 11700, "CUSOLVER_VER_MAJOR": 11, "CUSOLVER_VER_MINOR": 7, "CUSOLVER_VER_PATCH": 0,
    "CUFFT_VERSION": 11400, "CUFFT_VER_MAJOR": 11, "CUFFT_VER_MINOR": 4, "CUFFT_VER_PATCH": 0,
    "CURAND_VER_MAJOR": 10, "CURAND_VER_MINOR": 3, "CURAND_VER_PATCH": 0,
    "CUB_VERSION": 200802, "CCCL_VERSION": 2008002, "CCCL_MAJOR_VERSION": 2, "CCCL_MINOR_VERSION": 8,
    "CCCL_PATCH_VERSION": 2, "CUB_MAJOR_VERSION": 2, "CUB_MINOR_VERSION": 8, "CUB_SUBMINOR_VERSION": 2,
    "CUB_PATCH_NUMBER": 0,
}  # fmt: skip
_OWN = {
    "CUBLAS_VER_MAJOR": ("hipblasVersionMajor", "hipblas/hipblas.h"),
    "CUBLAS_VER_MINOR": ("hipblasVersionMinor", "hipblas/hipblas.h"),
    "CUBLAS_VER_PATCH": ("hipblasVersionPatch", "hipblas/hipblas.h"),
    "CUDNN_MAJOR": ("MIOPEN_VERSION_MAJOR", "miopen/version.h"),
    "CUDNN_MINOR": ("MIOPEN_VERSION_MINOR", "miopen/version.h"),
    "CUDNN_PATCHLEVEL": ("MIOPEN_VERSION_PATCH", "miopen/version.h"),
    "CUFFT_VER_MAJOR": ("hipfftVersionMajor", "hipfft/hipfft-version.h"),
    "CUFFT_VER_MINOR": ("hipfftVersionMinor", "hipfft/hipfft-version.h"),
    "CUFFT_VER_PATCH": ("hipfftVersionPatch", "hipfft/hipfft-version.h"),
}
_CONDITION = frozenset(
    {"binary_expression", "unary_expression", "parenthesized_expression", "preproc_defined", "preproc_call_expression"}
)


def _condition(node: Node) -> bool:
    """Whether an identifier stands in the condition of an #if or #elif."""
    parent = node.parent
    while parent is not None and parent.type in _CONDITION:
        node, parent = parent, parent.parent
    return (
        parent is not None
        and parent.type in ("preproc_if", "preproc_elif")
        and parent.child_by_field_name("condition") == node
    )


@rule(
    "library-version",
    "A version guard reads the version that ROCm's library answers to",
    hazards=("L08", "L02"),
    names=_VALUES,
    rewrites={
        "#if CUBLAS_VER_MAJOR < 11\n#define OLD 1\n#endif\n":
        "#if 12 /* CUBLAS_VER_MAJOR */ < 11\n#define OLD 1\n#endif\n",
        "#if defined(CUDNN_VERSION) && CUDNN_VERSION >= 7000\nint a;\n#endif\n":
        "#if 1 /* CUDNN_VERSION is known */ && 8900 /* CUDNN_VERSION */ >= 7000\nint a;\n#endif\n",
        "#include <cudnn.h>\nint f() { return CUDNN_MAJOR; }":
        "#include <cudnn.h>\nint f() { return MIOPEN_VERSION_MAJOR; }",
    },
    keeps=("#define CUDNN_MAJOR 7\n", "// CUBLAS_VER_MAJOR\nconst char* s = \"CUDNN_VERSION\";\n"),
    notes=("#include <cudnn.h>\nint f() { return CUDNN_MAJOR; }", "#ifdef CUBLAS_VER_MAJOR\n#endif\n"),
)  # fmt: skip
def library_version(site: Site) -> Iterator[Finding]:
    """An undefined macro reads as 0 in `#if`, so a guard such as `CUBLAS_VER_MAJOR < 11` takes the branch for a library
    ten years old, whose calls ROCm never had. The guard asks how new the interface is; it gets the release that the HIP
    library corresponds to, with the macro's name beside it. In ordinary code, where the version is printed or compared
    with that of the loaded library, the HIP library's own macro takes its place.
    """
    node, parent = site.node, site.node.parent
    if _condition(node):
        if parent is not None and parent.type == "preproc_defined":
            yield site.replace(parent, f"1 /* {site.text} is known */")
        else:
            yield site.replace(node, f"{_VALUES[site.text]} /* {site.text} */")
    elif parent is not None and parent.type == "preproc_ifdef":
        yield site.note(
            Level.TODO,
            f"#ifdef {site.text}: HIP's libraries do not define it, so the other branch is taken",
            "decide which branch fits ROCm and drop the guard",
        )
    elif used(site):
        if site.text in _OWN:
            name, header = _OWN[site.text]
            yield site.edit(node.start_byte, node.end_byte, name, includes=(header,))
            yield site.note(Level.TEST, f"{site.text} became {name}: AMD counts versions from its own start")
        elif site.text != "CUB_VERSION":  # hipCUB has one of its own, by the table of names
            yield site.note(
                Level.TODO, f"{site.text} has no HIP counterpart", "HIP's libraries have their own versions"
            )
