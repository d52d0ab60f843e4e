"""Textures and surfaces: AMD's compute accelerators from gfx942 on have no image instructions."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from hipwright.finding import Finding, Helper, Level
from hipwright.rule import Site, rule
from hipwright.source import Call, Source, encoded

_FETCHES = (
    "tex1D", "tex1Dfetch", "tex1DLod", "tex1DGrad", "tex1DLayered", "tex2D", "tex2DLod", "tex2DGrad", "tex2Dgather",
    "tex2DLayered", "tex3D", "tex3DLod", "tex3DGrad", "texCubemap", "surf1Dread", "surf1Dwrite", "surf2Dread",
    "surf2Dwrite", "surf3Dread", "surf3Dwrite", "surf2DLayeredread", "surf2DLayeredwrite",
)  # fmt: skip
_BIND = Helper(
    "HIPWRIGHT_POINT_AT",
    """\
// Makes a pointer in device memory, once a texture reference, point at `data`.
template <typename T>
hipError_t point_at(const T*& pointer, const void* data) {
  return hipMemcpyToSymbol(static_cast<const void*>(&pointer), &data, sizeof data, 0, hipMemcpyHostToDevice);
}
""",
)


@dataclass(frozen=True)
class _Uses:
    """All places of a texture reference behind its declaration: its fetches, and the calls that bind and unbind it."""

    fetches: tuple[Call, ...]
    binds: tuple[Call, ...]
    unbinds: tuple[Call, ...]


def _uses(source: Source, name: str, declared: int) -> _Uses | None:
    """The uses of a linear texture reference; None if it is used otherwise, or not both bound and read in this file."""
    fetches, binds, unbinds = [], [], []
    for match in re.finditer(rb"\b" + encoded(name) + rb"\b", source.data):
        node = source.node_at(*match.span())
        if node is None or match.start() == declared:
            continue
        arguments = node.parent
        if arguments is not None and arguments.type in ("pointer_expression", "unary_expression"):
            arguments = arguments.parent  # &tex
        callee = arguments.prev_sibling if arguments is not None and arguments.type == "argument_list" else None
        while callee is not None and callee.type == "template_function":
            callee = callee.child_by_field_name("name")
        call = None if callee is None else source.call_of(callee)
        if call is None or arguments is None:
            return None
        place = next((i for i, arg in enumerate(call.args) if arg.start <= match.start() < arg.end), -1)
        if call.name == "tex1Dfetch" and len(call.args) == 2 and place == 0:
            fetches.append(call)
        elif re.fullmatch(r"(?:cuda|hip)BindTexture", call.name) and place == 1 and 3 <= len(call.args) <= 5:
            if call.args[0].text not in ("0", "NULL", "nullptr"):
                return None
            binds.append(call)
        elif re.fullmatch(r"(?:cuda|hip)UnbindTexture", call.name) and len(call.args) == 1:
            unbinds.append(call)
        else:
            return None
    return _Uses(tuple(fetches), tuple(binds), tuple(unbinds)) if fetches and binds else None


_LINEAR = re.compile(
    r"<\s*([\w:]+(?:\s+\w+)*)\s*(?:,\s*(?:1|(?:cuda|hip)TextureType1D)\s*(?:,\s*(?:cuda|hip)ReadModeElementType\s*)?)?>"
)


@rule(
    "texture-reference",
    "Texture references over plain memory become pointers",
    hazards=("T06", "T01"),
    names=("texture",),
    rewrites={
        "texture<float, 1, cudaReadModeElementType> tex;\n"
        "__global__ void k(float *p) { p[0] = tex1Dfetch(tex, threadIdx.x) + 1.0f; }\n"
        "void f(const float *d, float *p, size_t n) {\n  cudaBindTexture(0, tex, d, n);\n  k<<<1, 64>>>(p);\n"
        "  cudaUnbindTexture(tex);\n}\n":
        "__device__ const float *tex;\n"
        "__global__ void k(float *p) { p[0] = tex[threadIdx.x] + 1.0f; }\n"
        "void f(const float *d, float *p, size_t n) {\n  point_at(tex, d);\n  k<<<1, 64>>>(p);\n}\n",
    },
    notes=(
        "texture<float, 2, cudaReadModeElementType> image;",
        "texture<float, 1> tex;\n__global__ void k(float *p) { p[0] = tex1Dfetch(tex, 1); }\n"
        "void f(float *d) { cudaBindTexture(0, tex, d, 4); }",
    ),
    keeps=("struct texture { int w; }; texture t; void f(texture *u);", "namespace gl { class texture; }"),
)  # fmt: skip
def texture_reference(site: Site) -> Iterator[Finding]:
    """CUDA 12 removed texture references, HIP keeps them for targets with image instructions only.

    A one-dimensional reference that this file binds to memory and reads by index is a pointer in disguise, and becomes
    one: it works on every target. The two differ outside of the bound range, where a texture gives 0. Any other
    reference is left to a person.
    """
    kind = site.node.parent
    declaration = kind.parent if kind is not None and kind.type == "template_type" else None
    if kind is None or declaration is None or declaration.type != "declaration" or site.foreign:
        return
    declarator = declaration.child_by_field_name("declarator")
    given = site.source.text(site.node.end_byte, kind.end_byte)
    match = _LINEAR.fullmatch(given.strip())
    uses = None
    if match is not None and declarator is not None and declarator.type == "identifier":
        name = site.source.text(declarator.start_byte, declarator.end_byte)
        uses = _uses(site.source, name, declarator.start_byte)
    if match is None or uses is None or declarator is None:
        yield site.note(
            Level.TODO,
            "this texture reference needs image instructions, which gfx942 and gfx950 lack; CUDA 12 removed them too",
            "read the memory through a pointer, or use a texture object where every target has image instructions",
        )
        return
    yield site.edit(kind.start_byte, declarator.start_byte, f"__device__ const {match[1]} *", helpers=(_BIND,))
    for call in uses.fetches:
        yield site.edit(call.start, call.args[0].start, "")
        yield site.edit(call.args[0].end, call.args[1].start, "[")
        yield site.edit(call.close, call.close + 1, "]")
    for call in uses.binds:
        name = call.args[1].text.lstrip("& ")
        yield site.edit(call.start, call.args[2].start, f"point_at({name}, ")
        yield site.edit(call.args[2].end, call.close, "")
    for call in uses.unbinds:
        line = re.compile(rb"[ \t]*(?:cuda|hip)UnbindTexture\([^()]*\);[ \t]*\r?\n")
        begin = site.source.data.rfind(b"\n", 0, call.start) + 1
        alone = line.match(site.source.data, begin)
        yield site.edit(begin, alone.end(), "") if alone else site.edit(call.start, call.end, "hipSuccess")
    yield site.note(
        Level.TEST,
        "a texture reference became a pointer: a read outside of the bound range gave 0 and is now a stray read",
        "check that every index stays inside the memory that is bound",
    )


@rule(
    "image-instructions",
    "Texture and surface reads do not compile for gfx942 and gfx950",
    hazards=("T01",),
    words=_FETCHES,
    notes=("__global__ void k(cudaTextureObject_t t, float *p) { p[0] = tex2D<float>(t, 1.0f, 2.0f); }",),
    keeps=(
        "struct Atlas { float tex2D(int, int); }; // tex2D",
        "__device__ float tex2D(int x, int y) { return x; }\n__device__ float f() { return tex2D(1, 2); }",
    ),
)
def image_instructions(site: Site) -> Iterator[Finding]:
    """Accelerators since gfx942 have no image instructions, and HIP marks these functions unavailable there.

    gfx90a and the RDNA targets have them. One Note for each file; reads of texture references that become pointers are
    left out.
    """
    for match in re.finditer(rb"\b(?:" + "|".join(_FETCHES).encode() + rb")\b", site.source.data):
        node = site.source.node_at(*match.span())
        use = None if node is None else Site(site.source, node, site.facts, site.rule)
        if use is None or use.foreign or use.call is None or not use.call.args or site.facts.overloads(use.text):
            continue
        name = use.call.args[0].text
        pattern = rb"\btexture\s*<[^;{}]*>\s*(" + re.escape(encoded(name)) + rb")\s*;"
        declared = re.search(pattern, site.source.data)
        if declared is not None and _uses(site.source, name, declared.start(1)) is not None:
            continue
        yield use.note(
            Level.TODO,
            f"{use.text} does not compile for gfx942 and gfx950, which have no image instructions",
            "leave these targets out, or read the memory by index (linear memory: tex1Dfetch(t, i) is p[i]; an image: "
            "clamp or wrap the coordinates as its descriptor says, and interpolate by hand)",
        )
        return


_NOTED = {
    "FilterModeLinear": (
        "T02", Level.TEST, "linear filtering of float elements is refused on gfx90a when the texture is made",
        "check the result of creating it; else read the four neighbours and interpolate",
    ),
    "ArrayLayered": (
        "T04", Level.TEST, "layers of an array written through a surface all came out as the last one (gfx90a)",
        "read every layer back in a test, or use a 3D array",
    ),
    "ResourceTypePitch2D": (
        "T05", Level.TEST, "the pitch of a 2D texture has to be a multiple of 256 bytes on gfx90a (CUDA: 32)",
        "allocate with hipMallocPitch, or round the pitch up to hipDeviceAttributeTexturePitchAlignment",
    ),
    "GraphicsGLRegisterBuffer": (
        "T08", Level.TEST, "OpenGL interoperation works only where the same AMD driver renders and computes",
        "test it on the target machine, or copy through the host",
    ),
    "GraphicsGLRegisterImage": (
        "T08", Level.TEST, "OpenGL interoperation works only where the same AMD driver renders and computes",
        "test it on the target machine, or copy through the host",
    ),
} | {
    f"Graphics{api}": (
        "T08", Level.TODO, "HIP has no interoperation with Direct3D 9 to 11, VDPAU or EGL", "copy through the host"
    )
    for api in ("D3D9RegisterResource", "D3D10RegisterResource", "D3D11RegisterResource", "VDPAURegisterVideoSurface",
                "VDPAURegisterOutputSurface", "EGLRegisterImage")
}  # fmt: skip


@rule(
    "texture-limits",
    "Texture and graphics features that AMD's platform limits",
    hazards=("T02", "T04", "T05", "T08"),
    names=tuple(f"{prefix}{name}" for name in _NOTED for prefix in ("cuda", "hip")),
    notes=("void f(cudaTextureDesc *d) { d->filterMode = cudaFilterModeLinear; }",),
    keeps=("void f(cudaTextureDesc *d) { d->filterMode = cudaFilterModePoint; }",),
)
def texture_limits(site: Site) -> Iterator[Finding]:
    """These compile and are refused, or read wrong, on some targets only: what to check is said at each use."""
    hazard, level, message, hint = _NOTED[site.text.removeprefix("cuda").removeprefix("hip")]
    if not site.foreign:
        yield site.note(level, message, hint, hazards=(hazard,))
