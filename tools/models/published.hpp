// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <span>
#include <string>

namespace vcl {

/// A model that its authors publish. None of them comes with gst-vcl.
struct PublishedModel {
  const char* name;          ///< in gst-vcl
  const char* about;         ///< what it is, in a few words
  const char* file;          ///< the authors' name of the file
  const char* address;       ///< of the file; empty: only a person can get it, at `page`
  const char* page;          ///< where its authors describe it
  const char* license;       ///< of the weights, as its authors state it
  const char* architecture;  ///< one of official_architectures(), whose tensors it must have
  const char* sha256_start;  ///< first digits of its SHA-256, if published; else empty
};

/// Returns all published models that gst-vcl runs, in the order of docs/models.md.
std::span<const PublishedModel> published_models();

/// Returns the model of that name, or nullptr.
const PublishedModel* published_model(const std::string& name);

/// Returns the model whose file has that name, or nullptr.
const PublishedModel* published_file(const std::string& file_name);

}  // namespace vcl
