"""Ends what nobody ends any more, and forgets what has expired."""
