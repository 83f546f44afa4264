"""What the coach may propose: the model proposes, the user decides, the database carries it out once."""
