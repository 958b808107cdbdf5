"""YAML with the place of every value, and all mistakes at once."""
