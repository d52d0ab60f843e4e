"""cuBLASLt descriptors and settings that hipBLASLt has in another form, or not at all."""

from __future__ import annotations

from collections.abc import Iterator

from hipwright.finding import Finding, Level
from hipwright.rule import Site, descend, rule
from hipwright.rules.library.sites import call_with, used

_OPAQUE = {
    "cublasLtMatmulDescOpaque_t": "hipblasLtMatmulDesc_t",
    "cublasLtMatrixLayoutOpaque_t": "hipblasLtMatrixLayout_t",
    "cublasLtMatmulPreferenceOpaque_t": "hipblasLtMatmulPreference_t",
    "cublasLtMatrixTransformDescOpaque_t": "hipblasLtMatrixTransformDesc_t",
}
_INIT = {
    "cublasLtMatmulDescInit": "hipblasLtMatmulDescCreate",
    "cublasLtMatrixLayoutInit": "hipblasLtMatrixLayoutCreate",
    "cublasLtMatmulPreferenceInit": "hipblasLtMatmulPreferenceCreate",
    "cublasLtMatrixTransformDescInit": "hipblasLtMatrixTransformDescCreate",
}
_BEFORE = """\
#include <cublasLt.h>
cublasStatus_t f(int n, cublasLtMatmulPreference_t p) {
  cublasLtMatrixLayoutOpaque_t a = {};
  cublasLtMatrixLayoutInit(&a, CUDA_R_32F, n, n, n);
  int batch = 2;
  return cublasLtMatrixLayoutSetAttribute(&a, CUBLASLT_MATRIX_LAYOUT_BATCH_COUNT, &batch, sizeof batch);
}
"""


@rule(
    "blas-lt-opaque",
    "Descriptors on the stack become created ones",
    hazards=("L06",),
    names=(*_OPAQUE, *_INIT),
    order=40,
    rewrites={
        _BEFORE: _BEFORE.replace("cublasLtMatrixLayoutOpaque_t", "hipblasLtMatrixLayout_t")
        .replace("cublasLtMatrixLayoutInit", "hipblasLtMatrixLayoutCreate")
        .replace("Attribute(&a", "Attribute(a"),
    },
    keeps=("struct cublasLtMatrixLayoutOpaque_t;",),
    notes=(_BEFORE,),
)
def opaque(site: Site) -> Iterator[Finding]:
    """cuBLASLt lets a descriptor live on the stack and be initialised in place; hipBLASLt fills its own only through
    `Create`, which gives out a pointer. The variable becomes that pointer, `Init` becomes `Create`, and what took the
    variable's address takes the variable. Nobody destroys it: add the matching `Destroy` where it is made often.
    """
    if not used(site):
        return
    if site.text in _INIT:
        if site.call is not None:
            yield site.replace(site.node, _INIT[site.text])
        return
    declaration = site.within("declaration", "field_declaration")
    if declaration is None or declaration.child_by_field_name("type") != site.node:
        return
    variables = {
        site.source.text(node.start_byte, node.end_byte)
        for child in declaration.children_by_field_name("declarator")
        for node in (child.child_by_field_name("declarator") or child,)
        if node.type in ("identifier", "field_identifier")
    }
    around = site.within("function_definition") if declaration.type == "declaration" else None
    yield site.replace(site.node, _OPAQUE[site.text])
    yield site.note(
        Level.TEST,
        f"{', '.join(sorted(variables))}: a descriptor on the stack became one that hipBLASLt creates",
        f"call {_OPAQUE[site.text].removesuffix('_t')}Destroy when it is no longer needed",
    )
    for node in descend(around or site.source.tree.root_node, frozenset({"pointer_expression"})):
        argument = node.child_by_field_name("argument")
        if argument is None or site.source.text(node.start_byte, node.start_byte + 1) != "&":
            continue
        if site.source.text(argument.start_byte, argument.end_byte) not in variables:
            continue
        call = node.parent.parent if node.parent is not None else None
        function = call.child_by_field_name("function") if call is not None else None
        name = "" if function is None else site.source.text(function.start_byte, function.end_byte)
        if name not in _INIT and not name.endswith(("Create", "Destroy")):
            yield site.edit(node.start_byte, argument.start_byte, "")


