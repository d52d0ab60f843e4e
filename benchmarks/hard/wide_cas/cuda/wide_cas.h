#pragma once

// For each of `cells` cells the candidate with the least distance and, among those, the least number: candidate i
// belongs to cell cell_of[i], at distance distances[i] >= 0. A cell without candidates gets -1 and number -1.
int nearest(const int *cell_of, const double *distances, const long long *numbers, int n, int cells, double *distance,
            long long *number);
