"""Preprocessor guards on CUDA's own macros, decided by what they mean."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from hipwright.conditions import (
    Conditional,
    Directive,
    Expression,
    around,
    condition,
    conditional_of,
    directives,
    parse,
)
from hipwright.finding import Edit, Finding, Level
from hipwright.rule import Facts, Site, rule
from hipwright.rules.names import without_counterpart
from hipwright.source import holds_device_code
from hipwright.views import CUDA_RELEASE, MODERN_ARCH, Environment, Macro, cuda_view, hip_view, names_amd

_ARCH = "__CUDA_ARCH__"
_DEVICE = "__HIP_DEVICE_COMPILE__"
# Versions of CUDA's software. `defined(CUDART_VERSION)` asks whether the runtime's header was read.
_VERSIONS = {
    "CUDART_VERSION": "HIP_VERSION",
    "CUDA_VERSION": "HIP_VERSION",
    "__CUDACC_VER_MAJOR__": "__HIPCC__",
    "__CUDACC_VER_MINOR__": "__HIPCC__",
    "__CUDACC_VER_BUILD__": "__HIPCC__",
    "__CUDACC_VER__": "__HIPCC__",
}
_COMPILERS = {
    "__CUDACC__": "__HIPCC__", "__NVCC__": "__HIPCC__", "__CUDA__": "__HIP__", "__CUDACC_RTC__": "__HIPCC_RTC__",
}  # fmt: skip
# Include guards of CUDA's headers: helper code appears only behind the header that it needs.
_HEADERS = {
    "__CUDA_RUNTIME_H__": "HIP_INCLUDE_HIP_HIP_RUNTIME_H",
    "__CUDA_RUNTIME_API_H__": "HIP_INCLUDE_HIP_HIP_RUNTIME_API_H",
    "__DRIVER_TYPES_H__": "HIP_INCLUDE_HIP_HIP_RUNTIME_API_H",
    "__cuda_cuda_h__": "HIP_INCLUDE_HIP_HIP_RUNTIME_API_H",
    "__CUDA_CUDA_H__": "HIP_INCLUDE_HIP_HIP_RUNTIME_API_H",
    "__CUDA_FP16_H__": "HIP_INCLUDE_HIP_HIP_FP16_H",
    "CUBLAS_API_H_": "HIPBLAS_H",
    "CUBLAS_V2_H_": "HIPBLAS_H",
    "_CUFFT_H_": "HIPFFT_H_",
    "CURAND_H_": "HIPRAND_H_",
    "CURAND_KERNEL_H_": "HIPRAND_KERNEL_H_",
    "CUSPARSE_H_": "HIPSPARSE_H",
    "CUSPARSEAPI": "HIPSPARSE_H",
    "CUSOLVER_COMMON_H_": "HIPSOLVER_H",
    "CUSOLVERDN_H_": "HIPSOLVER_H",
}
_GATES = {**_COMPILERS, **_HEADERS}
_OWN = frozenset({_ARCH, *_VERSIONS, *_GATES})
_AMD_COMPILER = frozenset({"__HIPCC__", "__HIP_PLATFORM_AMD__", "__HIP__", "HIP_VERSION", _DEVICE})
_WORD = re.compile(r"[A-Za-z_]\w*")

# Instructions without a counterpart on AMD's targets: a branch that uses them needs its fallback.
_UNPORTABLE = re.compile(
    rb"\b(?:mma\.sync|wmma\.|ldmatrix|stmatrix|movmatrix|wgmma|tcgen05|setmaxnreg|elect\.sync|griddepcontrol|multimem"
    rb"|cp\.async\.bulk|tensormap|mbarrier|bar\.arrive|barrier\.cluster)"
)
_UNPORTABLE_SWITCH = re.compile(
    rb"#[ \t]*define[ \t]+\w*(?:MMA|TMA|LDMATRIX|STMATRIX|WGMMA|TENSOR_?CORE|PDL|CLUSTER)\w*"
)
_REFUSAL = re.compile(rb"#[ \t]*error\b|\b(?:__trap|NO_DEVICE_CODE|assert)\b")
_DEVICE_CODE = re.compile(
    rb"\b(?:__host__|__device__|__global__|__shared__|__forceinline__|__constant__|threadIdx|__syncthreads|cuda\w+|hip\w+)\b|<<<"
)
_CUDA_NAME = re.compile(rb"\b(?:__nv_|cuda[A-Z]|cu[A-Z]|CU[a-z]|CU[A-Z]*_)\w+")
_SWITCH = re.compile(rb"^[ \t]*#[ \t]*define[ \t]+(\w+)", re.M)
_FALLBACK_RELEASES = (12000, 11080, 11000, 10000, 9000, 8000)
_FALLBACK_ARCHES = (750, 700, 610, 600, 530, 350, 300)
# Possessive: a page of code behind a page of directives must not be tried in every way to cut the white space.
_COMMENT = re.compile(rb"//[^\n]*|/\*.*?\*/|\\\r?\n", re.S)
_PRAGMAS = re.compile(rb"[ \t]*#[ \t]*(?:pragma|if|ifdef|ifndef|else|elif|endif)\b")


@dataclass(frozen=True, slots=True)
class _Rendered:
    """A condition in HIP's terms: a constant, or text."""

    constant: int | None
    text: str


