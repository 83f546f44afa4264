"""Language models and embeddings. Nothing else in the project speaks to a provider."""
