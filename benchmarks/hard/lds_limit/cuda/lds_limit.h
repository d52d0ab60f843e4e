#pragma once

// counts[r * bins + b] is how often b occurs in row r of `width` numbers; numbers that are no bin are left out. There
// are at most 24000 bins. Returns 0, or an error.
int row_histograms(const int *numbers, int rows, int width, int bins, unsigned *counts);
