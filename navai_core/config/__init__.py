"""The `navai:` block: from YAML to `Settings`. Every mistake has its file, line and cure."""
