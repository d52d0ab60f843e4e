#pragma once
__device__ int reversed(int value);
