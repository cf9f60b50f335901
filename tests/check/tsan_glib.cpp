// SPDX-License-Identifier: LGPL-2.1-or-later
// Part of the element tests in builds with ThreadSanitizer: it does not see GLib's GMutex and GCond, which are futexes
// of their own, and would take what they protect for races. Its own locks, and GLib's others, it sees.
#include <dlfcn.h>
#include <glib.h>

extern "C" {
void __tsan_mutex_pre_lock(void* mutex, unsigned flags);
void __tsan_mutex_post_lock(void* mutex, unsigned flags, int recursion);
int __tsan_mutex_pre_unlock(void* mutex, unsigned flags);
void __tsan_mutex_post_unlock(void* mutex, unsigned flags);
}

namespace {

constexpr unsigned kTryLock = 1 << 4, kTryLockFailed = 1 << 5;  // of sanitizer/tsan_interface.h

template <class Function>
Function* real(const char* name) {
  return reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name));
}

void unlocking(GMutex* mutex) {
  __tsan_mutex_pre_unlock(mutex, 0);
  __tsan_mutex_post_unlock(mutex, 0);
}

void locked(GMutex* mutex) {
  __tsan_mutex_pre_lock(mutex, 0);
  __tsan_mutex_post_lock(mutex, 0, 0);
}

}  // namespace

// GLib's headers may define these as macros or inline functions.
#undef g_mutex_lock
#undef g_mutex_unlock
#undef g_mutex_trylock
#undef g_cond_wait
#undef g_cond_wait_until

extern "C" {

void g_mutex_lock(GMutex* mutex) {
  static auto* const lock = real<void(GMutex*)>("g_mutex_lock");
  __tsan_mutex_pre_lock(mutex, 0);
  lock(mutex);
  __tsan_mutex_post_lock(mutex, 0, 0);
}

gboolean g_mutex_trylock(GMutex* mutex) {
  static auto* const lock = real<gboolean(GMutex*)>("g_mutex_trylock");
  __tsan_mutex_pre_lock(mutex, kTryLock);
  const gboolean got = lock(mutex);
  __tsan_mutex_post_lock(mutex, kTryLock | (got ? 0 : kTryLockFailed), 0);
  return got;
}

void g_mutex_unlock(GMutex* mutex) {
  static auto* const unlock = real<void(GMutex*)>("g_mutex_unlock");
  __tsan_mutex_pre_unlock(mutex, 0);
  unlock(mutex);
  __tsan_mutex_post_unlock(mutex, 0);
}

void g_cond_wait(GCond* condition, GMutex* mutex) {
  static auto* const wait = real<void(GCond*, GMutex*)>("g_cond_wait");
  unlocking(mutex);
  wait(condition, mutex);
  locked(mutex);
}

gboolean g_cond_wait_until(GCond* condition, GMutex* mutex, gint64 end) {
  static auto* const wait = real<gboolean(GCond*, GMutex*, gint64)>("g_cond_wait_until");
  unlocking(mutex);
  const gboolean signalled = wait(condition, mutex, end);
  locked(mutex);
  return signalled;
}
}
