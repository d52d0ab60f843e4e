"""Launches that may begin before the kernel in front of them has ended."""

from collections.abc import Iterator

from hipwright.finding import Finding, Level
from hipwright.rule import Site, rule

_ID = "cudaLaunchAttributeProgrammaticStreamSerialization"
_VALUE = "programmaticStreamSerializationAllowed"


@rule(
    "dependent-launch",
    "Programmatic dependent launches become plain ones",
    hazards=("R25",),
    names=(_ID, _VALUE),
    order=40,
    rewrites={
        "#include <hip/hip_runtime.h>\nvoid f(hipLaunchAttribute& a) {\n"
        "  a.id = cudaLaunchAttributeProgrammaticStreamSerialization;\n"
        "  a.val.programmaticStreamSerializationAllowed = 1;\n}":
        "#include <hip/hip_runtime.h>\nvoid f(hipLaunchAttribute& a) {\n"
        "  a.id = hipLaunchAttributeCooperative;\n"
        "  a.val.cooperative = 0;\n}",
    },
    keeps=("struct S { int programmaticStreamSerializationAllowed; };",),
    notes=("int f(cudaLaunchAttribute a) { return a.val.programmaticStreamSerializationAllowed; }",),
)  # fmt: skip
def dependent_launch(site: Site) -> Iterator[Finding]:
    """On AMD a kernel of a stream begins when the one before it has ended: there is no attribute that lets it begin
    sooner, and nothing to wait for in the kernel. The attribute becomes one that changes nothing (not cooperative), so
    that arrays and counts of attributes stay as they are.
    """
    if site.node.type == "field_identifier":
        access = site.node.parent
        assignment = access.parent if access is not None else None
        if access is None or access.type != "field_expression" or assignment is None:
            return
        value = assignment.child_by_field_name("right") if assignment.type == "assignment_expression" else None
        if value is None or assignment.child_by_field_name("left") != access:
            message = f"{_VALUE} has no HIP counterpart"
            yield site.note(Level.TODO, message, "kernels of a stream run one after the other on AMD")
            return
        yield site.replace(site.node, "cooperative")
        yield site.replace(value, "0")
    elif site.text == _ID:
        yield site.replace(site.node, "hipLaunchAttributeCooperative")
