#pragma once

// out[i] is the greatest common divisor of a[i] and b[i], that of 0 and x being x; steps[i] counts the subtractions
// that the binary algorithm makes: twos are taken out of both first, and out of the difference after each one.
// Where a[i] or b[i] is 0 no step is made.
int divisors(const unsigned *a, const unsigned *b, unsigned *out, unsigned *steps, int n);
