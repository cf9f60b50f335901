// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tools/images/image_batch.hpp"

#include <fmt/format.h>

#include <new>

#include "support/stop_signal.hpp"
#include "vcl/error.hpp"

namespace vcl {

void do_images(const std::vector<std::string>& images, OnError on_error, ImageProgress& progress,
               const std::function<void(const std::string& image)>& work) {
  for (const std::string& image : images) {
    if (StopOnSignal::requested()) return;
    try {
      work(image);
    } catch (const Error& error) {
      if (images.size() == 1 || error.kind() == ErrorKind::Resource) throw;
      const std::string why = error.what();
      progress.count_failed(why.find(image) == why.npos ? fmt::format("'{}': {}", image, why) : why);
    } catch (const std::bad_alloc&) {
      if (images.size() == 1)
        throw Error(ErrorKind::Resource, fmt::format("'{}' needs more memory than there is; make it smaller", image));
      progress.count_failed(fmt::format("'{}' needs more memory than there is; make it smaller", image));
    }
    progress.print_line();
    if (on_error == OnError::Stop && progress.failed() > 0) return;
  }
}

void report_images(const std::vector<std::string>& images, OnError on_error, const ImageProgress& progress) {
  progress.print_summary();
  const std::size_t passed = progress.done() + progress.failed();
  if (progress.failed() > 0 && on_error == OnError::Stop)
    throw Error(ErrorKind::Unreadable,
                fmt::format("stopped at the image that failed, as listed above; the files hold the {} of {} images "
                            "before it",
                            progress.done(), images.size()));
  if (StopOnSignal::requested())
    throw Error(ErrorKind::Unreadable,
                fmt::format("interrupted after {} of {} images; the files hold these", passed, images.size()));
  if (progress.failed() > 0)
    throw Error(ErrorKind::Unreadable, fmt::format("{} of {} images failed, as listed above; the files hold the others",
                                                   progress.failed(), images.size()));
}

}  // namespace vcl
