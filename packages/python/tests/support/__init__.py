"""Real registries and agents for the tests."""
