"""Which functions of a GPU make the lanes of a wavefront or a block meet.

Such a call gets the number of its place (its site) as one more argument, and a kernel that can reach one runs each lane
as a fiber. The C++ side has the same list: runtime/device/*.cpp take `site` last in exactly these.
"""

from __future__ import annotations

# An entry stands for itself and for every name that continues it with a dot: type suffixes, variants.
# An entry that ends in "_" stands for every name that begins so.
AMD_SYNC = frozenset(
    {
        *(
            f"llvm.amdgcn.{name}"
            for name in [
                "ballot",
                "ds.append",
                "ds.bpermute",
                "ds.consume",
                "ds.gws",
                "ds.permute",
                "ds.swizzle",
                "endpgm",
                "fcmp",
                "icmp",
                "mfma",
                "mov.dpp",
                "mov.dpp8",
                "permlane.bcast",
                "permlane.down",
                "permlane.idx.gen",
                "permlane.up",
                "permlane.xor",
                "permlane16",
                "permlane32",
                "permlane64",
                "permlanex16",
                "readfirstlane",
                "readlane",
                "s.barrier",
                "s.sleep",
                "smfmac",
                "swmmac",
                "update.dpp",
                "wave.barrier",
                "wave.reduce",
                "wmma",
                "writelane",
                "wqm.vote",
            ]
        ),
        "__ockl_activelane_u32",
        "__ockl_grid_sync",
        "__ockl_gws_barrier",
        "__ockl_multi_grid_sync",
        "__ockl_wfall_",
        "__ockl_wfany_",
        "__ockl_wfbcast_",
        "__ockl_wfred_",
        "__ockl_wfscan_",
        "__ockl_wgred_",
    }
)
NVIDIA_SYNC = frozenset(
    f"llvm.nvvm.{name}"
    for name in [
        "activemask",
        "bar.warp.sync",
        "barrier",
        "barrier0",
        "match",
        "nanosleep",
        "redux",
        "shfl",
        "vote",
    ]
)

_EXACT = AMD_SYNC | NVIDIA_SYNC
_BEGINNINGS = tuple(sorted(name for name in _EXACT if name.endswith("_")))


def synchronises(name: str) -> bool:
    """Whether a function makes lanes meet, by its name in the IR."""
    if name.startswith("llvm."):
        parts = name.split(".")
        return any(".".join(parts[:end]) in _EXACT for end in range(3, len(parts) + 1))
    return name in _EXACT or name.startswith(_BEGINNINGS)
