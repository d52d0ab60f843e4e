#pragma once

// histogram[b] is how often byte b occurs among `bytes`, and *slots_used how many private copies were added up for it,
// at least one if n is positive.
int byte_histogram(const unsigned char *bytes, int n, unsigned *histogram, int *slots_used);
