"""What is said to the models. A prompt's version is the hash of its template."""
