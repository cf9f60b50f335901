// SPDX-License-Identifier: LGPL-2.1-or-later
#include "training/distributed/launch.hpp"

#include <unistd.h>

#include <charconv>
#include <cstdint>
#include <cstring>
#include <optional>

#include "vcl/error.hpp"

namespace vcl::train {
namespace {

constexpr int kMostProcesses = 1 << 16, kDefaultPort = 29500;

[[noreturn]] void refuse(const std::string& variable, const std::string& why) {
  throw Error(ErrorKind::Invalid, "the environment variable " + variable + " " + why);
}

std::optional<std::string> text(const Environment& environment, const std::string& variable) {
  const auto found = environment.find(variable);
  if (found == environment.end() || found->second.empty()) return {};
  return found->second;
}

/// Returns nullopt if the variable is not set. Throws Error(Invalid) outside of [least, most].
std::optional<std::int64_t> number(const Environment& environment, const std::string& variable, std::int64_t least,
                                   std::int64_t most) {
  const auto value = text(environment, variable);
  if (!value) return {};
  std::int64_t parsed = 0;
  const char* end = value->data() + value->size();
  const auto [stop, failure] = std::from_chars(value->data(), end, parsed);
  if (failure != std::errc() || stop != end || parsed < least || parsed > most)
    refuse(variable, "is " + *value + ", not a number from " + std::to_string(least) + " to " + std::to_string(most));
  return parsed;
}

/// The variables in which a launcher states rank and number of processes.
struct Names {
  const char *rank, *size, *local_rank;
};

/// Returns nullopt if this launcher did not start the process.
std::optional<Launch> counted(const Environment& environment, const Names& names) {
  const auto size = number(environment, names.size, 1, kMostProcesses);
  if (!size) return {};
  const auto rank = number(environment, names.rank, 0, *size - 1);
  if (!rank) refuse(names.rank, std::string("is missing beside ") + names.size);
  Launch launch;
  launch.rank = int(*rank);
  launch.size = int(*size);
  launch.local_rank = int(number(environment, names.local_rank, 0, *size - 1).value_or(0));
  return launch;
}

std::optional<Launch> torchrun(const Environment& environment) {
  std::optional<Launch> launch = counted(environment, {"RANK", "WORLD_SIZE", "LOCAL_RANK"});
  if (!launch) return {};
  launch->store_is_given = text(environment, "TORCHELASTIC_USE_AGENT_STORE") == "True";
  launch->attempt = text(environment, "TORCHELASTIC_RESTART_COUNT").value_or("");
  return launch;
}

/// SLURM_STEP_ID separates processes started by srun from the script around it, which has the other variables too.
std::optional<Launch> slurm(const Environment& environment) {
  if (!text(environment, "SLURM_STEP_ID")) return {};
  const bool own_count = text(environment, "SLURM_STEP_NUM_TASKS").has_value();
  std::optional<Launch> launch =
      counted(environment, {"SLURM_PROCID", own_count ? "SLURM_STEP_NUM_TASKS" : "SLURM_NTASKS", "SLURM_LOCALID"});
  if (!launch) return {};
  launch->attempt = *text(environment, "SLURM_STEP_ID");
  for (const char* variable : {"SLURM_STEP_NODELIST", "SLURM_JOB_NODELIST"})
    if (const auto list = text(environment, variable); list && launch->host.empty()) launch->host = first_host(*list);
  if (launch->host.empty()) launch->host = text(environment, "SLURM_LAUNCH_NODE_IPADDR").value_or("");
  // Jobs that share a machine use different ports.
  constexpr int kFirstPort = 20000, kPorts = 20000;
  const auto job = number(environment, "SLURM_JOB_ID", 0, INT64_MAX);
  if (job) launch->port = kFirstPort + int(*job % kPorts);
  return launch;
}

std::optional<Launch> mpi(const Environment& environment) {
  const Names kinds[] = {{"OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE", "OMPI_COMM_WORLD_LOCAL_RANK"},
                         {"PMI_RANK", "PMI_SIZE", "MPI_LOCALRANKID"}};
  for (const Names& names : kinds)
    if (std::optional<Launch> launch = counted(environment, names)) {
      const auto here = number(environment, "OMPI_COMM_WORLD_LOCAL_SIZE", 1, kMostProcesses);
      const auto here_too = number(environment, "MPI_LOCALNRANKS", 1, kMostProcesses);
      if (here == launch->size || here_too == launch->size) launch->host = "127.0.0.1";
      return launch;
    }
  return {};
}

}  // namespace

std::string first_host(const std::string& list) {
  const auto malformed = [&] { return Error(ErrorKind::Invalid, "Slurm's list of hosts is malformed: " + list); };
  std::string host;
  for (std::size_t i = 0; i < list.size() && list[i] != ','; ++i) {
    if (list[i] != '[') {
      host += list[i];
      continue;
    }
    // The first number of the first range.
    const std::size_t digits = i + 1, close = list.find(']', digits),
                      end = list.find_first_not_of("0123456789", digits);
    if (close == std::string::npos || end == digits || end > close || !std::strchr("-,]", list[end])) throw malformed();
    host += list.substr(digits, end - digits);
    i = close;
  }
  if (host.empty() || host.find_first_of("] \t\n") != std::string::npos) throw malformed();
  return host;
}

Launch launch_of(const Environment& environment) {
  std::optional<Launch> launch = torchrun(environment);
  if (!launch) launch = slurm(environment);
  if (!launch) launch = mpi(environment);
  if (!launch || launch->size == 1) return {};
  if (const auto host = text(environment, "MASTER_ADDR")) launch->host = *host;
  if (launch->host.empty())
    refuse("MASTER_ADDR", "is missing: set it to the host of the process with rank 0, where all processes meet");
  if (const auto port = number(environment, "MASTER_PORT", 1, 65535)) launch->port = int(*port);
  if (launch->port == 0) launch->port = kDefaultPort;
  return *launch;
}

Environment process_environment() {
  Environment environment;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string pair = *entry;
    const std::size_t equals = pair.find('=');
    if (equals != std::string::npos) environment[pair.substr(0, equals)] = pair.substr(equals + 1);
  }
  return environment;
}

}  // namespace vcl::train
