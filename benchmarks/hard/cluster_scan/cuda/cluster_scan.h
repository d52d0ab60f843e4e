#pragma once

// Inclusive prefix sums of each of `rows` rows of 2048 integers, modulo 2^32; and the greatest element of each row.
int scan_rows(const unsigned *in, unsigned *out, unsigned *greatest, int rows);
