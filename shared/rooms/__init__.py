"""Task rooms: several agents work on one prompt, under one budget, and write files."""
