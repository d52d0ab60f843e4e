"""Numbers that describe an NVIDIA multiprocessor."""

from collections.abc import Iterator

from hipwright.finding import Finding, Level
from hipwright.rule import Site, descend, rule
from hipwright.rules.warp.lanes import amd_only

_THREADS = frozenset({1536, 2048})
_VALUES = frozenset({"number_literal", "identifier"})


@rule(
    "threads-per-multiprocessor",
    "Threads per multiprocessor written as a number",
    hazards=("W40",),
    names=("multiProcessorCount", "cudaDevAttrMultiProcessorCount"),
    notes=(
        "#include <cuda_runtime.h>\n"
        "int blocks(cudaDeviceProp p, int threads) { return p.multiProcessorCount * (2048 / threads); }",
    ),
    keeps=(
        "#include <cuda_runtime.h>\nint blocks(cudaDeviceProp p, int threads) "
        "{ return p.multiProcessorCount * p.maxThreadsPerMultiProcessor / threads; }",
    ),
)
def threads_per_multiprocessor(site: Site) -> Iterator[Finding]:
    """How many threads a multiprocessor holds differs: 2048 on a CDNA compute unit, 1024 or 2048 on RDNA, by its mode.

    A grid that is sized by NVIDIA's number is right or wrong in speed, and where it relies on all blocks being resident
    (a grid-wide barrier) it may hang.
    """
    statement = site.within("return_statement", "declaration", "expression_statement")
    if statement is None or site.node.type == "string_content" or amd_only(site.node, site.source):
        return
    for value in descend(statement, _VALUES):
        if site.facts.integer(site.source.text(value.start_byte, value.end_byte)) in _THREADS:
            yield site.note(
                Level.TEST,
                "the number of threads that a multiprocessor holds is NVIDIA's here",
                "use the device's maxThreadsPerMultiProcessor, or ask hipOccupancyMaxActiveBlocksPerMultiprocessor",
            )
            return
