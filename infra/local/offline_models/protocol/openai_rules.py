"""What OpenAI refuses for a model, with its words."""

from collections.abc import Iterable, Sequence

from infra.local.offline_models.conversation import Json
from infra.local.offline_models.protocol.chat_requests import ChatRequest, JsonSchema
from infra.local.offline_models.protocol.errors import ApiError
from infra.local.offline_models.protocol.fields import Function
from infra.local.offline_models.protocol.model_rules import effort_of, rules_of, tools_forbid_thinking
from infra.local.offline_models.protocol.responses_requests import ENCRYPTED, ResponsesRequest
from infra.local.offline_models.protocol.strict_schema import function_fault, strictness_fault

_DEFAULTS = {"temperature": 1, "top_p": 1, "presence_penalty": 0, "frequency_penalty": 0}


def read_chat(body: Json) -> ChatRequest:
    """Raises ApiError for the first thing that the model would not take on /v1/chat/completions."""
    request = ChatRequest.model_validate(body)
    functions = ((f"tools[{place}].function", tool.function) for place, tool in enumerate(request.tools or []))
    _check_schemas(functions, "response_format", request.json_schema)
    _check_calls(request)
    rules, effort = rules_of(request.model), request.reasoning_effort
    if rules is None:
        return request
    if effort and effort not in rules.chat_efforts:
        if not rules.chat_efforts:
            raise ApiError(400, "Unrecognized request argument supplied: reasoning_effort")
        # kaitranntt/ccs#344, immersive-translate/immersive-translate#3529
        message = f"Unsupported value: 'reasoning_effort' does not support '{effort}' with this model."
        raise _unsupported(f"{message} Supported values are: {_listed(rules.chat_efforts)}.", "reasoning_effort")
    if request.tools and tools_forbid_thinking(request.model) and effort_of(request.model, effort) != "none":
        # GoogleChromeLabs/webmcp-tools#417, langflow-ai/langflow#14361; without an effort too: laurent22/joplin#16451
        message = f"Function tools with reasoning_effort are not supported for {request.model} in /v1/chat/completions."
        message += " To use function tools, use /v1/responses or set reasoning_effort to 'none'."
        raise ApiError(400, message, param="reasoning_effort")
    if rules.efforts:
        _check_sampling(request)
    return request


def read_responses(body: Json) -> ResponsesRequest:
    """Raises ApiError for the first thing that the model would not take on /v1/responses."""
    request = ResponsesRequest.model_validate(body)
    # One that says nothing of `strict` is not strict: vercel/ai#17581 saw one with optional parameters accepted.
    functions = ((f"tools[{place}]", tool) for place, tool in enumerate(request.tools or []))
    _check_schemas(functions, "text.format.schema", request.json_schema)
    rules, effort = rules_of(request.model), request.effort
    if rules is None:
        return request
    if effort and effort not in rules.efforts:
        # experientiallabs/experiential#764
        message = f"Unsupported value: '{effort}' is not supported with the '{request.model}' model."
        supported = f" Supported values are: {_listed(rules.efforts)}." if rules.efforts else ""
        raise _unsupported(message + supported, "reasoning.effort")
    if not rules.efforts and ENCRYPTED in (request.include or []):
        raise ApiError(400, "Encrypted content is not supported with this model.", param="include")
    for name in ("temperature", "top_p") if rules.efforts else ():
        if getattr(request, name) not in (None, 1):
            # OpenHands/software-agent-sdk#1837
            raise ApiError(400, f"Unsupported parameter: '{name}' is not supported with this model.", param=name)
    return request


def _unsupported(message: str, param: str) -> ApiError:
    return ApiError(400, message, param=param, code="unsupported_value")


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
            for name in call.model_extra or {}:
                param = f"messages[{place}].tool_calls[{number}].{name}"
                raise ApiError(400, f"Unknown parameter: '{param}'.", param=param, code="unknown_parameter")


def _check_sampling(request: ChatRequest) -> None:
    if request.max_tokens is not None:
        # griptape-ai/ComfyUI-Griptape#312
        message = "Unsupported parameter: 'max_tokens' is not supported with this model. "
        message += "Use 'max_completion_tokens' instead."
        raise ApiError(400, message, param="max_tokens", code="unsupported_parameter")
    for name, default in _DEFAULTS.items():
        value = getattr(request, name)
        if value not in (None, default):
            # johny-b/llmcomp#69
            message = f"Unsupported value: '{name}' does not support {value:g} with this model. "
            raise _unsupported(f"{message}Only the default ({default}) value is supported.", name)


def _listed(values: Sequence[str]) -> str:
    *first, last = (f"'{value}'" for value in values)
    return f"{', '.join(first)}, and {last}"


def too_long_for_chat(tokens: int, limit: int) -> ApiError:
    message = f"This model's maximum context length is {limit} tokens. However, your messages resulted in {tokens}"
    return ApiError(400, f"{message} tokens.", param="messages", code="context_length_exceeded")


def too_long(_tokens: int, _limit: int) -> ApiError:
    # openai/codex#3523
    message = "Your input exceeds the context window of this model. Please adjust your input and try again."
    return ApiError(400, message, param="input", code="context_length_exceeded")
