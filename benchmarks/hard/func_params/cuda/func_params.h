#pragma once

#include <string>
#include <vector>

// Runs one of the filters on `data` in place: "affine" (a, b): a * x + b; "clip" (low, high): x between low and high;
// "power" (base, exponent as a whole number): base * x^exponent. Numbers are given as doubles and converted to what the
// filter takes. Returns 0, -1 for an unknown filter, -2 for a wrong number of numbers, and other codes on failure.
int run_filter(const std::string& name, const std::vector<double>& numbers, std::vector<float>& data);
