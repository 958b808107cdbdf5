"""What `scripts/check` takes for dead code and is not: names that only others use. Each line says who.

Vulture looks for names that the product defines and never uses; tests do not count as a use. A line here is the name as
an expression, for example ``server.handle_signal  # the event loop calls it``. Remove a line when its name is gone.
"""
