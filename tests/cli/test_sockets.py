# SPDX-License-Identifier: LGPL-2.1-or-later
"""`vcl segment --json` to a program that listens."""
import json
import os
import socket
import threading
import unittest

from support import PATIENCE, Case, make_png, make_video, read_lines, vcl


class Sockets(Case):
    def listen(self, listener):
        """Reads one connection to its end. Returns its pieces, and the thread to wait for."""
        pieces = []

        def read():
            connection, _ = listener.accept()
            with connection:
                while piece := connection.recv(65536):
                    pieces.append(piece)

        thread = threading.Thread(target=read, daemon=True)  # nobody may ever connect
        thread.start()
        self.addCleanup(listener.close)
        return pieces, thread

    def test_a_listener_gets_what_a_file_gets(self):
        make_video(self.path("v.mp4"), frames=12)
        self.assert_done(vcl("segment", self.path("v.mp4"), "--json", self.path("r.jsonl")))
        local = socket.socket(socket.AF_UNIX)
        local.bind(os.fspath(self.path("s")))
        local.listen()
        network = socket.create_server(("127.0.0.1", 0))
        for listener, address in ((local, f"unix:{self.path('s')}"),
                                  (network, f"tcp://127.0.0.1:{network.getsockname()[1]}")):
            with self.subTest(address):
                pieces, thread = self.listen(listener)
                self.assert_done(vcl("segment", self.path("v.mp4"), "--json", address))
                thread.join(PATIENCE)
                lines = [json.loads(line) for line in b"".join(pieces).splitlines()]
                self.assertEqual(lines, read_lines(self.path("r.jsonl")))

    def test_lines_of_photos_go_to_files(self):
        make_png(self.path("p.png"), 64, 48)
        self.assert_fails(vcl("segment", "--photos", self.path("p.png"), "--json", "unix:x"), "'unix:x'", "./unix:x")

    def test_nobody_listens(self):
        make_video(self.path("v.mp4"), frames=12)
        address = f"unix:{self.path('nobody')}"
        self.assert_fails(vcl("segment", self.path("v.mp4"), "--json", address), address, "12 lines", "No such file")


if __name__ == "__main__":
    unittest.main()
