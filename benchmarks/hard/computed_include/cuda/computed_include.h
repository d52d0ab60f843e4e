#pragma once

#include <cstdint>

// Storage types: values are rounded to nearest, ties to even, when they are stored.
enum Storage { HALF = 0, BRAIN = 1 };

// Rounds in[i] to the given type, multiplies by scale as a float, rounds again, and gives the 16 bits. Returns 0 on success.
int quantise(Storage storage, const float* in, float scale, uint16_t* out, int n);
