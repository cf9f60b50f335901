// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <string>
#include <vector>

namespace vcl {

/// Several inputs as people name them.

/// Each text file (.txt) stands for the names that it holds, one a line; relative ones are as on the command line.
/// Throws Error(NotFound | Unreadable) for a list without a name.
std::vector<std::string> expand_lists(const std::vector<std::string>& in);

/// A folder or a pattern of the shell stands for the videos in it, in natural order, unless it holds pictures: these
/// are the frames of one input. A pattern may name folders, too. Says on standard error what it leaves out. A name that
/// stands for nothing stays as it is, and fails when it is read.
std::vector<std::string> expand_videos(const std::vector<std::string>& in);

/// Whether it is a picture by its name, there or not; neither a folder nor a pattern.
bool is_one_picture(const std::string& in);

}  // namespace vcl
