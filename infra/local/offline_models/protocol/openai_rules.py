"""What OpenAI refuses, with its words."""

from collections.abc import Iterable

from infra.local.offline_models.conversation import Json
from infra.local.offline_models.protocol import model_rules
from infra.local.offline_models.protocol.chat_requests import ChatRequest
from infra.local.offline_models.protocol.errors import ApiError
from infra.local.offline_models.protocol.fields import Function, JsonSchema
from infra.local.offline_models.protocol.responses_requests import ResponsesRequest
from infra.local.offline_models.protocol.strict_schema import function_fault, strictness_fault


def read_chat(body: Json) -> ChatRequest:
    """Raises ApiError for the first thing that the model would not take on /v1/chat/completions."""
    request = ChatRequest.model_validate(body)
    functions = ((f"tools[{place}].function", tool.function) for place, tool in enumerate(request.tools or []))
    _check_schemas(functions, "response_format", request.json_schema)
    _check_calls(request)
    model_rules.check(body, "chat_completions")
    return request


def read_responses(body: Json) -> ResponsesRequest:
    """Raises ApiError for the first thing that the model would not take on /v1/responses."""
    request = ResponsesRequest.model_validate(body)
    # One that says nothing of `strict` is not strict: vercel/ai#17581 saw one with optional parameters accepted.
    functions = ((f"tools[{place}]", tool) for place, tool in enumerate(request.tools or []))
    _check_schemas(functions, "text.format.schema", request.json_schema)
    model_rules.check(body, "responses")
    return request


def _check_schemas(functions: Iterable[tuple[str, Function]], place: str, answer: JsonSchema | None) -> None:
    for param, function in functions:
        schema = function.parameters
        fault = schema is not None and (function_fault(schema) or (function.strict and strictness_fault(schema)))
        if fault:
            message = f"Invalid schema for function '{function.name}': {fault}"
            raise ApiError(400, message, param=f"{param}.parameters", code="invalid_function_parameters")
    if answer and answer.strict and (fault := strictness_fault(answer.schema_)):
        message = f"Invalid schema for response_format '{answer.name}': {fault}"
        raise ApiError(400, message, param=place, code="invalid_json_schema")


def _check_calls(request: ChatRequest) -> None:
    # songquanpeng/one-api#1319
    for place, message in enumerate(request.messages):
        for number, call in enumerate(message.tool_calls or []):
            if "extra_content" in call.model_fields_set:
                param = f"messages[{place}].tool_calls[{number}].extra_content"
                raise ApiError(400, f"Unknown parameter: '{param}'.", param=param, code="unknown_parameter")


def too_long_for_chat(tokens: int, limit: int) -> ApiError:
    message = f"This model's maximum context length is {limit} tokens. However, your messages resulted in {tokens}"
    return ApiError(400, f"{message} tokens.", param="messages", code="context_length_exceeded")


def too_long(_tokens: int, _limit: int) -> ApiError:
    # openai/codex#3523
    message = "Your input exceeds the context window of this model. Please adjust your input and try again."
    return ApiError(400, message, param="input", code="context_length_exceeded")
