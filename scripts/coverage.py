"""Compares the name tables with another tool's list of pairs, and proves every difference.

The list (columns `cuda`, `hip`, `kind`) is a yardstick and not part of this repository:

    python scripts/coverage.py --rocm ROCM/include PAIRS.csv

A pair agrees; or its target does not exist in the ROCm headers (a probe fails); or ours is another name that does
exist, for a reason below; or we refuse the rename, for a reason in the row. Anything else is missing and fails.
"""

from __future__ import annotations

import argparse
import csv
import re
import sys
from collections import defaultdict
from pathlib import Path

from clang_headers import hip_clang
from generate_names import HIP_HEADERS
from probe_names import failures, probe_name

from hipwright import knowledge

# The yardstick's targets also live in these; hipRAND and the others wrap them.
BELOW = ("rocblas/rocblas.h", "rocsparse/rocsparse.h", "rocsolver/rocsolver.h", "rocrand/rocrand_kernel.h",
         "rocrand/rocrand.h")  # fmt: skip

# Why another existing target is right: (pattern of theirs, pattern of ours, reason).
BETTER = (
    (r"^_?roc|^ROC|^CUrand|^rocrand", r"^_?hip|^HIP|Info", "the hip* wrapper keeps the CUDA call's arguments"),
    (r"_fnuz$|_FNUZ$", r"^__(hip|HIP)_", "CUDA's fp8 is the OCP format; fnuz has another bias"),
    (r"^hip_bfloat16$", r"^__hip_bfloat16$", "hip_bf16.h's type has CUDA's intrinsics, the older class has not"),
    (r"^hipHostMalloc", r"^hipHostAlloc", "the same value, and hipHostAlloc is the call these go with"),
    (r"^i?hiprtcLink", r"^i?hipLink", "the driver-level linker of hip_runtime_api.h has the driver call's status type"),
    (r"^hipsolver", r"^hipsolverDn", "hipSOLVER's compatibility interface keeps cuSOLVER's arguments"),
    (r"^hipDriverProc|^HIP_GET_PROC|^hipGetProcA", r"^hip(Get)?DriverEntryPoint", "HIP has the runtime's own spelling"),
    (r"^hiprtcGetBitcode", r"^hiprtcGetCode", "the code object is what a module loads; bitcode needs -fgpu-rdc"),
    (r"^hipJitNumLegacyInputTypes$", r"^hipJitNumInputTypes$", "HIP has both; this is the one of the same name"),
    (r"^hipdnn|^HIPDNN", r"^miopen|^MIOPEN", "hipDNN is not in ROCm; MIOpen is"),
    (r"^CUB_", r"^HIPCUB_", "hipCUB defines only its own prefix"),
    (r"^hipGraphInstantiate$", r"^hipGraphInstantiateWithFlags$", "cuda.h 12 means the call with flags"),
    (r"^hipStreamGetCaptureInfo$", r"_v2$", "cuda.h 12 means the second version, and its arguments match"),
    (r"^hipGraphicsResource$", r"^_hipGraphicsResource$", "the tag of the same structure"),
    (r"^rocblas_(half|bfloat16)$", r"^__", "the type the hip* libraries and device code take"),
    (r"^void\*$|^int$", r".", "a type of the language, spelled by name"),
)  # fmt: skip
NOT_CUDA = re.compile(r"^(GL\w+|caffe2/|REGISTER_CUDA|CUDAContext|cuda_stream|helper_\w+\.h|pruneInfo$|surface$)")


def main() -> None:
    """Print the counts by reason; exit with 1 while a pair is missing."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pairs", type=Path)
    parser.add_argument("--rocm", type=Path, required=True)
    parser.add_argument("--show", default="", help="also list the pairs whose reason contains this text")
    arguments = parser.parse_args()
    include = arguments.rocm.resolve()
    with arguments.pairs.open(encoding="utf-8", newline="") as file:
        lines = list(csv.DictReader(file))
    pairs = [(line["cuda"].replace("\\/", "/"), line["hip"].replace("\\/", "/"), line["kind"]) for line in lines]

    targets = sorted({hip for _, hip, kind in pairs if re.fullmatch(r"\w+", hip) and not kind.startswith("include")})
    probes = [probe_name(each, each, "") for each in targets]
    clang = hip_clang(include)
    absent = set(failures(clang, [*HIP_HEADERS[0], *BELOW], probes))
    absent &= set(failures(clang, HIP_HEADERS[1], [probe_name(each, each, "") for each in sorted(absent)]))

    reasons: dict[str, list[str]] = defaultdict(list)
    for cuda, hip, kind in pairs:
        place = header_reason(cuda, hip, include) if kind.startswith("include") else name_reason(cuda, hip, absent)
        reasons[place].append(f"{cuda} = {hip}")
    for reason, which in sorted(reasons.items(), key=lambda item: -len(item[1])):
        print(f"{len(which):6} {reason}")
        if arguments.show and arguments.show in reason:
            print("".join(f"       {each}\n" for each in which), end="")
    missing = [each for reason, which in reasons.items() if reason.startswith("(c)") for each in which]
    print(f"{len(pairs)} pairs, {len(missing)} missing")
    sys.exit(1 if missing else 0)


def header_reason(cuda: str, hip: str, include: Path) -> str:
    """Return how an include pair compares."""
    if NOT_CUDA.match(cuda):
        return "(a) not a CUDA header: a program's own"
    row = knowledge.header(cuda)
    if row is None:
        return "(c) missing"
    if hip in row.hip:
        return "agrees"
    if not (include / hip).is_file():
        return "(a) their header does not exist in ROCm 7.2.4"
    if row.hip and all((include / each).is_file() for each in row.hip):
        return "(b) header: the hip* library's own, which exists"
    return "(b) header: dropped or none, with the way out" if row.state == "dropped" or row.note else "(c) missing"


def name_reason(cuda: str, hip: str, absent: set[str]) -> str:
    """Return how a name pair compares."""
    row = knowledge.lookup(cuda)
    if NOT_CUDA.match(cuda):
        return "(a) not a CUDA name: a program's own, or OpenGL's"
    if row is None:
        return "(c) missing"
    if row.hip == hip:
        return "agrees"
    if row.hip:
        for theirs, ours, why in BETTER:
            if re.search(theirs, hip) and re.search(ours, row.hip):
                return f"(b) {why}"
        if hip in absent:
            return "(a) their target does not exist in ROCm 7.2.4; ours does"
        return "(c) differs for no stated reason"
    if hip in absent:
        return "(a) their target does not exist in ROCm 7.2.4: no counterpart, with the way out"
    if row.note.startswith("nearest is"):
        return "(b) refused: the signatures of the headers differ"
    if re.match(r"^_?roc|^ROC", hip):
        return "(b) refused: only the roc* library has it, with other arguments"
    if row.note and "no counterpart" not in row.note:
        return "(b) refused for the reason in the row"
    return "(c) missing"


if __name__ == "__main__":
    main()
