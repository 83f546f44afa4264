"""The week's limits as header fields (draft-ietf-httpapi-ratelimit-headers: RateLimit-Policy and RateLimit)."""

from datetime import UTC, datetime

from shared.quotas.usage import Usage

WEEK = 7 * 24 * 3600  # seconds


def rate_limit_headers(usage: Usage) -> dict[str, str]:
    """What is left of messages and tokens, and the seconds until the week ends."""
    seconds = max(0, round((usage.resets_at - datetime.now(UTC)).total_seconds()))
    messages = max(0, usage.messages_limit - usage.messages_used - usage.messages_reserved)
    tokens = max(0, usage.tokens_limit - usage.tokens_used - usage.tokens_reserved)
    return {
        "RateLimit-Policy": f'"messages";q={usage.messages_limit};w={WEEK}, "tokens";q={usage.tokens_limit};w={WEEK}',
        "RateLimit": f'"messages";r={messages};t={seconds}, "tokens";r={tokens};t={seconds}',
    }
