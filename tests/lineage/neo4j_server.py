# SPDX-License-Identifier: MIT
"""Speaks Neo4j's HTTP interfaces on a loopback port: the Query API (5.19 and later) and the
transactional endpoint, with basic authentication. Statements are run by an openCypher engine where
one is at hand; without, they are only kept."""
import base64
import http.server
import json
import threading

try:
    import ocg
except ImportError:
    ocg = None

USER, PASSWORD = "neo4j", "make-believe-neo4j-password"
QUERY, TRANSACTION = "/db/neo4j/query/v2", "/db/neo4j/tx/commit"
AUTHORIZATION = "Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()


class Neo4j:
    """``paths``: what this version serves. ``trouble``: what happens to the next requests instead
    of running them: an HTTP status, an error code of Neo4j, "hang" or "html"."""

    def __init__(self, paths=(QUERY, TRANSACTION), trouble=()):
        self.paths, self.trouble = paths, list(trouble)
        self.requests = []  # (path, body)
        self.graph = ocg.Graph() if ocg else None
        self.released = threading.Event()
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.uri = f"http://127.0.0.1:{self.server.server_port}"

    def __enter__(self):
        return self

    def __exit__(self, *ignored):
        self.released.set()
        self.server.shutdown()
        self.server.server_close()

    def answers(self):
        """Every answer that was in a request, however often."""
        return [answer for path, body in self.requests
                for statement in (body["statements"] if path == TRANSACTION else [body])
                for answer in statement["parameters"]["answers"]]

    def run(self, path, body):
        statements = body["statements"] if path == TRANSACTION else [body]
        for statement in statements:
            if self.graph is not None:
                self.graph.execute(statement["statement"], statement["parameters"])
        if path == TRANSACTION:
            return 200, {"results": [{"columns": [], "data": []} for _ in statements], "errors": [],
                         "lastBookmarks": ["FB:make-believe"]}
        return 202, {"data": {"fields": [], "values": []}, "bookmarks": ["FB:make-believe"]}

    def _fail(self, path, trouble):
        if isinstance(trouble, int):
            return trouble, {"errors": []}
        error = {"errors": [{"code": trouble, "message": "as the test wants it"}]}
        # The transactional endpoint says 200 before it knows.
        return (200, {"results": [], **error}) if path == TRANSACTION else (400, error)

    def _handler(neo4j):  # noqa: N805  the handler's own self is another
        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                if self.path not in neo4j.paths:
                    return self.reply(404, None)
                if self.headers.get("Authorization") != AUTHORIZATION:
                    return self.reply(401, {"errors": [{"code": "Neo.ClientError.Security.Unauthorized",
                                                        "message": "Invalid credential."}]})
                if self.headers["Content-Type"] != "application/json":
                    return self.reply(415, None)
                trouble = neo4j.trouble.pop(0) if neo4j.trouble else None
                if trouble == "hang":
                    return neo4j.released.wait()
                if trouble == "html":
                    return self.reply(200, "<html>a proxy</html>")
                neo4j.requests.append((self.path, body))
                return self.reply(*(neo4j._fail(self.path, trouble) if trouble else
                                    neo4j.run(self.path, body)))

            def reply(self, status, body):
                text = (body if isinstance(body, str) else json.dumps(body) if body else "").encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            def log_message(self, *ignored):
                pass

        return Handler
