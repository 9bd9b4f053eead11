"""The life of the process: its end, forks, and the heartbeat process."""
