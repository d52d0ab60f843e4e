#pragma once

// Jacobi sweeps over the inner points of a bar whose two ends are held: each inner point becomes the mean of its
// neighbours. Stops after the first sweep in which no point moves by more than `tolerance`, or after `limit` sweeps.
// `bar` has n points and receives the result. Returns the number of sweeps made, or a negative number on failure.
int relax(float* bar, int n, float tolerance, int limit);
