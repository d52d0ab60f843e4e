#pragma once

#include <vector>

// One expert: `count` problems of the same shape, each C = max(0, scale * A * B + keep * C). Matrices are
// row-major: A is rows x inner, B is inner x columns, C is rows x columns. The problems of an expert follow each other
// in memory.
struct Expert {
  int rows;
  int columns;
  int inner;
  int count;
  float scale;
  float keep;
};

// All experts after each other in a, b and c. Returns 0, or the number of the step that failed.
int multiply_experts(const std::vector<Expert>& experts, const std::vector<float>& a, const std::vector<float>& b,
                     std::vector<float>& c);
