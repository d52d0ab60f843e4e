#pragma once

static const char window_source[] = R"(
struct Window { int length; float scale; };

__device__ float load_sample(void* samples, unsigned long long offset, void* info, void*) {
  const Window* window = static_cast<const Window*>(info);
  const float at = static_cast<float>(offset % window->length) / window->length;
  const float sample = static_cast<const short*>(samples)[offset] * window->scale;
  return sample * (0.5f - 0.5f * cospif(2.0f * at));
}
)";
