// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <map>
#include <string>

namespace vcl::train {

using Environment = std::map<std::string, std::string>;

/// Seconds that a process may be silent before the others give it up.
inline constexpr double kWorkerTimeout = 300;

/// The position of this process among those of one training, as its launcher describes it.
struct Launch {
  int rank = 0, size = 1;
  int local_rank = 0;  ///< rank among the processes on the same machine
  std::string host;    ///< host of the process with rank 0, where all processes meet
  int port = 0;
  /// True if torchrun runs the store in which processes meet. Else the process with rank 0 runs it.
  bool store_is_given = false;
  /// Separates a restart from earlier attempts that use the same store.
  std::string attempt;
};

/// Reads torchrun's variables (RANK, WORLD_SIZE, LOCAL_RANK, MASTER_ADDR, MASTER_PORT), else those of Slurm's srun,
/// Open MPI, or MPICH and Intel MPI. MASTER_ADDR and MASTER_PORT override the host and port from those. Without any of
/// them there is one process. Throws Error(Invalid) that names the variable.
Launch launch_of(const Environment& environment);

/// Returns the environment variables of this process.
Environment process_environment();

/// Returns the first host of Slurm's list: node03 for node[03-10,12],other. Throws Error(Invalid) if it is malformed.
std::string first_host(const std::string& list);

}  // namespace vcl::train
