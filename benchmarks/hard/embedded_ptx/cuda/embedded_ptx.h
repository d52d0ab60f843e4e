#pragma once

#include <cstdint>

// A 32-bit hash of each of n rows of `words` words: h starts as `seed`, and for each word w in order
//   h = rotate_left((h ^ w) * 0x9E3779B1, 13) + 0x85EBCA77
// with all arithmetic modulo 2^32; at the end h is replaced by the upper 32 bits of the 64-bit product of h and
// 0xC2B2AE3D, xor h. Returns 0 on success.
int hash_rows(const uint32_t* rows, int words, uint32_t seed, uint32_t* hashes, int n);
