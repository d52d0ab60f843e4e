"""Warp code before and after the port, executed lane by lane: the port must mean the same on wave64 and wave32.

A small machine runs the lanes of a block as coroutines. At a warp-wide operation the lanes of one wavefront that
stand at the same place go on together; the others wait, as on hardware without progress of single lanes. The original
runs with CUDA's operations and warps of 32, its port with HIP's operations and wavefronts of 64 and of 32.
"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from hipwright.context import gather
from hipwright.rewrite import Engine
from hipwright.rule import all_rules
from hipwright.source import Source

HERE = Path(__file__).parent
KERNELS = {
    "reduce_and_broadcast": """
        for (int o = warpSize / 2; o > 0; o /= 2) v += __shfl_down_sync(0xffffffff, v, o);
        return __shfl_sync(0xffffffff, v, 0);""",
    "block_reduce": """
        __shared__ int part[32];
        for (int o = 16; o > 0; o >>= 1) v += __shfl_xor_sync(-1, v, o);
        if (threadIdx.x % warpSize == 0) part[threadIdx.x / warpSize] = v;
        __syncthreads();
        v = threadIdx.x < blockDim.x / 32 ? part[threadIdx.x] : 0;
        if (threadIdx.x / 32 == 0) for (int o = 16; o > 0; o >>= 1) v += __shfl_down_sync(~0u, v, o);
        return threadIdx.x == 0 ? v : 0;""",
    "scan": """
        int lane = threadIdx.x & 31;
        for (int d = 1; d < 32; d *= 2) { int o = __shfl_up_sync(0xffffffff, v, d); if (lane >= d) v += o; }
        return v;""",
    "narrow_widths": """
        return __shfl_sync(~0u, v, 3, 8) + __shfl_down_sync(~0u, v, 2, 16) + __shfl_xor_sync(~0u, v, 3, 4);""",
    "ballot_prefix": """
        unsigned b = __ballot_sync(0xffffffff, v % 3 == 0);
        int lane = threadIdx.x % 32;
        return __popc(b & ((1u << lane) - 1)) + 100 * __ffs(b) + 10000 * __clz(b) + (b >> lane & 1);""",
    "votes_after_exit": """
        if (threadIdx.x % 7 == 3) return -1;
        int any = __any_sync(__activemask(), threadIdx.x == 70), all = __all_sync(__activemask(), threadIdx.x < 70);
        return 2 * (any != 0) + (all != 0);""",
    "partial_masks": """
        unsigned m = __ballot_sync(0xffffffff, threadIdx.x & 4);
        if (threadIdx.x & 4)
          return __popc(__ballot_sync(m, v & 1)) + 100 * __any_sync(m, v == 5) + __all_sync(m, v > 0);
        return __ballot_sync(~m, v & 2);""",
    "two_masks_at_once": """
        unsigned m = threadIdx.x & 16 ? 0xffff0000u : 0x0000ffffu;
        return __popc(__ballot_sync(m, v % 3 == 1)) + 100 * (__any_sync(m, v == 9) != 0) + __reduce_add_sync(m, v);""",
    "active_in_a_branch": """
        int r = 0;
        if (threadIdx.x & 1) r = __popc(__activemask()) + __ffs(__activemask());
        return r;""",
    "halves_diverge": """
        int r;
        if (threadIdx.x / 32 % 2) r = __popc(__ballot_sync(~0u, v & 1)) + __shfl_sync(~0u, v, 5);
        else r = __shfl_xor_sync(~0u, v, 16) + __reduce_max_sync(~0u, v);
        return r + __shfl_sync(~0u, r, 1);""",
    "trips_differ_by_warp": """
        for (int i = 0; i <= threadIdx.x / 32; ++i)
          v += __shfl_xor_sync(~0u, v + i, 1) + __ballot_sync(~0u, v & 1) % 97;
        return v;""",
    "matches": """
        unsigned same = __match_any_sync(0xffffffff, v % 5);
        int all; unsigned every = __match_all_sync(0xffffffff, (int)(threadIdx.x / 32), &all);
        int none; unsigned no = __match_all_sync(0xffffffff, v, &none);
        return same * 3 + every + all + no + 7 * none;""",
    "reductions": """
        unsigned u = v, m = __ballot_sync(~0u, v % 4 != 1), r = 0;
        if (v % 4 != 1) r = __reduce_add_sync(m, u) + __reduce_and_sync(m, u | 64) + __reduce_or_sync(m, u)
            + __reduce_xor_sync(m, u) + __reduce_min_sync(m, v - 40) + __reduce_max_sync(m, v);
        return r;""",
    "volatile_tail": """
        __shared__ int data[256];
        volatile int* s = data;
        int t = threadIdx.x;
        for (int i = t; i < 256; i += blockDim.x) data[i] = 0;
        __syncthreads();
        data[t] = v;
        __syncthreads();
        if (t < 32) {
          s[t] += s[t + 32]; s[t] += s[t + 16]; s[t] += s[t + 8]; s[t] += s[t + 4]; s[t] += s[t + 2]; s[t] += s[t + 1];
        }
        return t == 0 ? data[0] : 0;""",
    "rows_of_a_block": """
        int row = threadIdx.x / 32;
        unsigned b = __ballot_sync(0xffffffff, (v + row) % 2);
        __shared__ unsigned bits[32];
        if ((threadIdx.x & 31) == 0) bits[row] = b;
        __syncthreads();
        return bits[row] ^ row;""",
}
SOURCE = "\n".join(f"__device__ int {name}(int v) {{{body}\n}}" for name, body in KERNELS.items())
# NVIDIA's old hardware took every step of a warp together; the machine does not, so that its original says where.
REFERENCE = SOURCE.replace("; s[t] +=", "; __syncwarp(); s[t] +=")
BLOCKS = (20, 32, 48, 64, 96, 128)


@pytest.fixture(scope="module")
def outputs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, str]]:
    compiler = shutil.which("c++") or shutil.which("g++") or shutil.which("clang++")
    if compiler is None:
        pytest.skip("no C++ compiler for the host")
    where = tmp_path_factory.mktemp("lockstep")
    (where / "hip").mkdir()
    (where / "hip" / "hip_runtime.h").write_text("")
    data = SOURCE.encode()
    ported = Engine(all_rules().values()).rewrite(Source("warps.cu", data), gather([data])).source.data.decode()
    assert "_sync(" not in ported
    table = "".join(f'{{"{name}", {name}}}, ' for name in KERNELS)
    rest = f"\nstruct {{ const char* name; int (*function)(int); }} kernels[] = {{{table}}};\n"
    rest += '#include "test_warp_main.h"\n'
    numbers = ",".join(map(str, BLOCKS))
    found = {}
    renamed = ported.replace("(__lane_id() & 32)", "0").replace(", 32)", ", width)")
    for name, text, flags, widths in (
        ("cuda", REFERENCE, ["-DORIGINAL"], (32,)),
        ("hip", ported, ["-D__HIPCC__"], (32, 64)),
        ("renamed", renamed, ["-D__HIPCC__"], (32, 64)),
    ):
        file = where / f"{name}.cpp"
        file.write_text(f'#include "test_warp_machine.h"\n{text}{rest}')
        program = where / f"{name}.out"
        options = ["-std=c++17", "-O0", "-w", f"-I{where}", f"-I{HERE}", f"-DBLOCKS={{{numbers}}}", *flags]
        command = [compiler, *options, str(file), "-o", str(program)]
        subprocess.run(command, check=True, timeout=120)
        for width in widths:
            run = subprocess.run([program, str(width)], check=True, capture_output=True, text=True, timeout=60)
            found[f"{name}{width}"] = {
                " ".join(line.split(" ", 2)[:2]): line.split(" ", 2)[2] for line in run.stdout.splitlines()
            }
    return found


@pytest.mark.parametrize("threads", BLOCKS)
@pytest.mark.parametrize("name", KERNELS)
def test_port_means_the_same_on_both_wavefronts(outputs: dict[str, dict[str, str]], name: str, threads: int) -> None:
    case = f"{name} {threads}"
    expected = outputs["cuda32"][case]
    assert outputs["hip32"][case] == expected
    assert outputs["hip64"][case] == expected


# Trees that only fetch from below, and exchanges inside a narrow width, do not notice 64 lanes.
UNMOVED = {"volatile_tail", "narrow_widths", "block_reduce", "scan"}


@pytest.mark.parametrize("name", sorted(KERNELS.keys() - UNMOVED))
def test_port_by_names_alone_goes_wrong_on_wave64_only(outputs: dict[str, dict[str, str]], name: str) -> None:
    cases = [f"{name} {threads}" for threads in BLOCKS]
    assert all(outputs["renamed32"][case] == outputs["cuda32"][case] for case in cases)
    assert any(outputs["renamed64"][case] != outputs["cuda32"][case] for case in cases)
