#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""interface_hash.py OUT DEPFILE ROOT HEADER: hashes the text of a header and of all headers of the project behind it.

OUT gets the hash as a constant of C++, DEPFILE the headers as dependencies of OUT, in the syntax of make. Compiled into
two libraries, the constant shows whether both were compiled with the same headers, virtual functions included.
"""
import hashlib
import pathlib
import re
import sys


def project_headers(root, header):
    """The header and all that it includes, as paths in ROOT; headers of libraries are left out."""
    folders, found, open_headers = (root, root / "libvcl/include", root / "libvcl/private"), set(), [header]
    while open_headers:
        name = open_headers.pop()
        path = next((folder / name for folder in folders if (folder / name).is_file()), None)
        if path is None:
            sys.exit(f"interface_hash.py: {name} is in none of {', '.join(map(str, folders))}")
        if path not in found:
            found.add(path)
            open_headers += re.findall(r'^#include "([^"]+)"', path.read_text(encoding="utf-8"), re.MULTILINE)
    return sorted(found)


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
    depfile.write_text(f"{out}: " + " ".join(str(path).replace(" ", "\\ ") for path in headers) + "\n")


if __name__ == "__main__":
    main()
