#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""aarch64.py [PATTERN]: compiles every object of build/, or those whose source matches, for aarch64. Links nothing.

The compiler is Debian's (g++-aarch64-linux-gnu), with its own C and C++ libraries. Headers of all other libraries come
from this machine, because GLib, GStreamer, OpenCV and LibTorch have the same headers for both architectures.
"""
import concurrent.futures
import json
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
BUILD = ROOT / "build"
COMPILERS = {".c": "aarch64-linux-gnu-gcc", ".cpp": "aarch64-linux-gnu-g++"}
# These folders are searched after the cross compiler's own. The precompiled headers of the build are for this machine.
OTHERS = ["-idirafter", "/usr/include", "-idirafter", "/usr/include/x86_64-linux-gnu",
          f"-I{ROOT / 'libvcl/engine/pch'}", "-Wno-invalid-pch"]


def cross_command(entry):
    words = shlex.split(entry["command"])
    while not words[0].startswith("-"):  # removes ccache and the compiler
        words.pop(0)
    for option in ("-o", "-MF", "-MQ"):
        index = words.index(option)
        del words[index : index + 2]
    launcher = ["ccache"] if shutil.which("ccache") else []
    return [*launcher, COMPILERS[pathlib.Path(entry["file"]).suffix], *(w for w in words if w != "-MD"), *OTHERS]


def compile_object(entry):
    name = os.path.relpath(BUILD / entry["file"], ROOT)
    out = BUILD / "aarch64" / (entry["output"] + ".o")
    out.parent.mkdir(parents=True, exist_ok=True)
    done = subprocess.run([*cross_command(entry), "-o", out], cwd=BUILD, capture_output=True, text=True, check=False)
    if done.returncode:
        return name, done.stderr
    machine = out.read_bytes()[18:20]  # e_machine in the ELF header
    out.unlink()
    return name, "" if machine == b"\xb7\0" else "the object is not for aarch64"


def main():
    pattern = re.compile(sys.argv[1] if len(sys.argv) > 1 else "")
    for compiler in COMPILERS.values():
        if not shutil.which(compiler):
            sys.exit(f"aarch64.py: {compiler} is not installed: apt-get install g++-aarch64-linux-gnu")
    if not (BUILD / "compile_commands.json").exists():
        sys.exit("aarch64.py: there is no build: run ./setup.sh")
    entries = json.loads((BUILD / "compile_commands.json").read_text(encoding="utf-8"))
    entries = [e for e in entries if pathlib.Path(e["file"]).suffix in COMPILERS and pattern.search(e["file"])]
    failed = []
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for name, error in pool.map(compile_object, entries):
            if error:
                failed.append(name)
                print(f"{name}:\n{error}", flush=True)
    print(f"aarch64: {len(entries) - len(failed)} of {len(entries)} objects compile", *failed, sep="\n  failed: ")
    sys.exit(bool(failed) or not entries)


if __name__ == "__main__":
    main()
