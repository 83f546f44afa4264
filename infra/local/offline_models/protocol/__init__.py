"""OpenAI's and Gemini's own forms: what they take, what they refuse, how they answer. Nothing of what is said."""
