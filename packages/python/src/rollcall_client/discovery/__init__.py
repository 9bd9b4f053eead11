"""List, watch, live view, picking an agent."""
