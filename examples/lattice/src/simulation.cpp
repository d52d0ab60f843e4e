// Two streams: while tracers move in the flow of one step, nothing may overwrite that flow.
#include "lattice/simulation.h"

namespace lattice {

Simulation::Simulation(const Settings& settings)
    : settings_(settings), fields_(settings.grid), tracers_(settings.tracers) {
  upload_settings(settings_);
  initialise(settings_, fields_, flow_);
  flowed_.record(flow_);
  particles_.wait_for(flowed_);
  seed_tracers(settings_, fields_, tracers_, particles_);
  carried_.record(particles_);
}

void Simulation::run(int steps) {
  started_.record(flow_);
  for (int i = 0; i < steps; ++i) {
    flow_.wait_for(carried_);
    step(settings_, fields_, flow_);
    flowed_.record(flow_);
    particles_.wait_for(flowed_);
    advance_tracers(settings_, fields_, tracers_, particles_);
    if (i % 8 == 7) remove_stopped(settings_, fields_, tracers_, particles_);
    carried_.record(particles_);
  }
  flow_.wait_for(carried_);
  stopped_.record(flow_);
  stopped_.wait();
}

Results Simulation::results() {
  remove_stopped(settings_, fields_, tracers_, particles_);
  Results results;
  results.totals = totals(settings_, fields_, flow_);
  results.speeds = speed_histogram(settings_, fields_, kSpeedBins, kSpeedLimit, flow_);
  results.modes = spectrum(settings_, fields_, kModes, flow_);
  results.columns = count_by_column(settings_, tracers_, particles_);
  results.identities = tracers_.identity.download(tracers_.count);
  results.velocity = fields_.velocity.download();
  Snapshot snapshot = take_snapshot(settings_, fields_, flow_);
  results.pairs = snapshot.pairs.download();
  results.checksum = snapshot.checksum;
  results.milliseconds = stopped_.milliseconds_since(started_);
  return results;
}

}  // namespace lattice
