"""The options of clients and agents, their defaults and checks."""
