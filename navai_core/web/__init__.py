"""What both hosts read and say over HTTP."""
