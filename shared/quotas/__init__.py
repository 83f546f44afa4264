"""The weekly limits: what a call must reserve, and what a user has used. The arithmetic itself is in the database."""
