// A run on the device.
#pragma once

#include <vector>

#include "lattice/kernels.h"

namespace lattice {

struct Results {
  Totals totals;
  std::vector<int> speeds;          // histogram
  std::vector<float> modes;         // power
  std::vector<int> columns;         // tracers
  std::vector<int> identities;      // of tracers that are left, in order
  std::vector<float2> velocity;     // per cell
  std::vector<uint32_t> pairs;      // the snapshot
  uint32_t checksum;
  float milliseconds;
};

constexpr int kSpeedBins = 16;
constexpr float kSpeedLimit = 0.2f;
constexpr int kModes = 8;

class Simulation {
 public:
  explicit Simulation(const Settings& settings);
  void run(int steps);
  Results results();

 private:
  Settings settings_;
  Stream flow_, particles_;
  Event started_{true}, stopped_{true}, flowed_, carried_;
  Fields fields_;
  Tracers tracers_;
};

}  // namespace lattice
