// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

namespace [[gnu::visibility("default")]] vcl {

/// Processors that this process may use, at least 1: what "threads = 0" means. Inside containers the machine has more.
int usable_processors();

}  // namespace vcl
