"""HTTP calls, the names of the wire, several addresses of one registry."""
