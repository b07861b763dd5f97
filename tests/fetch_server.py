"""A web server for test_fetch.c whose paths say what is wrong with it: /good/NAME sends the file NAME of the folder.

Usage: fetch_server.py FOLDER; prints its port. It ends with its standard input."""
import http.server
import os
import sys
import threading

FOLDER = sys.argv[1]
seen = set()


class Handler(http.server.BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def redirect(self, to):
        self.send_response(302)
        self.send_header("Location", to)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def send(self, content, length=None, start=0, status=200):
        self.send_response(status)
        self.send_header("Content-Length", str(len(content) if length is None else length))
        if status == 206:
            self.send_header("Content-Range", f"bytes {start}-{start + len(content) - 1}/{start + len(content)}")
        self.end_headers()
        self.wfile.write(content)
        self.wfile.flush()

    def do_GET(self):
        _, how, name = self.path.split("/", 2)
        with open(os.path.join(FOLDER, name), "rb") as f:
            content = f.read()
        half = len(content) // 2
        start = int(self.headers.get("Range", "bytes=0-")[6:].split("-")[0])
        first = (how, name) not in seen
        seen.add((how, name))
        try:
            if how == "good" or (how == "once" and not first):
                self.send(content[start:], None, start, 206 if start else 200)
            elif how == "once":  # cut in the middle, the first time
                self.send(content[:half], len(content))
            elif how == "plain":  # without ranges
                self.send(content)
            elif how == "cut":
                self.send(content[start:start + 1000], len(content) - start, start, 206 if start else 200)
            elif how == "stall":
                self.send(content[start:half], len(content) - start, start, 206 if start else 200)
                threading.Event().wait(20)
            elif how == "long":  # without end
                self.send(content, 1 << 40)
                while True:
                    self.wfile.write(bytes(1 << 16))
            elif how == "short":
                self.send(content[:half])
            elif how == "wrong":
                self.send(bytes(len(content))[start:], None, start, 206 if start else 200)
            elif how == "redirect":
                self.redirect("/good/" + name)
            elif how == "loop":
                self.redirect(self.path)
            elif how == "file":
                self.redirect("file://" + os.path.abspath(os.path.join(FOLDER, name)))
            else:
                self.send_error(404)
        except OSError:
            pass  # curl has gone
        self.close_connection = True


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
server.daemon_threads = True
threading.Thread(target=server.serve_forever, daemon=True).start()
print(server.server_port, flush=True)
sys.stdin.read()
os._exit(0)