_HINTS = {
    "CUBLASLT_MATMUL_PREF_REDUCTION_SCHEME_MASK", "CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_A_BYTES",
    "CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_B_BYTES", "CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_C_BYTES",
    "CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_D_BYTES", "CUBLASLT_MATMUL_PREF_MAX_WAVES_COUNT",
    "CUBLASLT_MATMUL_PREF_IMPL_MASK", "CUBLASLT_MATMUL_DESC_SM_COUNT_TARGET", "CUBLASLT_MATMUL_DESC_FAST_ACCUM",
}  # fmt: skip
_SETTERS = ("cublasLtMatmulPreferenceSetAttribute", "cublasLtMatmulDescSetAttribute")
_HINT = """\
#include <cublasLt.h>
cublasStatus_t f(cublasLtMatmulPreference_t p, unsigned bytes) {
  return cublasLtMatmulPreferenceSetAttribute(p, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_A_BYTES, &bytes, sizeof bytes);
}
"""


@rule(
    "blas-lt-hints",
    "Settings that only narrow the search are dropped",
    hazards=("L06",),
    names=_HINTS,
    order=40,
    rewrites={
        _HINT: "#include <cublasLt.h>\ncublasStatus_t f(cublasLtMatmulPreference_t p, unsigned bytes) {\n"
        "  return HIPBLAS_STATUS_SUCCESS /* CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_A_BYTES: hipBLASLt decides itself "
        "*/;\n}\n",
    },
    keeps=("enum Mine { CUBLASLT_MATMUL_PREF_IMPL_MASK };",),
    notes=("#include <cublasLt.h>\nauto a = CUBLASLT_MATMUL_PREF_IMPL_MASK;\n",),
)
def hints(site: Site) -> Iterator[Finding]:
    """These attributes tell cuBLASLt which kernels to leave out or how to accumulate fp8; hipBLASLt has no such
    attributes and the product does not depend on them. The call becomes the status that a check around it expects.
    """
    if not used(site):
        return
    call = site.within("call_expression")
    function = None if call is None else call.child_by_field_name("function")
    name = "" if function is None else site.source.text(function.start_byte, function.end_byte)
    if call is None or name not in (*_SETTERS, *("hip" + setter[2:] for setter in _SETTERS)):
        yield site.note(
            Level.TODO, f"{site.text}: hipBLASLt has no such setting", "drop it: the result does not depend on it"
        )
        return
    parent = call.parent
    alone = "(void)" if parent is not None and parent.type == "expression_statement" else ""
    yield site.replace(call, f"{alone}HIPBLAS_STATUS_SUCCESS /* {site.text}: hipBLASLt decides itself */")


_BY_HAND = {
    "CUBLASLT_EPILOGUE_DRELU": "multiply by the stored mask in a kernel of your own behind the product",
    "CUBLASLT_EPILOGUE_DRELU_BGRAD": "multiply by the stored mask and sum the bias gradient in a kernel of your own",
    "CUBLASLT_MATMUL_DESC_COMPUTE_TYPE": "give the compute type to hipblasLtMatmulDescCreate",
    "CUBLASLT_MATMUL_DESC_SCALE_TYPE": "give the scale type to hipblasLtMatmulDescCreate",
    "CUBLASLT_MATMUL_DESC_D_SCALE_MODE": "hipBLASLt scales D by one factor: HIPBLASLT_MATMUL_DESC_D_SCALE_POINTER",
    "CUBLASLT_MATMUL_DESC_EPILOGUE_AUX_AMAX_POINTER": "compute the largest magnitude in a kernel of your own",
    "cublasLtMatmulAlgoGetIds": "hipblaslt_ext::getAllAlgos lists solutions, hipblasLtMatmulAlgoGetHeuristic the best",
    "cublasLtMatmulAlgoInit": "take the algorithm from hipblasLtMatmulAlgoGetHeuristic or "
    "hipblaslt_ext::getAlgosFromIndex",
    "cublasLtMatmulAlgoConfigSetAttribute": "hipBLASLt's solutions have no settings: choose among those it lists",
    "cublasLtMatmulAlgoConfigGetAttribute": "hipBLASLt's solutions have no settings: drop it",
    "cublasLtMatmulAlgoCapGetAttribute": "hipBLASLt's solutions tell no capabilities: drop it",
    "cublasLtMatmulAlgoCheck": "hipblaslt_ext::matmulIsAlgoSupported answers the same question",
}


