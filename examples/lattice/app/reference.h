// The same simulation on one core of the CPU.
#pragma once

#include <vector>

#include "lattice/d2q9.h"

namespace reference {

struct Point {
  float x, y;
};

class Simulation {
 public:
  explicit Simulation(const lattice::Settings& settings);
  void run(int steps);

  const std::vector<Point>& velocity() const { return velocity_; }
  const std::vector<float>& density() const { return density_; }
  const std::vector<Point>& tracers() const { return tracers_; }
  bool solid(int cell) const;
  std::vector<double> spectrum(int modes) const;

 private:
  void step();
  void advance();
  void remove_stopped();
  Point interpolate(Point place) const;

  lattice::Settings settings_;
  std::vector<float> now_, next_, density_;
  std::vector<Point> velocity_, tracers_;
};

}  // namespace reference
