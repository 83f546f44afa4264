"""The front door of HTTP functions."""
