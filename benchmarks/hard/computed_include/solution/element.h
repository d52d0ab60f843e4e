#pragma once

// Which storage types this build knows: one line each. name, type, to float, from float.
#define PREFIXED(stem) hip/hip_##stem.h
#define HEADER_OF(stem) <PREFIXED(stem)>

#include HEADER_OF(fp16)
#include HEADER_OF(bf16)

#define ELEMENTS(X)                              \
  X(half, __half, __half2float, __float2half_rn) \
  X(brain, __hip_bfloat16, __bfloat162float, __float2bfloat16)
