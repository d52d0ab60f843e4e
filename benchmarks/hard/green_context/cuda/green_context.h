#pragma once

#include <cstdint>

// Two pieces of work side by side. checks[i] is the sum over the bytes of block i (of `size` bytes) of byte * (1 + its
// place in the block), modulo 2^32; `histogram` counts the values 0..255 over all blocks. Returns 0 on success.
int scan_blocks(const uint8_t* data, int blocks, int size, uint32_t* checks, uint32_t* histogram);
