"""cuRAND: the numbers that come out."""

from __future__ import annotations

from collections.abc import Iterator

from hipwright.finding import Finding, Level
from hipwright.rule import Site, rule
from hipwright.rules.library.sites import used


@rule(
    "rand-sequence",
    "The same seed draws other numbers",
    hazards=("L11", "L12"),
    names=("curandSetPseudoRandomGeneratorSeed", "curandSetGeneratorOrdering", "curand_init"),
    notes=(
        "#include <curand.h>\nvoid f(curandGenerator_t g) { curandSetPseudoRandomGeneratorSeed(g, 1234); }",
        "#include <curand_kernel.h>\n__global__ void k(curandState* s) { curand_init(1, threadIdx.x, 0, s); }",
    ),
    keeps=("struct R { void curand_init(int); };\nvoid f(R r) { r.curand_init(1); }",),
)  # fmt: skip
def sequence(site: Site) -> Iterator[Finding]:
    """rocRAND implements the same families of generators and documents orderings of its own; it does not promise
    cuRAND's numbers for a seed. What a program computes from them is right in distribution: a test that compares
    single values with those of an NVIDIA run fails, one that compares means or bounds passes.
    """
    if not used(site) or site.call is None:
        return
    what = "each thread's sequence" if site.text == "curand_init" else "the generated numbers"
    yield site.note(
        Level.TEST,
        f"{site.text}: {what} may differ from cuRAND's for the same seed",
        "compare statistics, or feed both runs the same stored numbers",
    )


_BY_HAND = {
    "curandMakeMTGP32KernelState": "hiprandMakeMTGP32KernelState (hiprand/hiprand_mtgp32_host.h) with the same "
    "arguments",
    "curandGetProperty": "hiprandGetVersion",
    "curandGeneratePoissonMethod": "hiprandGeneratePoisson: the method is the library's choice",
    "curandGenerateBinomial": "a sum of uniform draws in a kernel: hipRAND has no binomial distribution",
}


@rule(
    "rand-by-hand",
    "cuRAND calls that hipRAND lacks",
    hazards=("L12",),
    names=_BY_HAND,
    notes=("#include <curand.h>\nauto f = curandGetProperty;\n",),
    keeps=("struct R { int curandGetProperty; };",),
)
def by_hand(site: Site) -> Iterator[Finding]:
    """A handful of cuRAND's calls have no hipRAND counterpart of the same name, or none at all."""
    if used(site):
        yield site.note(Level.TODO, f"{site.text} has no counterpart in hipRAND", _BY_HAND[site.text])
