"""What an operator of the knowledge base does, with the service key."""

from typing import Any

import psycopg

from tests.support.functions.invocations import Answer, request
from tests.support.gateway import Served

Connection = psycopg.Connection[tuple[Any, ...]]
DOCUMENTS = "/v1/knowledge/documents"


def embed(supabase: Served, source: str, text: str | None = None, **more: Any) -> Answer:
    body = {"source": source, **({"text": text} if text else {}), **more}
    return request("embed_doc", "POST", DOCUMENTS, "", body, apikey=supabase.service_key)


def listed(supabase: Served, **query: Any) -> Answer:
    return request("list_docs", "GET", DOCUMENTS, "", None, query, apikey=supabase.service_key)


def shown(supabase: Served, source: str, status: str) -> dict[str, Any]:
    """One document of the list."""
    items = listed(supabase, status=status, limit=100).body["items"]
    (item,) = [item for item in items if item["source"] == source]
    found: dict[str, Any] = item
    return found


def delete(supabase: Served, source_id: str) -> Answer:
    return request("delete_doc", "DELETE", f"{DOCUMENTS}/{source_id}", "", apikey=supabase.service_key)


def chunks(database: Connection, source: str) -> list[str]:
    rows = database.execute("select content from ai_kb_docs where source = %s order by chunk_index", (source,))
    return [row[0] for row in rows.fetchall()]
