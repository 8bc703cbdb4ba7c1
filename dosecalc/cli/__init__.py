"""The command line: parse, call the use cases, show, exit code."""
