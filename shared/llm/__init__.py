"""Language models and embeddings. Nothing else in the project imports `openai`."""
