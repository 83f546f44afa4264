"""Two ways of asking: Responses (OpenAI) and Chat Completions (Gemini, and servers that speak OpenAI's language)."""
