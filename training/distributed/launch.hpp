// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <map>
#include <string>

namespace vcl::train {

using Environment = std::map<std::string, std::string>;

/// For so many seconds a process may be silent before the others give it up.
inline constexpr double kWorkerTimeout = 300;

/// Which of the processes of one training this is, as whoever started them tells it.
struct Launch {
  int rank = 0, size = 1;
  int local_rank = 0;  ///< among those on the same machine
  std::string host;    ///< of the process with rank 0, where all meet
  int port = 0;
  /// torchrun keeps the store in which all meet itself; else it is in the process with rank 0.
  bool store_is_given = false;
  /// Tells a restarted start from the one before where the same store serves both.
  std::string attempt;
};

/// From torchrun's variables (RANK, WORLD_SIZE, LOCAL_RANK, MASTER_ADDR, MASTER_PORT), else those of Slurm's srun, Open
/// MPI or MPICH and Intel MPI. MASTER_ADDR and MASTER_PORT go before what these say of the place. None of them: one
/// process. Throws Error(Invalid) that names the variable.
Launch launch_of(const Environment& environment);

/// The variables of this process.
Environment process_environment();

/// The first host of Slurm's list: node[03-10,12],other is node03. Throws Error(Invalid).
std::string first_host(const std::string& list);

}  // namespace vcl::train
