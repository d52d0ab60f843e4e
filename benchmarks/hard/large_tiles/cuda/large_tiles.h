#pragma once

// For each row of `width` numbers the greatest, and the first place where it stands. width is at least 1.
int row_maxima(const int *numbers, int rows, int width, int *greatest, int *place);
