"""The command line: a command parses, calls what a Python user would call, prints and exits."""
