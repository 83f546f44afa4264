"""Of which hosts of the web agents may read, and whom they ask to search it."""

import re
from decimal import Decimal
from typing import Annotated

from pydantic import BeforeValidator, Field, field_validator

from shared.platform.settings import EnvironmentSettings

_HOST = re.compile(r"([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}")  # no address, and no name without a dot


def _hosts(text: object) -> object:
    """From their names, separated by commas."""
    return [each.strip().lower() for each in text.split(",") if each.strip()] if isinstance(text, str) else text


class WebSettings(EnvironmentSettings):
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
