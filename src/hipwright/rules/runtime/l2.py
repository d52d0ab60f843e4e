"""Control of the L2 cache."""

from collections.abc import Iterator

from hipwright.finding import Finding
from hipwright.rule import Site, rule


@rule(
    "l2-reset",
    "Resets of persisting L2 lines are left out",
    names=("cudaCtxResetPersistingL2Cache", "cuCtxResetPersistingL2Cache"),
    order=40,
    rewrites={
        "#include <hip/hip_runtime.h>\nbool f() { return cudaCtxResetPersistingL2Cache() == hipSuccess; }":
        "#include <hip/hip_runtime.h>\nbool f() { return hipSuccess == hipSuccess; }",
    },
    keeps=("struct C { void cudaCtxResetPersistingL2Cache(); };\nvoid f(C& c) { c.cudaCtxResetPersistingL2Cache(); }",),
)  # fmt: skip
def l2_reset(site: Site) -> Iterator[Finding]:
    """AMD GPUs have no L2 lines that a program can pin, so there is nothing to give back: the call becomes its success.

    It is a hint on NVIDIA hardware too; results do not depend on it.
    """
    if site.call is not None and not site.call.args and not site.foreign:
        yield site.replace(site.call, "hipSuccess")
