#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""interface_hash.py OUT DEPFILE ROOT HEADER: hashes the text of a header, of all headers that declare what libvcl
exports, and of all headers of the project behind them.

OUT receives the hash as a C++ constant. DEPFILE receives the headers and their folders as dependencies of OUT, in the
syntax of make. If the constant is equal in two libraries, both were compiled with the same headers, virtual functions
included.
"""
import hashlib
import pathlib
import re
import sys

EXPORTED = ("libvcl/include", "libvcl/private")  # the engine module calls these functions of libvcl


def project_headers(root, header):
    """Returns the headers and all project headers that they include, as paths in ROOT. Library headers are left out."""
    folders, found = (root, *(root / folder for folder in EXPORTED)), set()
    open_headers = [header] + [str(path.relative_to(root)) for path in exported(root) if path.is_file()]
    while open_headers:
        name = open_headers.pop()
        path = next((folder / name for folder in folders if (folder / name).is_file()), None)
        if path is None:
            sys.exit(f"interface_hash.py: {name} is in none of {', '.join(map(str, folders))}")
        if path not in found:
            found.add(path)
            open_headers += re.findall(r'^#include "([^"]+)"', path.read_text(encoding="utf-8"), re.MULTILINE)
    return sorted(found)


def exported(root):
    """Returns the C++ headers and their folders. A folder changes if a header is added or removed."""
    found = [path for folder in EXPORTED for path in (root / folder, *(root / folder).rglob("*"))]
    return [path for path in found if path.is_dir() or path.suffix == ".hpp"]


def main():
    out, depfile, root, header = map(pathlib.Path, sys.argv[1:])
    headers = project_headers(root, str(header))
    digest = hashlib.sha256()
    for path in headers:
        digest.update(str(path.relative_to(root)).encode() + b"\0" + path.read_bytes() + b"\0")
    out.write_text(
        "// Made by interface_hash.py.\n#pragma once\n\n#include <cstdint>\n\n"
        f"inline constexpr std::uint64_t kInterfaceHash = 0x{digest.hexdigest()[:16]};\n"
    )
    dependencies = headers + [path for path in exported(root) if path.is_dir()]
    depfile.write_text(f"{out}: " + " ".join(str(path).replace(" ", "\\ ") for path in dependencies) + "\n")


if __name__ == "__main__":
    main()
