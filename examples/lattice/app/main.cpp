// A flow past a disc in a channel, on the device and on the CPU: prints what both found and whether they agree.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <numeric>
#include <string>

#include "lattice/simulation.h"
#include "lattice/snapshot.h"
#include "reference.h"

namespace {

int failures = 0;

void expect(bool good, const char* what, double found, double wanted) {
  std::printf("  %-28s %14.7g %14.7g  %s\n", what, found, wanted, good ? "ok" : "WRONG");
  failures += !good;
}

bool close(double a, double b, double tolerance) { return std::fabs(a - b) <= tolerance; }

void compare(const lattice::Settings& settings, const lattice::Results& device, const reference::Simulation& host) {
  double mass = 0, momentum = 0, fastest = 0, worst = 0, packed = 0;
  int fluid = 0;
  const int cells = settings.grid.cells();
  for (int cell = 0; cell < cells; ++cell) {
    const uint32_t pair = device.pairs[cell];
    if (host.solid(cell)) {
      packed = std::max(packed, pair ? 1.0 : 0.0);
      continue;
    }
    const reference::Point u = host.velocity()[cell];
    const float2 v = device.velocity[cell];
    mass += host.density()[cell];
    momentum += static_cast<double>(host.density()[cell]) * u.x;
    fastest = std::max(fastest, static_cast<double>(std::sqrt(u.x * u.x + u.y * u.y)));
    worst = std::max({worst, std::fabs(double(u.x) - v.x), std::fabs(double(u.y) - v.y)});
    packed = std::max<double>({packed, std::fabs(lattice::half_value(pair & 0xffff) / lattice::kSnapshotScale - v.x),
                               std::fabs(lattice::half_value(pair >> 16) / lattice::kSnapshotScale - v.y)});
    ++fluid;
  }
  expect(device.totals.fluid_cells == fluid, "fluid cells", device.totals.fluid_cells, fluid);
  expect(close(device.totals.mass, mass, 1e-4 * mass), "mass", device.totals.mass, mass);
  expect(close(device.totals.momentum, momentum, 1e-3 * std::fabs(momentum) + 1e-6), "momentum", device.totals.momentum, momentum);
  expect(close(device.totals.fastest, fastest, 1e-4), "largest speed", device.totals.fastest, fastest);
  expect(worst < 1e-5, "difference of velocities", worst, 0);
  expect(packed < 2e-4, "difference of the snapshot", packed, 0);

  const int counted = std::accumulate(device.speeds.begin(), device.speeds.end(), 0);
  expect(counted == fluid, "cells in the histogram", counted, fluid);

  const std::vector<double> modes = host.spectrum(lattice::kModes);
  for (int mode = 0; mode < lattice::kModes; mode += 3)
    expect(close(device.modes[mode], modes[mode], 1e-3 * modes[mode] + 1e-9), ("power of mode " + std::to_string(mode)).c_str(),
           device.modes[mode], modes[mode]);

  const auto alive = static_cast<double>(device.identities.size()), expected = static_cast<double>(host.tracers().size());
  expect(close(alive, expected, 1 + 0.01 * expected), "tracers left", alive, expected);
  expect(std::is_sorted(device.identities.begin(), device.identities.end()), "tracers in order", alive, alive);
  const int in_columns = std::accumulate(device.columns.begin(), device.columns.end(), 0);
  expect(in_columns == alive, "tracers in columns", in_columns, alive);

  const uint32_t checksum = lattice::checksum_of(device.pairs);
  expect(device.checksum == checksum, "checksum", device.checksum, checksum);
}

}  // namespace

int main(int argc, char** argv) {
  lattice::Settings settings = {{64, 32}, 1.2f, 1e-4f, 500, 42u};
  int steps = 20;
  if (argc > 1) steps = std::atoi(argv[1]);
  if (argc > 2) settings.grid.width = std::atoi(argv[2]);
  if (argc > 3) settings.grid.height = std::atoi(argv[3]);
  if (argc > 4) settings.tracers = std::atoi(argv[4]);
  if (steps < 1 || settings.grid.width < 16 || settings.grid.height < 12 || settings.tracers < 1) {
    std::fprintf(stderr, "usage: %s [steps [width [height [tracers]]]]\n", argv[0]);
    return 2;
  }
  try {
    lattice::Simulation device(settings);
    device.run(steps);
    const lattice::Results results = device.results();
    reference::Simulation host(settings);
    host.run(steps);
    std::printf("%d steps on %d x %d cells with %d tracers\n", steps, settings.grid.width, settings.grid.height,
                settings.tracers);
    compare(settings, results, host);
    std::fprintf(stderr, "%.3f ms on the device\n", results.milliseconds);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 2;
  }
  std::printf("%s\n", failures ? "WRONG" : "ok");
  return failures != 0;
}
