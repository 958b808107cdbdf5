"""What both hosts read and answer over HTTP."""