class _Guard:
    """One condition, with what is known around it."""

    def __init__(self, text: str, data: bytes, facts: Facts, arch: int, release: int = CUDA_RELEASE) -> None:
        self.text, self.data, self.facts = text, data, facts
        self.device = Environment(cuda_view(arch))
        self.host = Environment(cuda_view(device=False))
        for environment in (self.device, self.host) if release != CUDA_RELEASE else ():
            environment.macros.update({name: Macro(str(release)) for name in ("CUDART_VERSION", "CUDA_VERSION")})
            environment.macros["__CUDACC_VER_MAJOR__"] = Macro(str(release // 1000))
            environment.macros["__CUDACC_VER_MINOR__"] = Macro(str(release % 1000 // 10))
        self.side: bool | None = None  # True: only device code is around; False: only host code
        self.decided = False  # a number was compared: the outcome rests on the choice of `arch` or the release
        self.keep: frozenset[str] = frozenset()

    def outcome(self, node: Expression) -> tuple[bool, bool] | None:
        """Truth on device and on host, where the node rests on CUDA's numbers and constants alone."""
        mentioned = False
        for name in node.names():
            if name.text == _ARCH or (name.text in _VERSIONS and name.kind == "name"):
                mentioned = True
            elif name.kind != "name" or self.facts.integer(name.text) is None or name.text in _OWN:
                return None
            else:
                value = Macro(str(self.facts.integer(name.text)))
                self.device.macros[name.text] = self.host.macros[name.text] = value
        if not mentioned:
            return None
        device, host = self.device.value(node), self.host.value(node)
        if device is None or host is None:
            return None
        if self.side is not None:
            return (bool(device), bool(device)) if self.side else (bool(host), bool(host))
        return bool(device), bool(host)

    def render(self, node: Expression) -> _Rendered:
        """The node as HIP reads it, in a place where only its truth counts."""
        known = self.outcome(node)
        if known is not None:
            self.decided = self.decided or any(name.kind == "name" for name in node.names())
            if known[0] == known[1]:
                return _Rendered(int(known[0]), str(int(known[0])))
            return _Rendered(None, f"defined({_DEVICE})" if known[0] else f"!defined({_DEVICE})")
        match node.kind:
            case "group":
                inner = self.render(node.kids[0])
                simple = "&&" not in inner.text and "||" not in inner.text
                changed = inner.text != self.source(node.kids[0])
                return inner if changed and simple else self._around(node, node.kids[0], inner)
            case "not":
                return _negated(self.render(node.kids[0]), self, node)
            case "binary" if node.text in ("&&", "||"):
                return self._joined(node)
            case "defined" | "name" if node.text not in self.keep:
                target = _GATES.get(node.text) or _VERSIONS.get(node.text) or node.text
                return _Rendered(None, self.source(node).replace(node.text, target))
        return _Rendered(None, self.source(node))

    def source(self, node: Expression) -> str:
        return self.text[node.start : node.end]

    def _around(self, node: Expression, kid: Expression, inner: _Rendered) -> _Rendered:
        if inner.constant is not None:
            return inner
        return _Rendered(None, self.text[node.start : kid.start] + inner.text + self.text[kid.end : node.end])

    def _joined(self, node: Expression) -> _Rendered:
        left, right = (self.render(kid) for kid in node.kids)
        neutral = 1 if node.text == "&&" else 0
        for one, other in ((left, right), (right, left)):
            if one.constant is not None:
                return other if one.constant == neutral else one
        if left.text == right.text:
            return left
        if left.text == "!" + right.text or right.text == "!" + left.text:
            return _Rendered(1 - neutral, str(1 - neutral))
        between = self.text[node.kids[0].end : node.kids[1].start]
        return _Rendered(None, left.text + between + right.text)


def _negated(inner: _Rendered, guard: _Guard, node: Expression) -> _Rendered:
    if inner.constant is not None:
        return _Rendered(1 - inner.constant, str(1 - inner.constant))
    if inner.text == guard.source(node.kids[0]):
        return _Rendered(None, guard.source(node))
    if inner.text.startswith("!defined(") and "&&" not in inner.text and "||" not in inner.text:
        return _Rendered(None, inner.text[1:])
    return _Rendered(None, "!" + inner.text)


def _regions(data: bytes) -> Iterator[tuple[int, bytes]]:
    """The file, and device code in raw strings, which is preprocessed by itself at run time."""
    yield 0, data
    if b'R"' in data:
        for match in re.finditer(rb'R"([^()\\\s]{0,16})\((.*?)\)\1"', data, re.S):
            if holds_device_code(match[2]):
                yield match.start(2), match[2]


def _belongs_to_amd(data: bytes, directive: Directive, own: Conditional | None) -> bool:
    """Whether HIP never reads this directive, by a guard of the author's that names AMD."""
    env = Environment(hip_view())
    chains = around(data, directive.start)
    if own is not None and (index := own.arm(directive.start)):
        chains = [*(pair for pair in chains if pair[0].start != own.start), (own, index)]
    for chain, index in chains:
        for position, branch in enumerate(chain.branches[: index + 1]):
            expression = condition(branch.directive)
            if expression is None or not any(names_amd(name.text) for name in expression.names()):
                continue
            value = env.value(expression)
            mine = position == index and branch.directive.start != directive.start
            if (value == 0 and mine) or (value == 1 and position < index):
                return True
    return False


def _side(data: bytes, directive: Directive, own: Conditional | None) -> bool | None:
    """Whether guards around the directive leave only the device (True) or only the host (False)."""
    device, host = Environment(cuda_view()), Environment(cuda_view(device=False))
    for chain, index in around(data, directive.start):
        if own is not None and chain.start == own.start:
            continue
        first = condition(chain.branches[0].directive)
        if index > 1 or first is None or _ARCH not in chain.branches[0].directive.rest:
            continue
        if index == 1 and chain.branches[1].directive.kind != "else":
            continue
        truths = [env.value(first) for env in (device, host)]
        if None not in truths and bool(truths[0]) != bool(truths[1]):
            return bool(truths[0]) == (index == 0)
    return None


def _agrees(guard: _Guard, expression: Expression, rendered: _Rendered) -> bool:
    """Whether the author's own answer for AMD (`USE_ROCM` defined, CUDA's macros not) is the same after the rewrite."""
    mentioned = {name.text for name in expression.names() if names_amd(name.text)}
    if not mentioned:
        return True
    for device in (True, False):
        env = Environment(hip_view(device))
        for name in mentioned:
            env.macros.setdefault(name, Macro("1"))
        before, after = env.value(expression), env.value(parse(rendered.text))
        if before is not None and (after is None or bool(before) != bool(after)):
            return False
    return True


@dataclass(frozen=True, slots=True)
class _Choice:
    """The architecture and release of CUDA to decide a conditional for; `older`: for the sake of a portable branch."""

    arch: int = MODERN_ARCH
    release: int = CUDA_RELEASE
    older: bool = False


def _chosen(data: bytes, conditional: Conditional | None, facts: Facts) -> _Choice:
    if conditional is None:
        return _Choice()
    text = " ".join(branch.directive.rest for branch in conditional.branches)
    older = [_Choice(arch, older=True) for arch in _FALLBACK_ARCHES] if _ARCH in text else []
    if any(name in text for name in _VERSIONS):
        older += [_Choice(release=release, older=True) for release in _FALLBACK_RELEASES]
    first = _selected(data, conditional, facts, _Choice()) if older else []
    if not any(_unportable(data, conditional, index) for index in first):
        return _Choice()
    for choice in older:
        arms = _selected(data, conditional, facts, choice)
        if arms == first or any(_unportable(data, conditional, index) for index in arms):
            continue
        if not arms:
            # No #else: only a block of switches can be left out, code has to be looked at.
            if all(_only_directives(data, conditional, index) for index in first):
                return choice
            continue
        if not all(_refuses(data, conditional, index) for index in arms):
            return choice
    return _Choice()


def _selected(data: bytes, conditional: Conditional, facts: Facts, choice: _Choice) -> list[int]:
    """The arms that CUDA's device pass may read for an architecture and a release."""
    guard = _Guard("", data, facts, choice.arch, choice.release)
    arms = []
    for index, branch in enumerate(conditional.branches):
        expression = condition(branch.directive)
        value: int | None = 1
        if branch.directive.kind != "else":
            for name in expression.names() if expression else ():
                if name.kind == "name" and name.text not in _OWN and (number := facts.integer(name.text)) is not None:
                    guard.device.macros[name.text] = Macro(str(number))
            value = guard.device.value(expression)
        if value != 0:
            arms.append(index)
        if value:
            break
    return arms


def _arm(data: bytes, conditional: Conditional, index: int) -> bytes:
    branch = conditional.branches[index]
    return data[branch.start : branch.end]


def _unportable(data: bytes, conditional: Conditional, index: int) -> bool:
    text = _arm(data, conditional, index)
    if _UNPORTABLE.search(text) is not None or _UNPORTABLE_SWITCH.search(text) is not None:
        return True
    text += b"\n".join(_switched(data, {name.decode("latin-1") for name in _SWITCH.findall(text)}))
    return any(without_counterpart(name) for name in {match.decode() for match in _CUDA_NAME.findall(text)})


def _switched(data: bytes, switches: set[str]) -> Iterator[bytes]:
    """What stands in this file only where one of the `switches` is defined."""
    for directive in directives(data) if switches else ():
        if directive.kind not in ("if", "ifdef", "elif") or not switches & set(_WORD.findall(directive.rest)):
            continue
        expression, own = condition(directive), conditional_of(data, directive)
        if expression is None or own is None:
            continue
        on = Environment(cuda_view(), dict.fromkeys(switches, Macro("1")))
        off = Environment(cuda_view(), dict.fromkeys(switches))
        if on.value(expression) != 0 and off.value(expression) == 0:
            branch = next(branch for branch in own.branches if branch.directive.start == directive.start)
            yield data[branch.start : branch.end]


def _refuses(data: bytes, conditional: Conditional, index: int) -> bool:
    return _REFUSAL.search(_arm(data, conditional, index)) is not None


def _lines(arm: bytes) -> list[bytes]:
    """The lines that say something, continued ones joined, comments gone."""
    return [line for line in _COMMENT.sub(b" ", arm).split(b"\n") if line.strip()]


def _only_directives(data: bytes, conditional: Conditional, index: int) -> bool:
    return all(line.lstrip().startswith(b"#") for line in _lines(_arm(data, conditional, index)))


def _amd_follows(directive: Directive, own: Conditional | None) -> bool:
    """Whether a later branch is the one that the author wrote for AMD: HIP must not be led into this one."""
    if own is None or (index := own.arm(directive.start)) is None:
        return False
    env = Environment(hip_view())
    for branch in own.branches[index + 1 :]:
        expression = condition(branch.directive) if branch.directive.kind != "else" else None
        if expression and any(names_amd(name.text) for name in expression.names()) and env.value(expression):
            return True
    return False


def _kept(data: bytes, conditional: Conditional | None, expression: Expression) -> frozenset[str]:
    """Compiler macros that stay: they gate pragmas or workarounds of nvcc, or an AMD twin stands beside them."""
    names = {name.text for name in expression.names()} & _COMPILERS.keys()
    if not names or conditional is None:
        return frozenset()
    arms = [_arm(data, conditional, index) for index in range(len(conditional.branches))]
    if any(b"pragma" in arm for arm in arms) and all(_PRAGMAS.match(line) for arm in arms for line in _lines(arm)):
        return frozenset(names)
    device = any(_DEVICE_CODE.search(arm) for arm in arms)
    keep = {"__NVCC__"} & names if not device else set()
    return frozenset(keep)


def _configures_twin(data: bytes, conditional: Conditional | None, directive: Directive) -> bool:
    """A block of switches for CUDA in a file that has its own blocks for HIP: the author's file knows both."""
    if conditional is None:
        return False
    arms = range(len(conditional.branches))
    if not all(_only_directives(data, conditional, index) for index in arms):
        return False
    if not any(b"define" in _arm(data, conditional, index) for index in arms):
        return False
    inner = {branch.directive.start for branch in conditional.branches}
    return any(
        other.kind in ("if", "ifdef", "elif") and other.start not in inner
        and any(name in other.rest for name in ("__HIPCC__", "__HIP_PLATFORM_AMD__", "__HIP__"))
        for other in directives(data)
    )  # fmt: skip


@rule(
    "cuda-guards",
    "Guards on CUDA's macros are decided by what they mean",
    hazards=("R03", "R04", "R05", "R06", "A11"),
    words=_OWN,
    order=30,
    rewrites={
        "__host__ __device__ int f() {\n#ifdef __CUDA_ARCH__\n  return 1;\n#else\n  return 0;\n#endif\n}":
        "__host__ __device__ int f() {\n#ifdef __HIP_DEVICE_COMPILE__\n  return 1;\n#else\n  return 0;\n#endif\n}",
        "__global__ void k(float* p) {\n#if __CUDA_ARCH__ >= 530\n  *p = 1;\n#endif\n}":
        "__global__ void k(float* p) {\n#if defined(__HIP_DEVICE_COMPILE__)\n  *p = 1;\n#endif\n}",
        "#if !defined(__CUDA_ARCH__) || __CUDA_ARCH__ >= 600\nint f();\n#else\nint g();\n#endif\n":
        "#if 1  // !defined(__CUDA_ARCH__) || __CUDA_ARCH__ >= 600\nint f();\n#else\nint g();\n#endif\n",
        "#define VOLTA 700\n#if defined(__CUDA_ARCH__) && (__CUDA_ARCH__ < VOLTA)\nint f();\n#endif\n":
        "#define VOLTA 700\n#if 0  // defined(__CUDA_ARCH__) && (__CUDA_ARCH__ < VOLTA)\nint f();\n#endif\n",
        "#ifdef __CUDACC__\n#define HD __host__ __device__\n#else\n#define HD\n#endif\n":
        "#ifdef __HIPCC__\n#define HD __host__ __device__\n#else\n#define HD\n#endif\n",
        "#if CUDART_VERSION >= 11000 && defined(FAST)\nint f();\n#endif\n":
        "#if defined(FAST)\nint f();\n#endif\n",
        "__device__ void f() {\n#if __CUDA_ARCH__ >= 700\n"
        '  asm volatile("mma.sync.aligned.m8n8k4 ;");\n#else\n  __syncthreads();\n#endif\n}':
        "__device__ void f() {\n#if 0  // __CUDA_ARCH__ >= 700\n"
        '  asm volatile("mma.sync.aligned.m8n8k4 ;");\n#else\n  __syncthreads();\n#endif\n}',
        "#include <cuda.h>\n#if CUDA_VERSION >= 12080\n#define UNPACKS 1\n#endif\n"
        "#if defined(UNPACKS)\nvoid f(CUmemDecompressParams* p);\n#endif\n":
        "#include <cuda.h>\n#if 0  // CUDA_VERSION >= 12080\n#define UNPACKS 1\n#endif\n"
        "#if defined(UNPACKS)\nvoid f(CUmemDecompressParams* p);\n#endif\n",
        "#define HALF_OK (__CUDA_ARCH__ >= 530)\n": "#define HALF_OK (__HIP_DEVICE_COMPILE__ == 1)\n",
    },
    keeps=(
        "#if defined(__HIP_PLATFORM_AMD__)\nint a;\n#elif __CUDA_ARCH__ >= 700\nint b;\n#endif\n",
        "#ifdef __CUDACC__\n#pragma nv_diag_suppress 177\n#endif\n",
        "#if defined(__SIZEOF_INT128__) && !defined(__NVCC__)\n#define HAS_INT128\n#endif\n",
        "#if defined(__CUDA_ARCH__) || defined(__HIP_DEVICE_COMPILE__)\nint a;\n#endif\n",
        "#if __CUDACC_VER_MAJOR__ > 9 || HIP_VERSION >= 402\nint a;\n#endif\n",
        "#if defined(_MSC_VER)\nint a;\n#elif defined(__CUDACC__)\nint b;\n#elif defined(__HIP__)\nint c;\n#endif\n",
        "#if defined(__CUDACC__) && !defined(E_NO_CUDA)\n#define E_CUDACC __CUDACC__\n#endif\n"
        "#if defined(__HIPCC__)\n#define E_HIPCC __HIPCC__\n#endif\n",
        "// __CUDA_ARCH__ >= 700\nint a;",
    ),
    notes=("#if __CUDA_ARCH__ >= (\nint a;\n#endif\n",),
)  # fmt: skip
def cuda_guards(site: Site) -> Iterator[Finding]:
    """None of nvcc's macros exists in HIP: a guard on them silently takes the branch of an undefined name, and a kernel
    guarded by `__CUDA_ARCH__ >= 530` compiles to nothing.

    "Am I on the device" becomes `__HIP_DEVICE_COMPILE__`, which is 1 there and never a number to compare. Each
    comparison becomes its exact truth on device and on host for sm_80 and CUDA 12.9, the newest features that have AMD
    counterparts; where that branch holds instructions without a counterpart and another branch exists, the other one
    is taken. "Is this the GPU compiler" becomes `__HIPCC__`, unless it only silences nvcc. Guards that name AMD
    already are the author's and stay.
    """
    data = site.source.data
    for base, text in _regions(data):
        for directive in directives(text):
            if directive.kind in ("endif", "else", "include", "undef"):
                continue
            words = set(_WORD.findall(directive.rest))
            if not words & _OWN or _guards_header(text, directive):
                continue
            if directive.kind == "define":
                yield from _definition(site, base, text, directive)
            else:
                yield from _conditional(site, base, text, directive, words)


def _guards_header(data: bytes, directive: Directive) -> bool:
    """`#ifndef __CUDA_FP16_H__` in a header that defines it: a copy of CUDA's own."""
    match = re.match(r"\s*(?:!\s*defined\s*\(?\s*)?(\w+)", directive.rest)
    if directive.kind not in ("ifndef", "if", "define") or match is None or match[1] not in _HEADERS:
        return False
    return re.search(rb"#[ \t]*define[ \t]+" + match[1].encode() + rb"\b", data) is not None


def _conditional(site: Site, base: int, data: bytes, directive: Directive, words: set[str]) -> Iterator[Finding]:
    own = conditional_of(data, directive)
    expression = condition(directive)
    if expression is None:
        yield site.note(
            Level.TODO,
            f"this condition on {', '.join(sorted(words & _OWN))} could not be read",
            "in HIP the macro is undefined: decide by hand which branch AMD targets take",
            at=base + directive.start,
        )
        return
    if {name.text for name in expression.names()} & _AMD_COMPILER:
        return
    if _belongs_to_amd(data, directive, own) or _amd_follows(directive, own) or _configures_twin(data, own, directive):
        return
    choice = _chosen(data, own, site.facts)
    text = data[directive.at : directive.end].decode("latin-1")
    guard = _Guard(text, data, site.facts, choice.arch, choice.release)
    guard.keep = _kept(data, own, expression)
    guard.side = _side(data, directive, own)
    rendered = guard.render(expression)
    if not _agrees(guard, expression, rendered):
        return
    if rendered.text != (guard.source(expression) if directive.kind in ("if", "elif") else None):
        yield from _edit(site, base, data, directive, expression, rendered, text)
    if guard.decided or choice.older:
        yield _explain(site, base, directive, text.strip(), rendered, choice.older)


def _edit(
    site: Site, base: int, data: bytes, directive: Directive, expression: Expression, rendered: _Rendered, text: str
) -> Iterator[Edit]:
    start, end = base + directive.at + expression.start, base + directive.at + expression.end
    if directive.kind in ("if", "elif"):
        remark = ""
        line = data.find(b"\n", directive.end)
        rest = data[directive.end : line if line >= 0 else len(data)].strip()
        if rendered.constant is not None and not rest and "/*" not in text:
            remark = "  // " + " ".join(text.replace("\\", " ").split())
        yield site.edit(start, base + directive.end if remark else end, rendered.text + remark)
        return
    # #ifdef X, #ifndef X: another name, or a condition if the answer is a constant.
    negative = expression.kind == "not"
    name = expression.kids[0] if negative else expression
    match = re.fullmatch(r"(!?)(?:defined\()?(\w+)\)?", rendered.text)
    if rendered.constant is None and match is not None and (bool(match[1]) == negative or "(" not in rendered.text):
        if match[2] != name.text:
            yield site.edit(base + directive.at + name.start, base + directive.at + name.end, match[2])
        return
    keyword = base + data.index(directive.kind.encode(), directive.start)
    yield site.edit(keyword, end, f"{directive.kind.removesuffix('ndef').removesuffix('def')} {rendered.text}")


def _explain(site: Site, base: int, directive: Directive, text: str, rendered: _Rendered, fallback: bool) -> Finding:
    short = " ".join(text.split())
    if fallback:
        return site.note(
            Level.TEST,
            f"`{short}`: the branch for older GPUs or releases is taken: the other uses what AMD lacks",
            "compare both branches' results: the fallback may round, saturate or order differently",
            at=base + directive.start,
            hazards=("R05", "A11"),
        )
    answer = {1: "always taken", 0: "never taken"}.get(
        -1 if rendered.constant is None else rendered.constant, f"now `{rendered.text}`"
    )
    version = _ARCH not in text
    return site.note(
        Level.TEST,
        f"`{short}` was decided as CUDA {CUDA_RELEASE // 1000}.{CUDA_RELEASE % 1000 // 10} decides it: {answer}"
        if version
        else f"`{short}` was decided as for sm_{MODERN_ARCH // 10}: {answer}",
        at=base + directive.start,
        hazards=("R03",) if version else ("R04", "R05"),
    )


def _definition(site: Site, base: int, data: bytes, directive: Directive) -> Iterator[Finding]:
    """`#define HALF_OK (__CUDA_ARCH__ >= 530)`: a condition with a name."""
    match = re.match(r"\s*\w+(\([^)]*\))?(?:\s+|(?=\())", directive.rest)
    body = directive.rest[match.end() :] if match else ""
    expression = parse(body)
    if match is None or expression is None or _ARCH not in body:
        return
    if _belongs_to_amd(data, directive, None) or any(
        _configures_twin(data, conditional, directive) for conditional, _ in around(data, directive.start)
    ):
        return
    offset = directive.at + match.end()
    text = data[offset : directive.end].decode("latin-1")
    guard = _Guard(text, data, site.facts, MODERN_ARCH)
    inner = expression
    while inner.kind == "group":
        inner = inner.kids[0]
    if inner.kind == "name":
        on_device = any(_ARCH in b.directive.rest for chain, _ in around(data, directive.start) for b in chain.branches)
        value = str(MODERN_ARCH) if on_device else f"({_DEVICE} * {MODERN_ARCH})"
        yield site.edit(base + offset + expression.start, base + offset + expression.end, value)
        yield site.note(
            Level.TEST,
            f"the architecture number in this macro is {MODERN_ARCH} on AMD targets: as for sm_{MODERN_ARCH // 10}",
            at=base + directive.start,
            hazards=("R05",),
        )
        return
    if guard.outcome(expression) is None:
        return
    rendered = guard.render(expression)
    spelled = rendered.text
    if rendered.constant is None and "defined" not in text:
        # `defined` would not do where the macro stands in an `if` of the language.
        spelled = f"({_DEVICE} {'!=' if spelled.startswith('!') else '=='} 1)"
    yield site.edit(base + offset + expression.start, base + offset + expression.end, spelled)
    yield _explain(site, base, directive, text.strip(), rendered, False)
