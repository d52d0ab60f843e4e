// The format of a snapshot, for those who write one and those who check one.
#pragma once

#include <cstdint>
#include <vector>

namespace lattice {

// A power of two: scaling by it is exact.
constexpr float kSnapshotScale = 64.0f;

inline uint32_t byte_of(uint32_t word, int at) { return word >> (8 * at) & 0xffu; }

// One cell's part of the checksum.
inline uint32_t mixed(uint32_t word, uint32_t position) {
  const uint32_t swapped =
      byte_of(position, 1) | byte_of(word, 0) << 8 | byte_of(word, 1) << 16 | byte_of(word, 2) << 24;
  const uint32_t chosen = swapped ^ word ^ position;
  const uint64_t wide = static_cast<uint64_t>(chosen) * 0x85ebca6bu + position;
  const uint32_t low = static_cast<uint32_t>(wide), high = static_cast<uint32_t>(wide >> 32);
  const uint32_t shifted = high << 13 | low >> 19;
  const uint32_t permuted = byte_of(high, 1) | byte_of(low, 1) << 8 | byte_of(high, 3) << 16 | byte_of(low, 3) << 24;
  return shifted ^ permuted;
}

inline uint32_t checksum_of(const std::vector<uint32_t>& pairs) {
  uint32_t sum = 0;
  for (uint32_t cell = 0; cell < pairs.size(); ++cell) sum ^= mixed(pairs[cell], cell);
  return sum;
}

// A half's value, for numbers that are not infinite.
inline float half_value(uint16_t bits) {
  const int exponent = bits >> 10 & 31, fraction = bits & 1023;
  float value = exponent ? 1024.0f + fraction : static_cast<float>(fraction);
  for (int e = exponent ? exponent : 1; e < 25; ++e) value *= 0.5f;
  for (int e = 25; e < exponent; ++e) value *= 2.0f;
  return bits >> 15 ? -value : value;
}

}  // namespace lattice
