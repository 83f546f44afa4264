"""What is trained: plans, workouts, and who does them."""
