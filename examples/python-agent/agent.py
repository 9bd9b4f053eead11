"""An agent that counts the words of POSTed texts. It uses only the standard library of Python 3.8 or
newer. The class Membership keeps it in the registry.
Settings: REGISTRY_URL, AGENT_ID, AGENT_HOST, AGENT_PORT, AGENT_TTL_SECONDS."""
import atexit, contextlib, json, os, random, signal, sys, threading, time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.error import HTTPError
from urllib.request import Request, urlopen

CHECK = "--check" in sys.argv
REGISTRY = os.environ.get("REGISTRY_URL", "http://localhost:9000").rstrip("/")
AGENT_ID = os.environ.get("AGENT_ID", f"words-py-check-{os.getpid()}" if CHECK else "words-py")
HOST = os.environ.get("AGENT_HOST", "127.0.0.1")
PORT = 0 if CHECK else int(os.environ.get("AGENT_PORT", "8000"))  # 0: any free port
TTL = int(os.environ.get("AGENT_TTL_SECONDS", "60"))


def call(method, path, body=None):
    """Sends a request to the registry. Raises HTTPError if rejected, another OSError if unreachable."""
    data = None if body is None else json.dumps(body).encode()
    request = Request(REGISTRY + path, data, {"Content-Type": "application/json"}, method=method)
    with urlopen(request, timeout=5) as response:
        return json.load(response)


class Membership(threading.Thread):
    """The only thread that calls the registry. It sends heartbeats at intervals."""

    def __init__(self, port):
        super().__init__(daemon=True)
        self.port, self.status, self.is_known = port, "ready", False
        self.wake, self.stopping = threading.Event(), threading.Event()

    def renew(self):
        """Sends a heartbeat, or a registration if the registry does not know the agent."""
        try:
            if self.is_known:
                return call("POST", f"/agents/{AGENT_ID}/heartbeat", {"status": self.status})
        except HTTPError as error:
            if error.code != 404:  # 404: the registry lost the agent
                raise
        call("POST", "/agents/register", {
            "agent_id": AGENT_ID, "agent_name": "Word counter", "host": HOST, "port": self.port,
            "ttl_seconds": TTL, "capabilities": ["word-count"], "status": self.status})
        self.is_known = True
        print(f"{AGENT_ID} has joined {REGISTRY}", file=sys.stderr, flush=True)

    def run(self):
        failures = 0
        while not self.stopping.is_set():
            self.wake.clear()
            try:
                self.renew()
                failures = 0
                # 10 % jitter, so that a fleet does not synchronize. A new status wakes the thread.
                self.wake.wait(TTL / 3 * random.uniform(0.9, 1.1))
            except Exception as error:
                # Unreachable, 503 or malformed: exponential backoff with jitter, at most a third of the TTL.
                print(f"heartbeat failed: {error}", file=sys.stderr, flush=True)
                self.stopping.wait(random.uniform(0, min(TTL / 3, 0.25 * 2 ** min(failures, 20))))
                failures += 1

    def leave(self):
        """Stops the heartbeats first: one after the deregistration would register the agent again."""
        self.stopping.set()
        self.wake.set()
        self.join(6)
        with contextlib.suppress(OSError):  # if this fails, the lease lapses
            call("DELETE", f"/agents/{AGENT_ID}")


class WordCounter(BaseHTTPRequestHandler):
    jobs, lock = 0, threading.Lock()

    def do_POST(self):
        self.count_jobs(+1)
        try:
            text = self.rfile.read(int(self.headers.get("Content-Length", "0"))).decode()
            time.sleep(0.3)  # stands in for the time that a model would take
        finally:
            self.count_jobs(-1)
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps({"words": len(text.split()), "counted_by": AGENT_ID}).encode())

    @classmethod
    def count_jobs(cls, change):
        with cls.lock:
            cls.jobs += change
            agent.status = "busy" if cls.jobs else "ready"
            agent.wake.set()  # the work does not wait for the registry


def check():
    """Implements --check: one complete job, observed from outside."""
    agent.renew()
    agent.start()
    url = call("GET", f"/agents/{AGENT_ID}")["url"]  # the URL that every client gets
    with urlopen(Request(url, b"one two  three"), timeout=5) as response:
        assert json.load(response)["words"] == 3, "the word count is wrong"
    agent.leave()
    reasons = [event["reason"] for event in call("GET", f"/agents/{AGENT_ID}/events")]
    assert "status ready -> busy" in reasons and reasons[-1].startswith("deregistered"), reasons
    print("ok: joined, was busy, counted 3 words, left")


server = ThreadingHTTPServer((HOST, PORT), WordCounter)
agent = Membership(server.server_port)
if CHECK:
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        check()
    except (OSError, AssertionError) as error:
        sys.exit(f"failed: {error}")
else:
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: sys.exit(0))
    atexit.register(agent.leave)  # also runs after an unhandled exception
    agent.start()
    server.serve_forever()
