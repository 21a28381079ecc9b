"""A local web server with every kind of fault."""

import hashlib
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

CONTENT = bytes(range(256)) * 2000  # 512,000 bytes
SHA256 = hashlib.sha256(CONTENT).hexdigest()


class Site:
    """A file on a real server. The attributes choose the fault; ``asked`` has the Range headers of all requests."""

    def __init__(self):
        self.content, self.etag, self.modified = CONTENT, '"one"', ""
        self.cut_after = []  # bytes of the body after which the n-th connection is cut
        self.statuses = []  # the first answers, instead of the file
        self.ranges, self.length_lie, self.chunked, self.headers = True, 0, False, {}
        self.stall = None  # an event to wait for in the middle of the body
        self.asked = []
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self.handler())
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def handler(site):  # noqa: N805 (the handler below has the self)
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def do_GET(self):
                site.answer(self)

        return Handler

    def answer(self, request):
        asked = request.headers.get("Range")
        self.asked.append(asked)
        request.close_connection = True
        if self.statuses:
            status = self.statuses.pop(0)
            request.send_response(status)
            request.send_header("Content-Length", "0")
            request.end_headers()
            return
        start, same = 0, request.headers.get("If-Range") in {self.etag, self.modified}
        if asked and self.ranges and same:
            start = int(asked.removeprefix("bytes=").rstrip("-"))
        body = self.content[start:]
        request.send_response(206 if start else 200)
        if start:
            request.send_header("Content-Range", f"bytes {start}-{len(self.content) - 1}/{len(self.content)}")
        for name, value in {"ETag": self.etag, "Last-Modified": self.modified, **self.headers}.items():
            if value:
                request.send_header(name, value)
        if self.chunked:
            request.send_header("Transfer-Encoding", "chunked")
            body = b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)
        else:
            request.send_header("Content-Length", str(len(body) + self.length_lie))
        request.end_headers()
        half = len(body) // 2 if self.stall else 0
        request.wfile.write(body[:half])
        if self.stall:
            self.stall.wait(20)
        request.wfile.write(body[half : self.cut_after.pop(0)] if self.cut_after else body[half:])
