// Records for the tests of reports.
#pragma once

#include "results/record.h"

namespace sgdbench {

/// A run that went well, with as many columns filled in as the tests look at.
inline RunRecord sample_run(std::uint64_t repeat = 0) {
  RunRecord run;
  run.run_id = "c1-" + std::to_string(repeat);
  run.config_id = "c1";
  run.repeat = repeat;
  run.status = "ok";
  run.workload = "logreg";
  run.data = "rcv1-like:rows=20000,seed=3";
  run.backend = "some-backend";
  run.workers = 2;
  run.rule = "sgd";
  run.batch = 8;
  run.lr = 0.1;
  run.wall_s = 0.5;
  run.wait_s = 0.125;
  run.epochs = 5;
  run.loss_final = 0.25;
  run.clock = "real";
  return run;
}

/// A cell that could not run.
inline RunRecord sample_refusal() {
  RunRecord run;
  run.run_id = "c2-0";
  run.config_id = "c2";
  run.status = "unsupported";
  run.reason = "one worker only";
  run.workload = "logreg";
  run.data = "a|b.libsvm";
  run.backend = "some-backend";
  run.workers = 4;
  return run;
}

}  // namespace sgdbench
