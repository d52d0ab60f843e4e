"""Options and images of run-time compilation."""

from __future__ import annotations

import re
from collections.abc import Iterator

from hipwright.finding import Finding, Level
from hipwright.rule import Site, rule

_OPTIONS = {
    "--use_fast_math": "-fgpu-approx-transcendentals",
    "-use_fast_math": "-fgpu-approx-transcendentals",
    "--fmad=false": "-ffp-contract=off",
    "-fmad=false": "-ffp-contract=off",
    "--fmad=true": "-ffp-contract=fast",
    "-fmad=true": "-ffp-contract=fast",
    "-lineinfo": "-gline-tables-only",
    "--generate-line-info": "-gline-tables-only",
    "-rdc=true": "-fgpu-rdc",
    "--relocatable-device-code=true": "-fgpu-rdc",
    "-dc": "-fgpu-rdc",
    "--device-debug": "-g",
    "-G": "-g",
    "-std=c++11": "-std=c++17",
    "--std=c++11": "-std=c++17",
    "--std=c++14": "-std=c++17",
    "--std=c++17": "-std=c++17",
    "--std=c++20": "-std=c++20",
}
_ARCH = re.compile(r"(?:--gpu-architecture|-arch)(?:=|\Z)")
_WITHOUT = re.compile(
    r"--?(?:default-device|device-as-default-execution-space|maxrregcount|extra-device-vectorization|restrict"
    r"|dopt|ftz|prec-sqrt|prec-div|builtin-move-forward|no-source-include|jitify)\b"
)


@rule(
    "rtc-options",
    "Options of run-time compilation are clang's",
    hazards=("R22",),
    kinds=("string_literal",),
    words=("nvrtcCompileProgram", "hiprtcCompileProgram", "nvrtcProgram", "hiprtcProgram"),
    rewrites={
        'void f(nvrtcProgram p) { const char* o[] = {"--use_fast_math"}; nvrtcCompileProgram(p, 1, o); }':
        'void f(nvrtcProgram p) { const char* o[] = {"-fgpu-approx-transcendentals"}; nvrtcCompileProgram(p, 1, o); }',
    },
    keeps=('void f(nvrtcProgram p) { const char* o[] = {"-I/usr/include", "-DX=1"}; nvrtcCompileProgram(p, 2, o); }',),
    notes=(
        'void f(nvrtcProgram p) { const char* o[] = {"--gpu-architecture=compute_80"}; nvrtcCompileProgram(p, 1, o); }',
        'void f(nvrtcProgram p) { const char* o[] = {"-default-device"}; nvrtcCompileProgram(p, 1, o); }',
    ),
    compiles=False,
)  # fmt: skip
def rtc_options(site: Site) -> Iterator[Finding]:
    """hiprtc hands its options to clang, which does not know nvcc's: an unknown one fails at run time only.

    The target is that of the current device unless `--offload-arch` names another, so an architecture option has to
    go or be built from `gcnArchName`; which of them, depends on how the program makes the list.
    """
    text = site.text[1:-1]
    if text in _OPTIONS and _OPTIONS[text] != text:
        yield site.edit(site.node.start_byte + 1, site.node.end_byte - 1, _OPTIONS[text])
    elif _ARCH.match(text):
        yield site.note(
            Level.TODO,
            f'"{text}" is an option of nvrtc: hiprtc fails on it at run time',
            'leave it out (hiprtc compiles for the current device), or pass "--offload-arch=" + prop.gcnArchName',
        )
    elif _WITHOUT.match(text):
        yield site.note(Level.TODO, f'"{text}" has no counterpart in hiprtc', "leave the option out of the list")


@rule(
    "module-image",
    "Modules are AMD code objects, not PTX",
    hazards=("R20",),
    kinds=("string_literal", "raw_string_literal"),
    words=("cuModuleLoad", "cuModuleLoadData", "cuModuleLoadDataEx", "hipModuleLoad", "hipModuleLoadData",
           "cuLinkAddFile", "cuModuleLoadFatBinary", "cuLibraryLoadFromFile", "cudaLibraryLoadFromFile", "address_size",
           "sm_*"),
    notes=(
        'void f(CUmodule* m) { cuModuleLoad(m, "kernels.ptx"); }',
        'const char image[] = R"(\n.version 8.0\n.target sm_80\n.visible .entry k() { ret; }\n)";',
        'const char* image = ".version 8.0\\n" ".target sm_80\\n" ".visible .entry k() { ret; }\\n";',
    ),
    keeps=('void f(CUmodule* m) { cuModuleLoad(m, "kernels.co"); }', 'const char* help = "--target sm_80";'),
)  # fmt: skip
def module_image(site: Site) -> Iterator[Finding]:
    """A module that HIP loads is a code object made for AMD targets: PTX and cubin files are refused at run time, and
    PTX held in a string has no translator.
    """
    text = site.text
    if re.search(r'\.(?:ptx|cubin|fatbin)"\Z', text) or re.search(r"\.version\s+\d", text):
        yield site.note(
            Level.TODO,
            f"{text if len(text) < 60 else 'a module in PTX'} is no image for AMD targets",
            "compile the kernels with `hipcc --genco --offload-arch=...`, or at run time with hiprtc",
        )
