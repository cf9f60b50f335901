// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <bit>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace vcl::test {

inline std::string big(std::uint64_t value, int bytes) {
  std::string text;
  for (int i = bytes - 1; i >= 0; --i) text += char(value >> (8 * i));
  return text;
}

inline std::string little(std::uint64_t value, int bytes) {
  const std::string text = big(value, bytes);
  return {text.rbegin(), text.rend()};
}

inline std::string box(const std::string& type, const std::string& content) {
  return big(8 + content.size(), 4) + type + content;
}

/// Seconds, in parts of this many.
struct Length {
  std::uint64_t seconds, parts;
};

/// The header of a movie or a track that states how long it is.
inline std::string length_box(const std::string& type, Length length, int version) {
  const int width = version == 1 ? 8 : 4;
  return box(type, big(std::uint64_t(version), 1) + std::string(3 + 2 * std::size_t(width), '\1') +
                       big(length.parts, 4) + big(length.seconds * length.parts, width) + "rest");
}

/// The index of an MP4 file; `begin`: of the first edit of each track, in its parts of a second.
inline std::string movie_index(Length whole, const std::vector<Length>& tracks, int version, std::int64_t begin = 0) {
  const int width = version == 1 ? 8 : 4;
  const std::string edits = big(std::uint64_t(version), 1) + big(0, 3) + big(1, 4) + big(20, width) +
                            big(std::uint64_t(begin), width) + big(1 << 16, 4);
  std::string boxes = box("free", "");
  for (const Length& track : tracks)
    boxes += box("trak",
                 box("tkhd", "x") + box("edts", box("elst", edits)) + box("mdia", length_box("mdhd", track, version)));
  return box("moov", length_box("mvhd", whole, version) + boxes);
}

inline std::string element(const std::string& id, const std::string& content) {
  return id + big(content.size() | 1ull << 56, 8) + content;
}

inline std::string chunk(const std::string& id, const std::string& content) {
  return id + little(content.size(), 4) + content;
}

inline std::string flash_tag(int type, const std::string& content) {
  return big(std::uint64_t(type), 1) + big(content.size(), 3) + std::string(7, '\0') + content +
         big(11 + content.size(), 4);
}

inline std::string flash() {
  const std::string name = std::string(
      "\x02\0\x0AonMetaData\x08\0\0\0\1\0\x08"
      "filesize\0",
      29);
  const std::string rest = flash_tag(9, "video") + flash_tag(8, "sound");
  const std::uint64_t size = 13 + 11 + name.size() + 8 + 4 + rest.size();
  return "FLV\1\5" + big(9, 4) + big(0, 4) + flash_tag(18, name + big(std::bit_cast<std::uint64_t>(double(size)), 8)) +
         rest;
}

inline std::string ogg_page(int flags, const std::string& content) {
  return std::string("OggS\0", 5) + char(flags) + std::string(20, '\0') + char(1) + char(content.size()) + content;
}

inline std::string asf_object(const std::string& id, const std::string& content) {
  return id + little(24 + content.size(), 8) + content;
}

inline std::string gif() {
  const std::string screen =
      "GIF89a" + little(2, 2) + little(2, 2) + std::string("\x80\0\0", 3) + std::string(6, '\x7f');
  const std::string control = std::string("!\xF9\x04\0\x0A\0\0\0", 8);
  return screen + control + "," + std::string(4, '\0') + little(2, 2) + little(2, 2) +
         std::string("\0\x02\x02\x4C\x01\0;", 7);
}

/// As small as media files can be that say of themselves that they are whole, by container.
inline std::map<std::string, std::string> whole_media_files() {
  const std::string cluster = element("\x1F\x43\xB6\x75", element("\xE7", "\1") + element("\xA3", "a block"));
  const std::string asf_header = "\x30\x26\xB2\x75\x8E\x66\xCF\x11\xA6\xD9" + std::string(6, '\1');
  const std::string asf_data = std::string("\x36\x26\xB2\x75\x8E\x66\xCF\x11\xA6\xD9\0\xAA\0\x62\xCE\x6C", 16);
  return {{"mp4", box("ftyp", "isom") + box("moov", "index") + box("free", "") + box("mdat", "frames")},
          {"mkv", element("\x1A\x45\xDF\xA3", "\x42\x82\x81m") + element("\x18\x53\x80\x67", cluster + cluster)},
          {"avi", chunk("RIFF", "AVI " + chunk("LIST", "hdrl") + chunk("LIST", "movi" + chunk("00dc", "ab")))},
          {"flv", flash()},
          {"wmv", asf_object(asf_header, "head") + asf_object(asf_data, "packets")},
          {"ogv", ogg_page(2, "head") + ogg_page(0, "frame") + ogg_page(4, "end")},
          {"gif", gif()}};
}

/// The same of containers whose writers came to an end without stating their size, and of those that state none.
inline std::map<std::string, std::string> unstated_media_files() {
  const std::string unknown = "\x01" + std::string(7, '\xFF');
  const std::string cluster = "\x1F\x43\xB6\x75" + unknown + element("\xE7", "\1") + element("\xA3", "a block");
  const std::string ivf = "DKIF" + little(0, 2) + little(32, 2) + std::string(24, 'x');
  std::string packets;
  for (int i = 0; i < 6; ++i) packets += "G" + std::string(187, char('a' + i));
  return {{"mkv", element("\x1A\x45\xDF\xA3", "\x42\x82\x81m") + "\x18\x53\x80\x67" + unknown + cluster + cluster},
          {"avi", "RIFF" + little(0, 4) + "AVI " + chunk("LIST", "hdrl") + "LIST" + little(0, 4) + "movi" +
                      chunk("00dc", "ab")},
          {"ivf", ivf + little(5, 4) + std::string(8, '\0') + "frame"},
          {"ts", packets}};
}

}  // namespace vcl::test
