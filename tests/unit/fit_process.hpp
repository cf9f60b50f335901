// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "loss_curve.hpp"

namespace vcl::train {

/// `vcl-train fit` as a process; what it says goes to a file.
class FitProcess {
 public:
  /// `largest_file`: bytes that a file may have, as if the disk were full then; 0: any.
  FitProcess(std::vector<std::string> arguments, std::string messages, rlim_t largest_file = 0)
      : messages_(std::move(messages)) {
    arguments.insert(arguments.begin(), {VCL_TRAIN, "fit"});
    std::vector<char*> raw;
    for (std::string& argument : arguments) raw.push_back(argument.data());
    raw.push_back(nullptr);
    child_ = fork();
    if (child_ != 0) return;
    const int file = open(messages_.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0666);
    dup2(file, STDERR_FILENO);
    if (largest_file > 0) {
      signal(SIGXFSZ, SIG_IGN);
      const rlimit limit{largest_file, largest_file};
      setrlimit(RLIMIT_FSIZE, &limit);
    }
    execv(VCL_TRAIN, raw.data());
    _exit(127);
  }
  FitProcess(const FitProcess&) = delete;
  FitProcess& operator=(const FitProcess&) = delete;
  ~FitProcess() {
    if (child_ > 0) stop(SIGKILL);
  }

  /// The exit status, or minus the signal that ended it.
  int wait() {
    int status = 0;
    waitpid(child_, &status, 0);
    child_ = 0;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  }
  bool runs() const {
    siginfo_t ended{};
    return waitid(P_PID, id_t(child_), &ended, WEXITED | WNOHANG | WNOWAIT) == 0 && ended.si_pid == 0;
  }
  int stop(int signal) {
    kill(child_, signal);
    return wait();
  }
  std::string messages() const {
    std::ifstream file(messages_);
    return {std::istreambuf_iterator<char>(file), {}};
  }

 private:
  const std::string messages_;
  pid_t child_ = 0;
};

/// Waits until the log has so many losses, or the process has ended.
inline void wait_for_losses(const FitProcess& process, const std::string& folder, std::size_t count) {
  while (loss_curve(folder).size() < count && process.runs()) usleep(2000);
}

}  // namespace vcl::train
