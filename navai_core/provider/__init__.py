"""The wire to the provider: requests, and what may be known of its answers."""
