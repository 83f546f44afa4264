"""One module for each kind of file; each has a `read` that turns bytes into Markdown."""
