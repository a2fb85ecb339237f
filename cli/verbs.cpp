#include "cli/verbs.h"

namespace sgdbench {

const std::vector<VerbEntry>& verb_table() {
  static const std::vector<VerbEntry> table{
      {kRun,
       "run",
       "Train each configuration under each backend and compare them.",
       "",
       0,
       0,
       {"sgdbench run",
        "sgdbench run --workload logreg --data rcv1-like:rows=20000 --backend '*' --workers 1,2",
        "sgdbench run --workload mlp --data fashion-mnist --batch 64 --target-accuracy 0.85",
        "sgdbench run --workload svm --data train.svm.bz2 --holdout 0.1 --lr 0.01..1:x10 --csv -",
        "sgdbench run --config suite.toml --csv new.csv"},
       run_verb},
      {kList,
       "list",
       "Show what can be named: backends, workloads, data, rules, protocols, schedules, kernels.",
       "[WHAT]",
       0,
       1,
       {"sgdbench list", "sgdbench list backends --format json"},
       list_verb},
      {kDataInfo,
       "data info",
       "Describe a data set: size, sparsity, conflicts between rows, checksum.",
       "DATA",
       1,
       1,
       {"sgdbench data info train.svm.gz", "sgdbench data info rcv1-like:rows=20000"},
       data_info_verb},
      {kDataMake,
       "data make",
       "Write generated data to a file, for other programs.",
       "NAME[:KEY=VALUE,…]",
       1,
       1,
       {"sgdbench data make rcv1-like:rows=200000,seed=3 -o rcv1.svm",
        "sgdbench data make quadratic -o quadratic.csv"},
       data_make_verb},
      {kVerify,
       "verify",
       "Check that what each backend computes is the gradient; exit with 1 if it is not.",
       "",
       0,
       0,
       {"sgdbench verify", "sgdbench verify --all", "sgdbench verify --backend 'hog*' --workers 4"},
       verify_verb},
  };
  return table;
}

}  // namespace sgdbench
