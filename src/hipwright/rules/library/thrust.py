"""Thrust: the names of its back end."""

from __future__ import annotations

import re
from collections.abc import Iterator

from hipwright.finding import Finding, Level
from hipwright.rule import Site, rule
from hipwright.rules.library.sites import used

_BACKENDS = {"cuda": "hip", "cuda_cub": "hip_rocprim", "cuda_category": "hip_category"}
_BEFORE = re.compile(rb"thrust\s*::\s*(?:system\s*::\s*)?$")
_SORT = """\
#include <thrust/sort.h>
#include <thrust/execution_policy.h>
#include <thrust/system/hip/execution_policy.h>
void f(hipStream_t s, int* p, int n) {
  thrust::sort(thrust::cuda::par.on(s), p, p + n);
}
"""


@rule(
    "thrust-backend",
    "Thrust's back end is called hip",
    hazards=("L18",),
    names=_BACKENDS,
    rewrites={_SORT: _SORT.replace("thrust::cuda::par", "thrust::hip::par")},
    keeps=("namespace cuda { int par; }\nint f() { return cuda::par; }", "namespace mine { namespace cuda {} }"),
)
def backend(site: Site) -> Iterator[Finding]:
    """rocThrust keeps Thrust's interface and names its own back end `hip`: `thrust::cuda::par`, `par_nosync` and the
    policies below `thrust::system::cuda` have the same members there. The `cuda` headers that rocThrust also carries
    belong to the other vendor's compiler.
    """
    before = site.source.data[max(0, site.node.start_byte - 40) : site.node.start_byte]
    if _BEFORE.search(before):
        yield site.replace(site.node, _BACKENDS[site.text])


_SYSTEMS = {"THRUST_DEVICE_SYSTEM_CUDA": "THRUST_DEVICE_SYSTEM_HIP"}


@rule(
    "thrust-system-macro",
    "The device system of rocThrust is HIP",
    hazards=("L18",),
    names=_SYSTEMS,
    rewrites={
        "#include <thrust/version.h>\n#if THRUST_DEVICE_SYSTEM == THRUST_DEVICE_SYSTEM_CUDA\nint a;\n#endif\n":
        "#include <thrust/version.h>\n#if THRUST_DEVICE_SYSTEM == THRUST_DEVICE_SYSTEM_HIP\nint a;\n#endif\n",
    },
    keeps=("#define THRUST_DEVICE_SYSTEM_CUDA 1\n",),
)  # fmt: skip
def system_macro(site: Site) -> Iterator[Finding]:
    """A guard that compares `THRUST_DEVICE_SYSTEM` with CUDA's number asks whether Thrust runs on the GPU; rocThrust's
    number for that is `THRUST_DEVICE_SYSTEM_HIP`. Left alone, the GPU branch would silently disappear.
    """
    parent = site.node.parent
    if parent is not None and parent.type in ("preproc_ifdef", "preproc_defined"):
        return
    if used(site):
        yield site.replace(site.node, _SYSTEMS[site.text])


@rule(
    "thrust-pinned-allocator",
    "Pinned host vectors",
    hazards=("L18",),
    names=("pinned_allocator",),
    notes=("#include <thrust/host_vector.h>\nthrust::host_vector<int, "
           "thrust::cuda::experimental::pinned_allocator<int>> v;\n",),
    keeps=("namespace mine { template <class T> struct pinned_allocator {}; }\nmine::pinned_allocator<int> a;",),
)  # fmt: skip
def pinned_allocator(site: Site) -> Iterator[Finding]:
    """`thrust::cuda::experimental::pinned_allocator` left Thrust; rocThrust never had it. Its memory resource for
    pinned host memory does the same.
    """
    before = site.source.data[max(0, site.node.start_byte - 60) : site.node.start_byte]
    if re.search(rb"thrust\s*::.*experimental\s*::\s*$", before, re.S):
        yield site.note(
            Level.TODO,
            "rocThrust has no pinned_allocator",
            "thrust::mr::stateless_resource_allocator<T, thrust::system::hip::universal_host_pinned_memory_resource>",
        )
