"""An agent that counts the words of texts that are POSTed to it, with nothing but Python's standard
library (3.8 or newer). What keeps it in the registry is the class Membership.
Settings: REGISTRY_URL, AGENT_ID, AGENT_HOST, AGENT_PORT, AGENT_TTL_SECONDS."""
import atexit, contextlib, json, os, random, signal, sys, threading, time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.error import HTTPError
from urllib.request import Request, urlopen

CHECK = "--check" in sys.argv
REGISTRY = os.environ.get("REGISTRY_URL", "http://localhost:9000").rstrip("/")
AGENT_ID = os.environ.get("AGENT_ID", f"words-py-check-{os.getpid()}" if CHECK else "words-py")
HOST = os.environ.get("AGENT_HOST", "127.0.0.1")
PORT = 0 if CHECK else int(os.environ.get("AGENT_PORT", "8000"))  # 0: any that is free
TTL = int(os.environ.get("AGENT_TTL_SECONDS", "60"))


def call(method, path, body=None):
    """One call of the registry. HTTPError: it refused; another OSError: it is not there."""
    data = None if body is None else json.dumps(body).encode()
    request = Request(REGISTRY + path, data, {"Content-Type": "application/json"}, method=method)
    with urlopen(request, timeout=5) as answer:
        return json.load(answer)


class Membership(threading.Thread):
    """The only thread that speaks with the registry: a heartbeat, a pause, the next one."""

    def __init__(self, port):
        super().__init__(daemon=True)
        self.port, self.status, self.is_known = port, "ready", False
        self.wake, self.stopping = threading.Event(), threading.Event()

    def sign_of_life(self):
        """A heartbeat, or a registration with everything while the registry does not know us."""
        try:
            if self.is_known:
                return call("POST", f"/agents/{AGENT_ID}/heartbeat", {"status": self.status})
        except HTTPError as error:
            if error.code != 404:  # 404: it has forgotten us
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
                self.sign_of_life()
                failures = 0
                # 10 % early or late, so that a fleet does not keep step. A new status wakes us.
                self.wake.wait(TTL / 3 * random.uniform(0.9, 1.1))
            except Exception as error:
                # Away, 503 or nonsense: a random pause that grows, but never beyond a third of the TTL.
                print(f"the registry did not hear me: {error}", file=sys.stderr, flush=True)
                self.stopping.wait(random.uniform(0, min(TTL / 3, 0.25 * 2 ** min(failures, 20))))
                failures += 1

    def leave(self):
        """Stops the heartbeats first: one after the goodbye would register us again."""
        self.stopping.set()
        self.wake.set()
        self.join(6)
        with contextlib.suppress(OSError):  # without a goodbye the lease lapses by itself
            call("DELETE", f"/agents/{AGENT_ID}")


class WordCounter(BaseHTTPRequestHandler):
    jobs, lock = 0, threading.Lock()

    def do_POST(self):
        self.count_jobs(+1)
        try:
            text = self.rfile.read(int(self.headers.get("Content-Length", "0"))).decode()
            time.sleep(0.3)  # a real agent would ask a model here
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
            agent.wake.set()  # the work itself does not wait for the registry


def check():
    """What --check does: one job from beginning to end, seen from outside."""
    agent.sign_of_life()
    agent.start()
    url = call("GET", f"/agents/{AGENT_ID}")["url"]  # the address that everybody gets
    with urlopen(Request(url, b"one two  three"), timeout=5) as answer:
        assert json.load(answer)["words"] == 3, "it cannot count to three"
    agent.leave()
    story = [event["reason"] for event in call("GET", f"/agents/{AGENT_ID}/events")]
    assert "status ready -> busy" in story and story[-1].startswith("deregistered"), story
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
    atexit.register(agent.leave)  # runs also when the program ends by an exception
    agent.start()
    server.serve_forever()
