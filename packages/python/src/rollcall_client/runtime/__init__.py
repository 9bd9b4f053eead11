"""How the core waits, sends and runs in the background: on an event loop, or in blocking calls."""
