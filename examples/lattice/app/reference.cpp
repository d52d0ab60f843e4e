#include "reference.h"

#include <algorithm>
#include <cmath>
#include <complex>

using lattice::kConstants;
using lattice::kDirections;

namespace reference {
namespace {

float unit(unsigned bits) { return static_cast<float>(bits >> 8) / 16777216.0f; }

}  // namespace

Simulation::Simulation(const lattice::Settings& settings)
    : settings_(settings),
      now_(kDirections * settings.grid.cells()),
      next_(now_.size()),
      density_(settings.grid.cells()),
      velocity_(settings.grid.cells()) {
  const lattice::Grid& grid = settings_.grid;
  for (int cell = 0; cell < grid.cells(); ++cell) {
    density_[cell] = 1.0f + 1e-3f * (unit(lattice::hash(settings_.seed, cell)) - 0.5f);
    for (int i = 0; i < kDirections; ++i)
      now_[i * grid.cells() + cell] =
          lattice::equilibrium(kConstants.weight[i], density_[cell], 0.0f, 0.0f, kConstants.dx[i], kConstants.dy[i]);
  }
  for (int i = 0; i < settings_.tracers; ++i)
    tracers_.push_back({unit(lattice::hash(settings_.seed, 2 * i)) * (grid.width - 1),
                        1 + unit(lattice::hash(settings_.seed, 2 * i + 1)) * (grid.height - 3)});
  remove_stopped();
}

bool Simulation::solid(int cell) const {
  return lattice::solid(settings_.grid, cell % settings_.grid.width, cell / settings_.grid.width);
}

void Simulation::run(int steps) {
  for (int i = 0; i < steps; ++i) {
    step();
    advance();
    if (i % 8 == 7) remove_stopped();
  }
  remove_stopped();
}

void Simulation::step() {
  const lattice::Grid& grid = settings_.grid;
  const int cells = grid.cells();
  for (int cell = 0; cell < cells; ++cell) {
    const int x = cell % grid.width, y = cell / grid.width;
    if (solid(cell)) {
      for (int i = 0; i < kDirections; ++i) next_[i * cells + cell] = now_[i * cells + cell];
      continue;
    }
    float f[kDirections], rho = 0, mx = 0, my = 0;
    for (int i = 0; i < kDirections; ++i) {
      const int from = grid.index(grid.wrap(x - kConstants.dx[i]), y - kConstants.dy[i]);
      f[i] = solid(from) ? now_[kConstants.opposite[i] * cells + cell] : now_[i * cells + from];
      rho += f[i];
      mx += f[i] * kConstants.dx[i];
      my += f[i] * kConstants.dy[i];
    }
    const float ux = mx / rho + settings_.force, uy = my / rho;
    for (int i = 0; i < kDirections; ++i) {
      const float target = lattice::equilibrium(kConstants.weight[i], rho, ux, uy, kConstants.dx[i], kConstants.dy[i]);
      next_[i * cells + cell] = f[i] + settings_.relaxation * (target - f[i]);
    }
    velocity_[cell] = {ux, uy};
    density_[cell] = rho;
  }
  now_.swap(next_);
}

Point Simulation::interpolate(Point place) const {
  const lattice::Grid& grid = settings_.grid;
  const int x = static_cast<int>(std::floor(place.x)), y = static_cast<int>(std::floor(place.y));
  const float fx = place.x - x, fy = place.y - y;
  auto at = [&](int column, int row) {
    const int cell = grid.index(column, row);
    return solid(cell) ? Point{0, 0} : velocity_[cell];
  };
  const int right = grid.wrap(x + 1), up = std::min(y + 1, grid.height - 1);
  const Point a = at(x, y), b = at(right, y), c = at(x, up), d = at(right, up);
  return {(1 - fy) * ((1 - fx) * a.x + fx * b.x) + fy * ((1 - fx) * c.x + fx * d.x),
          (1 - fy) * ((1 - fx) * a.y + fx * b.y) + fy * ((1 - fx) * c.y + fx * d.y)};
}

void Simulation::advance() {
  const float width = static_cast<float>(settings_.grid.width), top = settings_.grid.height - 1.001f;
  auto wrapped = [width](float x) {
    x = x < 0 ? x + width : x;  // which may round to the width itself
    return x >= width ? x - width : x;
  };
  for (Point& place : tracers_) {
    const Point first = interpolate(place);
    const Point middle = {wrapped(place.x + 0.5f * first.x), std::min(std::max(place.y + 0.5f * first.y, 0.0f), top)};
    const Point second = interpolate(middle);
    place = {wrapped(place.x + second.x), std::min(std::max(place.y + second.y, 0.0f), top)};
  }
}

void Simulation::remove_stopped() {
  auto stopped = [this](const Point& place) {
    return solid(settings_.grid.index(static_cast<int>(place.x), static_cast<int>(place.y)));
  };
  tracers_.erase(std::remove_if(tracers_.begin(), tracers_.end(), stopped), tracers_.end());
}

std::vector<double> Simulation::spectrum(int modes) const {
  const lattice::Grid& grid = settings_.grid;
  std::vector<double> power(modes);
  for (int mode = 0; mode < modes; ++mode) {
    for (int y = 1; y < grid.height - 1; ++y) {
      std::complex<double> sum = 0;
      for (int x = 0; x < grid.width; ++x) {
        const int cell = grid.index(x, y);
        if (solid(cell)) continue;
        const std::complex<double> u(velocity_[cell].x, velocity_[cell].y);
        sum += u * std::polar(1.0, -2 * 3.14159265358979323846 * mode * x / grid.width);
      }
      power[mode] += std::norm(sum / double(grid.width));
    }
    power[mode] /= grid.height - 2;
  }
  return power;
}

}  // namespace reference
