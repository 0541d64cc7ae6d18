"""Doors: the command line, the report, the files of an answer."""
