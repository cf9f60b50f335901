# SPDX-License-Identifier: LGPL-2.1-or-later
"""Cameras for tests: Motion JPEG over HTTP and H.264 over RTSP, on this machine, that break off in every way."""
import http.server
import threading
import time

from support import Gst


def jpegs(width, height, count=20):
    """Returns pictures of a moving ball, coded."""
    pipeline = Gst.parse_launch(
        f"videotestsrc pattern=ball num-buffers={count} ! video/x-raw,width={width},height={height},framerate=10/1"
        " ! jpegenc ! appsink name=sink sync=false"
    )
    pipeline.set_state(Gst.State.PLAYING)
    pictures = []
    while (sample := pipeline.get_by_name("sink").try_pull_sample(20 * Gst.SECOND)) is not None:
        buffer = sample.get_buffer()
        pictures.append(buffer.extract_dup(0, buffer.get_size()))
    pipeline.set_state(Gst.State.NULL)
    return pictures


class Connection:
    """What a script of a camera does with one request."""

    def __init__(self, handler, stopped):
        self.handler, self.stopped = handler, stopped

    def status(self, code):
        self.handler.send_error(code)

    def begin(self, kind="multipart/x-mixed-replace; boundary=next"):
        self.handler.send_response(200)
        self.handler.send_header("Content-Type", kind)
        self.handler.end_headers()

    def file(self, data):
        self.handler.send_response(200)
        self.handler.send_header("Content-Length", str(len(data)))
        self.handler.end_headers()
        self.send(data)

    def send(self, data):
        self.handler.wfile.write(data)

    def show(self, pictures, interval=0.05):
        for picture in pictures:
            self.send(b"--next\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n" % len(picture))
            self.send(picture + b"\r\n")
            self.stopped.wait(interval)

    def freeze(self):
        """Holds the connection without a word until the other side or the test ends it."""
        self.handler.connection.settimeout(0.1)
        while not self.stopped.is_set():
            try:
                if not self.handler.connection.recv(1):
                    return
            except TimeoutError:
                pass


class HttpCamera:
    """Answers the nth connection with the nth function of a script, and later ones with the last one."""

    def __init__(self, *script):
        self.stopped, self.connections, self.times = threading.Event(), 0, []
        camera = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                camera.times.append(time.monotonic())
                answer = script[min(camera.connections, len(script) - 1)]
                camera.connections += 1
                try:
                    answer(Connection(self, camera.stopped))
                except OSError:
                    pass  # the other side has gone

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.address = f"http://127.0.0.1:{self.server.server_port}/camera"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self):
        self.stopped.set()
        self.server.shutdown()
        self.server.server_close()
