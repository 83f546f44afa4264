"""A Pydantic model of arguments as a tool that a chat model is offered, in strict mode."""

from pydantic import BaseModel

from shared.llm.request import Message
from shared.llm.strict_schema import strict


def tool(name: str, arguments: type[BaseModel], description: str | None = None) -> Message:
    """`description`: left out, what the model's docstring says."""
    schema = strict(arguments.model_json_schema())
    schema.pop("description", None)
    function = {"name": name, "description": description or arguments.__doc__, "strict": True, "parameters": schema}
    return {"type": "function", "function": function}
