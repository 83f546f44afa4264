"""What OpenAI refuses for a model, with its words."""

from __future__ import annotations

from collections.abc import Sequence

from infra.local.offline_models.dialects.chat_requests import ChatRequest
from infra.local.offline_models.dialects.responses_requests import ENCRYPTED, ResponsesRequest
from infra.local.offline_models.errors import ApiError
from infra.local.offline_models.provider_rules import schemas
from infra.local.offline_models.provider_rules.models import effort_of, rules_of, tools_forbid_thinking


def check_chat(request: ChatRequest) -> None:
    """Raises ApiError for the first thing that the model would not take on /v1/chat/completions."""
    schemas.check_chat(request)
    _check_calls(request)
    rules, effort = rules_of(request.model), request.reasoning_effort
    if rules is None:
        return
    if effort and effort not in rules.chat_efforts:
        _refuse_effort(effort, rules.chat_efforts)
    if request.tools and tools_forbid_thinking(request.model) and effort_of(request.model, effort) != "none":
        _refuse_tools(request.model)
    if rules.efforts:
        _check_sampling(request)


def check_responses(request: ResponsesRequest) -> None:
    """Raises ApiError for the first thing that the model would not take on /v1/responses."""
    schemas.check_responses(request)
    rules, effort = rules_of(request.model), request.effort
    if rules is None:
        return
    if effort and effort not in rules.efforts:
        # experientiallabs/experiential#764
        message = f"Unsupported value: '{effort}' is not supported with the '{request.model}' model."
        if rules.efforts:
            message += f" Supported values are: {_listed(rules.efforts)}."
        raise ApiError(400, message, param="reasoning.effort", code="unsupported_value")
    if not rules.efforts and ENCRYPTED in (request.include or []):
        raise ApiError(400, "Encrypted content is not supported with this model.", param="include")
    for name in ("temperature", "top_p") if rules.efforts else ():
        if getattr(request, name) not in (None, 1):
            # OpenHands/software-agent-sdk#1837
            raise ApiError(400, f"Unsupported parameter: '{name}' is not supported with this model.", param=name)


def _refuse_effort(effort: str, supported: Sequence[str]) -> None:
    if not supported:
        raise ApiError(400, "Unrecognized request argument supplied: reasoning_effort")
    # kaitranntt/ccs#344, immersive-translate/immersive-translate#3529
    message = f"Unsupported value: 'reasoning_effort' does not support '{effort}' with this model."
    message += f" Supported values are: {_listed(supported)}."
    raise ApiError(400, message, param="reasoning_effort", code="unsupported_value")


def _refuse_tools(model: str) -> None:
    # GoogleChromeLabs/webmcp-tools#417, langflow-ai/langflow#14361; without an effort too: laurent22/joplin#16451
    message = f"Function tools with reasoning_effort are not supported for {model} in /v1/chat/completions. "
    message += "To use function tools, use /v1/responses or set reasoning_effort to 'none'."
    raise ApiError(400, message, param="reasoning_effort")


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
    for name, default in (("temperature", 1), ("top_p", 1), ("presence_penalty", 0), ("frequency_penalty", 0)):
        value = getattr(request, name)
        if value not in (None, default):
            # johny-b/llmcomp#69
            message = f"Unsupported value: '{name}' does not support {value:g} with this model. "
            message += f"Only the default ({default}) value is supported."
            raise ApiError(400, message, param=name, code="unsupported_value")


def _listed(values: Sequence[str]) -> str:
    *first, last = (f"'{value}'" for value in values)
    return f"{', '.join(first)}, and {last}"
