"""Requests to the provider, and what may be shown of its answers."""
