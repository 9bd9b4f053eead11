"""An agent's own side: registration, heartbeat loop, reports, groups."""
