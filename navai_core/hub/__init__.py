"""The standalone hub."""