@rule(
    "blas-lt-by-hand",
    "cuBLASLt's algorithm tuning and rarer epilogues",
    hazards=("L06",),
    names=_BY_HAND,
    notes=("#include <cublasLt.h>\nauto e = CUBLASLT_EPILOGUE_DRELU;\n",),
    keeps=("enum Mine { CUBLASLT_EPILOGUE_DRELU };",),
)
def lt_by_hand(site: Site) -> Iterator[Finding]:
    """cuBLASLt describes its algorithms by tile, stages and split; hipBLASLt numbers finished kernels and has a
    search of its own in `hipblaslt_ext`. Tuned settings of the one mean nothing to the other.
    """
    if used(site):
        yield site.note(Level.TODO, f"{site.text} has no counterpart in hipBLASLt", _BY_HAND[site.text])


@rule(
    "blas-fp8",
    "Which of the two fp8 encodings a target multiplies",
    hazards=("L06",),
    names=("CUDA_R_8F_E4M3", "CUDA_R_8F_E5M2"),
    notes=("#include <cublasLt.h>\nauto t = CUDA_R_8F_E4M3;\n",),
    keeps=("enum Mine { CUDA_R_8F_E4M3 };",),
)
def fp8_types(site: Site) -> Iterator[Finding]:
    """CUDA's fp8 is the OCP encoding. gfx942 multiplies another one (FNUZ), in which the same byte is half the value;
    gfx950 and gfx12 multiply OCP; gfx90a and gfx11 neither. The type's name is kept as OCP, which is what the bytes
    are.
    """
    if used(site):
        yield site.note(
            Level.TEST,
            f"{site.text} is OCP fp8: gfx942's matrix cores take the FNUZ encoding instead (half the value for the "
            f"same "
            "bits), gfx950 and gfx12 take OCP, gfx90a and gfx11 have no fp8 products",
            f"for gfx942 convert to FNUZ and pass HIP_{site.text[5:]}_FNUZ",
        )


_VERSION = "#include <cublasLt.h>\nsize_t f() { return cublasLtGetVersion(); }"


@rule(
    "blas-lt-version",
    "hipBLASLt's version comes from its header",
    hazards=("L06",),
    names=("cublasLtGetVersion",),
    order=40,
    rewrites={
        _VERSION: _VERSION.replace(
            "cublasLtGetVersion()", "(HIPBLASLT_VERSION_MAJOR * 10000 + HIPBLASLT_VERSION_MINOR * 100)"
        ),
    },
    keeps=("size_t cublasLtGetVersion(int);",),
)
def lt_version(site: Site) -> Iterator[Finding]:
    """`hipblasLtGetVersion` needs a handle and an address; the version that the program was built against needs
    neither, and is counted in hipBLASLt's own releases.
    """
    call = call_with(site, 0)
    if call is not None:
        yield site.edit(
            call.start, call.end, "(HIPBLASLT_VERSION_MAJOR * 10000 + HIPBLASLT_VERSION_MINOR * 100)",
            includes=("hipblaslt/hipblaslt-version.h",),
        )  # fmt: skip
        yield site.note(Level.TEST, "cublasLtGetVersion became hipBLASLt's version: AMD counts from its own start")
