#pragma once

// The tightest interval of doubles that holds 1 / x for every x in [low[i], high[i]], neither of which is 0 or has
// another sign than the other; both are between 1e-300 and 1e300 in size.
int reciprocals(const double *low, const double *high, double *out_low, double *out_high, int n);
