#pragma once

// The length of the longest common subsequence of each pair of texts. Text i of the first kind is the `lengths_a[i]`
// bytes from a + i * stride on, and likewise of the second; no text is longer than 128 bytes or than stride.
int common_lengths(const unsigned char *a, const int *lengths_a, const unsigned char *b, const int *lengths_b,
                   int stride, int pairs, int *out);
