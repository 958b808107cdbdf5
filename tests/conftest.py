pytest_plugins = ["secret_watch", "pytester"]
