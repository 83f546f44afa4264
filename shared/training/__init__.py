"""What an athlete is, plans and has done: as users and the coach write it, and as the database keeps it."""
