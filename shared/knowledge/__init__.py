"""The knowledge base: from a document to chunks that can be found."""
