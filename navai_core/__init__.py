"""navai's core."""
