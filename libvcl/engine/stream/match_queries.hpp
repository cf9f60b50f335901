// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "libvcl/engine/stream/window_tracks.hpp"

namespace vcl {

/// The queries of a window, prepared for the comparison with tracks.
struct SeenQueries {
  explicit SeenQueries(const WindowQueries& window);

  at::Tensor masks;              ///< bool [Q, T, h, w]
  at::Tensor embeddings;         ///< [Q, C], of length 1
  std::vector<int> first, last;  ///< [Q]: first and last frame of the window with a mask, -1: none
};

/// Returns the track of each query, [Q]: a key, or 0. The assignment is one to one:
/// - First, queries continue tracks of the previous window whose masks they overlap, in the frames that both windows
///   share or, if they share none, in neighboring ones. The assignment maximizes the sum of the overlaps and the
///   similarities of the queries.
/// - Moving objects keep their tracks. If a moving part lies on the mask of the track that most often explained such
///   parts, the query that explains it now has priority, even if it differs from the query before. This does not apply
///   if several such tracks meet in the part.
/// - Then the remaining queries are matched with reported tracks that have been missing for at most `max_age` frames.
///   The queries must be similar, and the object must have a similar size and be not too far away.
/// `tracks` already have room for the frames of the window. `continuing`: keys of the tracks of the previous window
/// that may continue.
std::vector<std::uint64_t> match_queries(const Tracks& tracks, const std::vector<std::uint64_t>& continuing,
                                         const SeenQueries& queries, const WindowQueries& window,
                                         std::uint64_t max_age);

}  // namespace vcl
