"""nvcc's command line in clang's terms: the one table behind the compile check and the porting of build files.

The facts about clang's options were tried with clang 22; `--offload-arch` takes a comma-separated list.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from hipwright.finding import Level

# Link names (hazard B02). An empty value: nothing to link, its code comes with headers or with hipcc itself.
LIBRARIES: dict[str, str] = {
    "cublas": "hipblas",
    "cublas_static": "hipblas",
    "cublasLt": "hipblaslt",
    "cublasLt_static": "hipblaslt",
    "cuda": "amdhip64",
    "cudadevrt": "",
    "cudart": "amdhip64",
    "cudart_static": "amdhip64",
    "cudnn": "MIOpen",
    "cufft": "hipfft",
    "cufft_static": "hipfft",
    "cufftw": "hipfftw",
    "culibos": "",
    "curand": "hiprand",
    "curand_static": "hiprand",
    "cusolver": "hipsolver",
    "cusolver_static": "hipsolver",
    "cusparse": "hipsparse",
    "cusparse_static": "hipsparse",
    "cusparseLt": "hipsparselt",
    "nccl": "rccl",
    "nvToolsExt": "roctx64",
    "nvrtc": "hiprtc",
    "nvrtc_static": "hiprtc",
}

# Libraries of NVIDIA's with no counterpart of the same shape (hazard L25): the line needs a person.
NO_COUNTERPART = frozenset(
    {"cudadecode", "cufile", "cupti", "cutensor", "nppc", "nppi", "npps", "nvcuvid", "nvgraph", "nvidia-encode",
     "nvidia-ml", "nvjpeg", "nvJitLink", "nvml", "nvshmem", "nvshmem_host", "nvshmem_device", "nvtiff", "optix"}
)  # fmt: skip

# What nvcc's fast maths is: flushed denormals, approximate division and roots, hardware sines. `-ffast-math` is more:
# it folds (a + b) - a to b, and isnan to false (hazard F02; both seen in clang 22's output).
FAST_MATH = (
    "-fgpu-flush-denormals-to-zero", "-fno-hip-fp32-correctly-rounded-divide-sqrt", "-fgpu-approx-transcendentals"
)  # fmt: skip

# Options without a value that nvcc alone has, or that mean the same under another name.
_EXACT: dict[str, tuple[str, ...]] = {
    "--allow-unsupported-compiler": (),
    "-allow-unsupported-compiler": (),
    "--clean-targets": (),
    "--compile": ("-c",),
    "--compile-as-tools-patch": (),
    "--cudart=none": (),
    "--cudart=shared": (),
    "--cudart=static": (),
    "-cudart=none": (),
    "-cudart=shared": (),
    "-cudart=static": (),
    "--debug": ("-g",),
    "--device-c": ("-fgpu-rdc", "-c"),
    "-dc": ("-fgpu-rdc", "-c"),
    "--device-debug": ("-g",),
    "-G": ("-g",),
    "--device-link": ("-fgpu-rdc", "--hip-link"),
    "-dlink": ("-fgpu-rdc", "--hip-link"),
    "--disable-warnings": ("-w",),
    "--dryrun": ("-###",),
    "-dryrun": ("-###",),
    "--expt-extended-lambda": (),
    "-expt-extended-lambda": (),
    "--extended-lambda": (),
    "-extended-lambda": (),
    "--expt-relaxed-constexpr": (),
    "-expt-relaxed-constexpr": (),
    "-ewp": (),
    "--extra-device-vectorization": (),
    "-extra-device-vectorization": (),
    "--fmad=false": ("-ffp-contract=off",),
    "-fmad=false": ("-ffp-contract=off",),
    "--fmad=true": ("-ffp-contract=fast",),
    "-fmad=true": ("-ffp-contract=fast",),
    "--ftz=false": (),
    "-ftz=false": (),
    "--ftz=true": ("-fgpu-flush-denormals-to-zero",),
    "-ftz=true": ("-fgpu-flush-denormals-to-zero",),
    "--generate-line-info": ("-gline-tables-only",),
    "-lineinfo": ("-gline-tables-only",),
    "--keep": ("-save-temps",),
    "-keep": ("-save-temps",),
    "--no-align-double": (),
    "--no-compress": (),
    "--no-host-device-initializer-list": (),
    "--no-host-device-move-forward": (),
    "--objdir-as-tempdir": (),
    "--prec-div=false": (),
    "-prec-div=false": (),
    "--prec-div=true": (),
    "-prec-div=true": (),
    "--prec-sqrt=false": (),
    "-prec-sqrt=false": (),
    "--prec-sqrt=true": (),
    "-prec-sqrt=true": (),
    "--profile": ("-pg",),
    "--relocatable-device-code=false": (),
    "-rdc=false": (),
    "--relocatable-device-code=true": ("-fgpu-rdc",),
    "-rdc=true": ("-fgpu-rdc",),
    "--resource-usage": ("-Rpass-analysis=kernel-resource-usage",),
    "-res-usage": ("-Rpass-analysis=kernel-resource-usage",),
    "--restrict": (),
    "-restrict": (),
    "--shared": ("-shared",),
    "--source-in-ptx": (),
    "-src-in-ptx": (),
    "--use_fast_math": FAST_MATH,
    "-use_fast_math": FAST_MATH,
    "--use-fast-math": FAST_MATH,
    "-use-fast-math": FAST_MATH,
    "--Wno-deprecated-gpu-targets": (),
    "-Wno-deprecated-gpu-targets": (),
    "-Wdefault-stream-launch": (),
    "-Wmissing-launch-bounds": (),
    "-Wreorder": ("-Wreorder",),
    "--Wreorder": ("-Wreorder",),
}  # fmt: skip

# Options whose value follows, after `=` or as the next word. None: dropped with its value.
_VALUED: dict[str, str | None] = {
    "--archive-options": None,
    "--compiler-bindir": None,
    "-ccbin": None,
    "--compiler-options": "unwrap",
    "-Xcompiler": "unwrap",
    "--cudadevrt": None,
    "-cudadevrt": None,
    "--cudart": None,
    "-cudart": None,
    "--cudafe-options": None,
    "-Xcudafe": None,
    "--define-macro": "-D",
    "--default-stream": "stream",
    "-default-stream": "stream",
    "--diag-error": None,
    "-diag-error": None,
    "--diag-suppress": None,
    "-diag-suppress": None,
    "--diag-warn": None,
    "-diag-warn": None,
    "-dlto": None,
    "--fmad": "fmad",
    "-fmad": "fmad",
    "--ftz": "ftz",
    "-ftz": "ftz",
    "--fatbin-options": None,
    "-Xfatbin": None,
    "--generate-code": "arch",
    "-gencode": "arch",
    "--gpu-architecture": "arch",
    "-arch": "arch",
    "--gpu-code": "code",
    "-code": "code",
    "--include-path": "-I",
    "--keep-dir": None,
    "-keep-dir": None,
    "--library": "-l",
    "--library-path": "-L",
    "--linker-options": "linker",
    "-Xlinker": "linker",
    "--maxrregcount": "registers",
    "-maxrregcount": "registers",
    "--nvlink-options": None,
    "-Xnvlink": None,
    "--optimize": "-O",
    "--options-file": "file",
    "-optf": "file",
    "--output-file": "-o",
    "--prec-div": None,
    "-prec-div": None,
    "--prec-sqrt": None,
    "-prec-sqrt": None,
    "--pre-include": "-include",
    "--ptxas-options": None,
    "-Xptxas": None,
    "--relocatable-device-code": "rdc",
    "-rdc": "rdc",
    "--run-args": None,
    "--split-compile": None,
    "-split-compile": None,
    "--std": "std",
    "-std": "std",
    "--system-include": "-isystem",
    "--target-directory": None,
    "-target-dir": None,
    "--threads": None,
    "-t": None,
    "--undefine-macro": "-U",
    "-Werror": "werror",
    "--Werror": "werror",
    "--x": "language",
    "-x": "language",
}

# Options that only produce NVIDIA's own intermediate files: no AMD build step corresponds.
_NVIDIA_OUTPUT = frozenset({
    "-ptx", "--ptx", "-cubin", "--cubin", "-fatbin", "--fatbin", "-cuda", "--cuda", "-lto", "-dlto", "--device-w",
    "-dw", "--link", "-optix-ir", "--optix-ir"
})  # fmt: skip

_NVCC_WARNINGS = frozenset(
    {"all-warnings", "cross-execution-space-call", "default-stream-launch", "ext-lambda-captures-this",
     "missing-launch-bounds"}
)  # fmt: skip
_ARCH_VALUE = re.compile(r"\b(?:sm|compute|lto)_?\d*|^(?:native|all|all-major)$")
_OLD_STANDARD = re.compile(r"^(c|gnu)\+\+(98|03|0x|11|1y|14|1z)$")
_SHORT_GLUED = re.compile(r"^-Xcompiler[=,](?P<value>.+)$")


@dataclass(frozen=True, slots=True)
class Remark:
    """Something a translated flag needs a reader to know."""

    message: str
    level: Level = Level.INFO
    hazards: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Step:
    """Words `start:end` of a command line become `words`. `target` marks a choice of NVIDIA architectures."""

    start: int
    end: int
    words: tuple[str, ...]
    remark: Remark | None = None
    target: bool = False


@dataclass(frozen=True, slots=True)
class HipFlags:
    """A command line for clang or hipcc: `flags` to pass, `dropped` words of the original, and remarks on them."""

    flags: tuple[str, ...]
    dropped: tuple[str, ...] = ()
    remarks: tuple[Remark, ...] = ()


def translate_flags(words: Sequence[str], language_standard: int = 17) -> HipFlags:
    """A command line of nvcc (or a host compiler) as one of clang; architectures are left to the caller."""
    flags: list[str] = []
    dropped: list[str] = []
    remarks: list[Remark] = []
    for step in steps(words, language_standard):
        original = tuple(words[step.start : step.end])
        if not step.words:
            dropped.extend(original)
        if step.remark is not None and step.remark not in remarks:
            remarks.append(step.remark)
        flags.extend(step.words)
    return HipFlags(tuple(flags), tuple(dropped), tuple(remarks))


def steps(words: Sequence[str], language_standard: int = 17) -> Iterator[Step]:
    """The translation word by word, in order and without gaps, so that a build file can be edited in place."""
    index = 0
    while index < len(words):
        step = _step(words, index, language_standard)
        yield step
        index = step.end


def _step(words: Sequence[str], index: int, standard: int) -> Step:
    word = words[index]
    if word in _EXACT:
        return Step(index, index + 1, _EXACT[word], _REMARKS.get(word))
    if word in _NVIDIA_OUTPUT:
        remark = Remark(
            f"{word} makes a file only NVIDIA's tools read; the step that uses it has to go", Level.TODO, ("B01",)
        )
        return Step(index, index + 1, (), remark)
    if word.startswith("-l") and len(word) > 2:
        return _library(index, word)
    name, equals, value = word.partition("=")
    if name in _VALUED and (equals or name != "-Werror") and (equals or name not in ("-std", "--std")):
        end = index + 1
        if not equals:
            if end >= len(words):
                return Step(index, end, () if _VALUED[name] is None else (word,))
            value = words[end]
            end += 1
        return _valued(index, end, name, value, tuple(words[index:end]), standard)
    if glued := _SHORT_GLUED.match(word):
        return Step(index, index + 1, _unwrapped(glued["value"]))
    if re.match(r"^-O[4-9]$", word):
        return Step(index, index + 1, ("-O3",))
    return Step(index, index + 1, (word,))


def _valued(index: int, end: int, name: str, value: str, original: tuple[str, ...], standard: int) -> Step:
    action = _VALUED[name]
    match action:
        case None:
            return Step(index, end, ())
        case "unwrap":
            return Step(index, end, _unwrapped(value))
        case "arch":
            return Step(
                index, end, (), Remark(f"the NVIDIA target {value} is replaced by AMD targets", hazards=("B01",)), True
            )
        case "code":
            return Step(index, end, (), None, True)
        case "registers":
            message = f"{name} has no counterpart for AMD: bound the registers of each kernel with __launch_bounds__"
            return Step(index, end, (), Remark(message, Level.TEST, ("W38",)))
        case "rdc":
            return Step(index, end, ("-fgpu-rdc",) if value == "true" else ())
        case "ftz":
            return Step(index, end, ("-fgpu-flush-denormals-to-zero",) if value == "true" else ())
        case "fmad":
            return Step(index, end, ("-ffp-contract=off" if value == "false" else "-ffp-contract=fast",))
        case "stream":
            return Step(index, end, ("-fgpu-default-stream=per-thread",) if value == "per-thread" else ())
        case "linker":
            return Step(index, end, tuple(f"-Wl,{part}" for part in value.split(",") if part))
        case "werror":
            parts = value.split(",")
            kept = tuple(f"-Werror={part}" for part in parts if part not in _NVCC_WARNINGS)
            return Step(index, end, (*(("-Werror",) if "all-warnings" in parts else ()), *kept))
        case "language":
            return Step(index, end, ("-x", "hip") if value in ("cu", "cuda") else original)
        case "std":
            old = _OLD_STANDARD.match(value)
            if old and standard >= 17:
                remark = Remark(
                    f"{value} raised to {old[1]}++{standard}: rocPRIM, hipCUB and rocThrust need it", hazards=("L19",)
                )
                return Step(index, end, (f"-std={old[1]}++{standard}",), remark)
            return Step(index, end, (f"-std={value}",))
        case "file":
            return Step(
                index,
                end,
                (),
                Remark(f"{name} reads options from {value}: translate that file by hand", Level.TODO, ("B01",)),
            )
        case "-l":
            return Step(index, end, _library(index, f"-l{value}").words)
        case "-o" | "-isystem" | "-include":
            return Step(index, end, (action, value))
        case _:
            return Step(index, end, (action + value,))


def _unwrapped(value: str) -> tuple[str, ...]:
    """The words that `-Xcompiler` hands on: separated by commas or, where quoted, by spaces."""
    value = value.strip("\"'") if value[:1] in "\"'" and value[-1:] == value[:1] else value
    out: list[str] = []
    for part in _split(value):
        # A comma separates options, except inside one that takes a list itself, or in a function of make.
        if part.startswith(("-Wl,", "-Wa,", "-Wp,")) or "$(" in part:
            out.append(part)
        else:
            out.extend(piece.replace("\\,", ",") for piece in re.split(r"(?<!\\),", part) if piece)
    return tuple(out)


def _split(value: str) -> list[str]:
    try:
        return shlex.split(value)
    except ValueError:
        return value.split()


def _library(index: int, word: str) -> Step:
    name = word[2:]
    if name in NO_COUNTERPART:
        return Step(
            index, index + 1, (word,), Remark(f"{word}: this library has no AMD counterpart", Level.TODO, ("L25",))
        )
    if name not in LIBRARIES:
        return Step(index, index + 1, (word,))
    words = (f"-l{LIBRARIES[name]}",) if LIBRARIES[name] else ()
    return Step(index, index + 1, words, Remark(f"{word} → {' '.join(words) or 'nothing'}", hazards=("B02",)))


_FAST = Remark("fast maths approximates other functions than nvcc's does", Level.TEST, ("F02",))
_RDC = Remark("separate device code: link with -fgpu-rdc --hip-link too", hazards=("B03",))
_REMARKS: dict[str, Remark] = {
    **{word: _FAST for word in _EXACT if "fast" in word and "math" in word},
    **dict.fromkeys(("-dc", "--device-c", "-rdc=true", "--relocatable-device-code=true"), _RDC),
    **dict.fromkeys(("-dlink", "--device-link"), _RDC),
    **{
        word: Remark(f"{word}: clang has no such switch for AMD; divisions and roots stay exact", Level.INFO)
        for word in ("-prec-div=false", "--prec-div=false", "-prec-sqrt=false", "--prec-sqrt=false")
    },
}

# What a check may hand to a compiler from an untrusted build file: options that change the meaning of the source and
# cannot name programs, plug-ins or files to write.
_SAFE = re.compile(
    r"^-(?:D|U)\w.*$|^-std=[\w+]+$|^-O[0-3sz]?$|^-x$|^-W(?!l,|a,|p,)[\w=+-]*$|^-w$|^-g$"
    r"|^-f(?:(?:no-)?(?:fast-math|honor-nans|honor-infinities|gpu-flush-denormals-to-zero|gpu-approx-transcendentals|"
    r"hip-fp32-correctly-rounded-divide-sqrt|gpu-rdc|openmp|exceptions|rtti|"
    r"strict-aliasing|signed-char|unsigned-char|math-errno|finite-math-only|associative-math|reciprocal-math|signed-zeros|"
    r"trapping-math|permissive|char8_t|short-enums|ms-extensions|wrapv|inline|unroll-loops|PIC|pic|PIE|pie|"
    r"cx-limited-range|delayed-template-parsing))$"
    r"|^-f(?:fp-contract=\w+|visibility=\w+|gpu-default-stream=[\w-]+|template-depth=\d+|constexpr-\w+=\d+)$"
    r"|^-m(?:avx\w*|sse[\w.]*|fma|f16c|64|arch=[\w-]+|tune=[\w-]+)$|^-pthread$|^-pedantic$|^-ansi$"
)


def safe(words: Sequence[str]) -> tuple[str, ...]:
    """The words a compile check may pass on: no include paths (the caller knows those), no outputs, no plug-ins."""
    out: list[str] = []
    skip = False
    for index, word in enumerate(words):
        if skip:
            skip = False
            continue
        if word in ("-D", "-U") and index + 1 < len(words):
            out.append(word + words[index + 1])
            skip = True
        elif word == "-x" and index + 1 < len(words):
            if words[index + 1] in ("hip", "c", "c++"):
                out += [word, words[index + 1]]
            skip = True
        elif _SAFE.match(word):
            out.append(word)
    return tuple(out)
