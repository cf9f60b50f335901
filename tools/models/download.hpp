// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <string>

namespace vcl {

/// Downloads a file by HTTP or HTTPS to `path`, and returns when all bytes that the server announced are there. If
/// `path` has the beginning of the same file from an earlier call that broke off, only the rest is sent, provided that
/// the server can send parts (`path`.from remembers the address and the server's name of that version). Shows progress
/// on standard error unless `quiet`. Ends with Error(Cancelled) after a signal (StopOnSignal).
///
/// Returns the SHA-256 of the file if the server states it, as Hugging Face does, else an empty string.
///
/// Throws Error(NotFound) if there is no such file at the address, Error(Resource) if the disk is full, and
/// Error(Unreadable) if the transfer fails. The message names the address and the cure.
std::string download(const std::string& address, const std::string& path, bool quiet);

}  // namespace vcl
