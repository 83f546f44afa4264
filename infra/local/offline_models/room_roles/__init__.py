"""The parts that the offline model plays in a task room: it plans by a template, and writes only what it was given."""
