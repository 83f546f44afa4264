"""The tools that an agent is offered, and their arguments."""

import re
from decimal import Decimal
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, field_validator

from shared.actions.training import GetPlan, GetWorkouts
from shared.llm.request import Message
from shared.llm.tools import tool
from shared.platform import settings
from shared.platform.process import keep
from shared.platform.text import NoNul
from shared.rooms.files import suffix
from shared.rooms.schemas import Role
from shared.rooms.work import TaskWork

Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500), NoNul]
_HOST = re.compile(r"([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}")  # no address, and no name without a dot


class Arguments(BaseModel):
    model_config = ConfigDict(extra="forbid")


class SearchKnowledge(Arguments):
    """Search the knowledge base: training, nutrition, recovery."""

    query: Words


class ReadFile(Arguments):
    """Read a file or picture, from a line on; `find`: only lines with its words."""

    filename: str
    from_line: int = 1
    find: Annotated[str, StringConstraints(strip_whitespace=True, max_length=500)] = ""


class WriteFile(Arguments):
    """Write a file, or append its next part."""

    filename: str
    content: str
    append: bool = False
    description: Annotated[str, StringConstraints(max_length=500)] = ""


class EditFile(Arguments):
    """Replace a passage that your file has once."""

    filename: str
    old: Annotated[str, StringConstraints(min_length=1)]
    new: str


class QueryTable(Arguments):
    """Ask a CSV file by one SELECT of SQLite; its table is called data."""

    filename: str
    sql: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000), NoNul]


class SearchWeb(Arguments):
    """Search the web, in few words that name nobody. Allowed:"""

    query: Words


class ReadPage(Arguments):
    """Read a page of the web. Allowed:"""

    url: Words


class AskOwner(Arguments):
    """Ask the owner one question; it may take days."""

    question: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000), NoNul]


ARGUMENTS: dict[str, type[BaseModel]] = {
    "search_knowledge": SearchKnowledge,
    "read_file": ReadFile,
    "write_file": WriteFile,
    "edit_file": EditFile,
    "query_table": QueryTable,
    "get_workouts": GetWorkouts,
    "get_plan": GetPlan,
    "search_web": SearchWeb,
    "read_page": ReadPage,
    "ask_owner": AskOwner,
}
# What a task is offered besides writing and reading: each tool costs its tokens in every call.
OF_THE_WEB = {"search_web", "read_page"}
SEARCHING: tuple[Role, ...] = ("researcher", "writer")


def tools_for(work: TaskWork, *, has_files: bool) -> list[Message]:
    """Those that the task can need, in a fixed order: providers cache what comes first."""
    left_out = set() if has_files else {"read_file", "edit_file"}
    if work.task.role not in SEARCHING:
        left_out.add("search_knowledge")
    if not any(suffix(file.filename) == ".csv" for file in work.files):
        left_out.add("query_table")
    hosts = web_hosts()
    if not hosts or work.task.role not in SEARCHING:
        left_out |= OF_THE_WEB
    elif not may_search_web(work.task.role):
        left_out.add("search_web")
    if not work.has_training:
        left_out |= {"get_workouts", "get_plan"}
    offered = [_tool(name) for name in ARGUMENTS if name not in left_out]
    return [_told(each, hosts) if each["function"]["name"] in OF_THE_WEB else each for each in offered]


def _hosts(text: object) -> object:
    """From their names, separated by commas."""
    return [each.strip().lower() for each in text.split(",") if each.strip()] if isinstance(text, str) else text


class WebSettings(settings.EnvironmentSettings):
    """Of which hosts agents of rooms may read pages, and search for some; none, unless the operator names some."""

    web_search_url: str = "https://api.search.brave.com/res/v1/web/search"
    web_search_key_parameter: str = ""  # none: nobody searches
    web_search_dollars: Decimal | None = None  # of a thousand questions; not said: what a room costs is a lower bound
    web_hosts: Annotated[list[str], BeforeValidator(_hosts)] = Field(default_factory=list)

    @field_validator("web_hosts")
    @classmethod
    def _are_names(cls, hosts: list[str]) -> list[str]:
        if not all(_HOST.fullmatch(host) for host in hosts):
            raise ValueError("must be names of hosts, separated by commas")
        return hosts


def may_search_web(role: str) -> bool:
    """Whether agents of a role may, and the operator has a key for it."""
    has_key = bool(settings.load(WebSettings).web_search_key_parameter)
    return has_key and bool(web_hosts()) and role in SEARCHING


def web_hosts() -> list[str]:
    """Of which pages may be read; the operator's word (WEB_HOSTS)."""
    return settings.load(WebSettings).web_hosts


def _told(offered: Message, hosts: list[str]) -> Message:
    function = offered["function"]
    return offered | {"function": function | {"description": f"{function['description']} {', '.join(hosts)}"}}


@keep
def _tool(name: str) -> Message:
    return tool(name, ARGUMENTS[name])
