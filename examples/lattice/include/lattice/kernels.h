// The steps of a simulation. Everything is queued on the stream; functions that return a value wait for it.
#pragma once

#include <vector>

#include "lattice/fields.h"
#include "lattice/stream.h"

namespace lattice {

// flow.cu
void upload_settings(const Settings& settings);
void initialise(const Settings& settings, Fields& fields, cudaStream_t stream);
void step(const Settings& settings, Fields& fields, cudaStream_t stream);

// totals.cu
Totals totals(const Settings& settings, const Fields& fields, cudaStream_t stream);
std::vector<int> speed_histogram(const Settings& settings, const Fields& fields, int bins, float limit,
                                 cudaStream_t stream);

// tracers.cu
void seed_tracers(const Settings& settings, const Fields& fields, Tracers& tracers, cudaStream_t stream);
void advance_tracers(const Settings& settings, const Fields& fields, Tracers& tracers, cudaStream_t stream);
void remove_stopped(const Settings& settings, const Fields& fields, Tracers& tracers, cudaStream_t stream);
std::vector<int> count_by_column(const Settings& settings, const Tracers& tracers, cudaStream_t stream);

// snapshot.cu
Snapshot take_snapshot(const Settings& settings, const Fields& fields, cudaStream_t stream);

// spectrum.cu
std::vector<float> spectrum(const Settings& settings, const Fields& fields, int modes, cudaStream_t stream);

}  // namespace lattice
