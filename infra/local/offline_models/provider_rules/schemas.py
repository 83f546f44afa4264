"""Schemas of tools and answers, as OpenAI looks at them before it asks a model."""

from __future__ import annotations

from infra.local.offline_models.dialects.chat_requests import ChatRequest
from infra.local.offline_models.dialects.responses_requests import JsonSchemaFormat, ResponsesRequest
from infra.local.offline_models.errors import ApiError
from infra.local.offline_models.json_schema import Schema
from infra.local.offline_models.strict_schema import function_fault, strictness_fault


def check_chat(request: ChatRequest) -> None:
    """Raises ApiError for the first schema that OpenAI would refuse."""
    for place, tool in enumerate(request.tools or []):
        function = tool.function
        if function.parameters is not None:
            _check_tool(f"tools[{place}].function.parameters", function.name, function.parameters, function.strict)
    form = request.response_format.json_schema if request.response_format else None
    if form:
        _check_answer("response_format", form.name, form.schema_, form.strict)


def check_responses(request: ResponsesRequest) -> None:
    """Raises ApiError for the first schema that OpenAI would refuse; a tool that says nothing of `strict` is not strict
    (vercel/ai#17581 saw one with optional parameters accepted)."""
    for place, tool in enumerate(request.tools or []):
        if tool.parameters is not None:
            _check_tool(f"tools[{place}].parameters", tool.name, tool.parameters, tool.strict)
    form = request.text.format
    if isinstance(form, JsonSchemaFormat):
        _check_answer("text.format.schema", form.name, form.schema_, form.strict)


def _check_tool(param: str, name: str, schema: Schema, strict: bool | None) -> None:
    fault = function_fault(schema) or (strictness_fault(schema) if strict else None)
    if fault:
        message = f"Invalid schema for function '{name}': {fault}"
        raise ApiError(400, message, param=param, code="invalid_function_parameters")


def _check_answer(param: str, name: str, schema: Schema, strict: bool | None) -> None:
    fault = strictness_fault(schema) if strict else None
    if fault:
        message = f"Invalid schema for response_format '{name}': {fault}"
        raise ApiError(400, message, param=param, code="invalid_json_schema")
