// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "libvcl/engine/stream/window_tracks.hpp"

namespace vcl {

/// A window's queries as they are compared with tracks.
struct SeenQueries {
  explicit SeenQueries(const WindowQueries& window);

  at::Tensor masks;              ///< bool [Q, T, h, w]
  at::Tensor embeddings;         ///< [Q, C], of length 1
  std::vector<int> first, last;  ///< [Q]: frames of the window with a mask, -1: none
};

/// The track of each query, [Q]: a key, or 0. One to one:
/// - First, queries continue tracks of the window before that their masks overlap, in the frames that both windows
///   share or, where they share none, in neighbouring ones. Chosen is the largest sum of overlap and of likeness of
///   the queries, over all pairs.
/// - What moves keeps its track: where a part of what moves lies on the mask of the track that explained such a part
///   most often, the query that explains it now comes first, however unlike the query before, unless several such
///   tracks meet in the part.
/// - Then, queries that are left are objects that come back, where a reported track has been missing for at most
///   `max_age` frames whose query was alike, and which was of a similar size and not too far away.
/// `tracks` have room for the window's frames already; `continuing`: keys of those in the window before that may go on.
std::vector<std::uint64_t> match_queries(const Tracks& tracks, const std::vector<std::uint64_t>& continuing,
                                         const SeenQueries& queries, const WindowQueries& window,
                                         std::uint64_t max_age);

}  // namespace vcl
