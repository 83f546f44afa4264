"""What Gemini's OpenAI-compatible endpoint refuses, with Google's words."""

from collections.abc import Iterator
from typing import Any

from infra.local.offline_models.conversation import Json
from infra.local.offline_models.protocol import model_rules
from infra.local.offline_models.protocol.chat_requests import ChatRequest
from infra.local.offline_models.protocol.errors import ApiError
from infra.local.offline_models.protocol.gemini_answers import UNKNOWN_NAME

# What https://ai.google.dev/gemini-api/docs/openai shows. Unknown, by report: prompt_cache_key
# (leookun/cursor-byok#112), reasoning and frequency_penalty (MinLL/SkyrimNet-GamePlugin#77).
_KNOWN = {
    *("model", "messages", "tools", "tool_choice", "parallel_tool_calls", "response_format", "reasoning_effort"),
    *("max_tokens", "max_completion_tokens", "temperature", "top_p", "n", "stop", "stream", "stream_options"),
}


def read(body: Json) -> ChatRequest:
    """Raises ApiError for what Google would not take: names that it does not know in one, else the first thing."""
    if unknown := [f'{UNKNOWN_NAME} "{name}": Cannot find field.' for name in body if name not in _KNOWN]:
        raise ApiError(400, "\n".join(unknown))
    request = ChatRequest.model_validate(body)
    if request.tools and request.response_format and request.response_format.type != "text":
        # openai/openai-agents-python#656, Simpleyyt/ai-manus#101
        raise ApiError(400, "Function calling with a response mime type: 'application/json' is unsupported")
    if faults := [*_empty_parts(request), *_empty_objects(request)]:
        raise ApiError(400, "".join(f"* GenerateContentRequest.{fault}\n" for fault in faults))
    _check_signatures(request)
    model_rules.check(body, "gemini")
    return request


def _empty_parts(request: ChatRequest) -> Iterator[str]:
    for place, message in enumerate(request.messages):
        if message.role == "tool" and not message.name:
            # NousResearch/hermes-agent#19728, vectorize-io/hindsight#187
            yield f"contents[{place}].parts[0].function_response.name: Name cannot be empty."
        said = message.plain()
        if message.role != "tool" and not said.text and not said.calls:
            # langchain-ai/langchain-google#691, egoist/chatwise-releases#250
            yield f"contents[{place}].parts: contents.parts must not be empty."


def _empty_objects(request: ChatRequest) -> Iterator[str]:
    # agno-agi/agno#2112, browser-use/browser-use#3786
    for place, tool in enumerate(request.tools or []):
        root = f"tools[0].function_declarations[{place}].parameters"
        for found in _hollow(tool.function.parameters, root):
            yield f"{found}.properties: should be non-empty for OBJECT type"


def _hollow(schema: Any, place: str) -> Iterator[str]:
    if not isinstance(schema, dict):
        return
    if schema.get("type") == "object" and schema.get("properties") == {}:
        yield place
    for name, part in schema.get("properties", {}).items():
        yield from _hollow(part, f"{place}.properties[{name}]")
    yield from _hollow(schema.get("items"), f"{place}.items")
    for number, part in enumerate(schema.get("anyOf", [])):
        yield from _hollow(part, f"{place}.any_of[{number}]")


def _check_signatures(request: ChatRequest) -> None:
    """Of calls made at once only the first is signed: https://ai.google.dev/gemini-api/docs/thought-signatures."""
    for place, message in enumerate(request.messages):
        for call in (message.tool_calls or [])[:1]:
            if not ((call.extra_content or {}).get("google") or {}).get("thought_signature"):
                # TokenRhythm/opensquilla#225
                said = "Function call is missing a thought_signature in functionCall parts. This is required for "
                said += "tools to work correctly, and missing thought_signature may lead to degraded model performance."
                said += f" Additional data, function call `default_api:{call.function.name}` , position {place + 1}."
                raise ApiError(400, said)


def too_long(tokens: int, limit: int) -> ApiError:
    # google-gemini/gemini-cli#6678
    return ApiError(400, f"The input token count ({tokens}) exceeds the maximum number of tokens allowed ({limit}).")
