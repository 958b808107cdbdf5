"""The `navai:` block: from YAML to `Settings`, with every mistake at its file, line and cure."""
