"""A small stand-in for the database's knowledge functions and for an embedder, behind one address."""

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.support.stub_server import Request, Response

SOURCE = {
    "id": "00000000-0000-4000-8000-000000000001",
    "status": "pending",
    "version": 0,
    "chunk_count": 0,
    "content_sha256": None,
    "in_bucket": False,
    "outcome": "claimed",
    "serving_model": None,
    "stored": True,
}


@dataclass
class FakeKnowledgeBase:
    """`called` has the calls of SQL functions in order; `claimed` changes what a claim of a source answers."""

    claimed: dict[str, dict[str, Any]] = field(default_factory=dict)
    kept: set[str] = field(default_factory=set)  # hashes that have a vector
    embedded: list[tuple[str, str]] = field(default_factory=list)  # model and text
    called: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    broken: set[str] = field(default_factory=set)  # SQL functions that do not answer
    answers: dict[str, Callable[[dict[str, Any]], Any]] = field(default_factory=dict)  # of further functions
    working: set[str] = field(default_factory=set)  # sources that are claimed now
    most_at_once: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def reply(self, request: Request) -> Response:
        name, body = request.path.rpartition("/")[2], json.loads(request.body)
        with self._lock:
            if name == "embeddings":
                return self._embed(body)
            self.called.append((name, body))
            if name in self.broken:
                return Response(b"{}", 503)
            answer = self.answers.get(name) or getattr(self, f"_{name}")
            return Response(json.dumps(answer(body)).encode())

    def arguments(self, name: str) -> list[dict[str, Any]]:
        return [body for called, body in self.called if called == name]

    def _embed(self, body: dict[str, Any]) -> Response:
        self.embedded += [(body["model"], text) for text in body["input"]]
        data = [{"object": "embedding", "index": at, "embedding": [1.0]} for at in range(len(body["input"]))]
        usage = {"prompt_tokens": 1, "total_tokens": 1}
        return Response(json.dumps({"object": "list", "data": data, "model": "m", "usage": usage}).encode())

    def _claim_source(self, body: dict[str, Any]) -> dict[str, Any]:
        source = body["p_source"]
        assert source not in self.working, "a source is claimed twice at once"
        claimed = SOURCE | {"source": source} | self.claimed.get(source, {})
        if claimed["outcome"] == "claimed":
            self.working.add(source)
        self.most_at_once = max(self.most_at_once, len(self.working))
        return claimed

    def _settle_source(self, body: dict[str, Any]) -> None:
        self.working.discard(body["p_source"])

    def _missing_embeddings(self, body: dict[str, Any]) -> list[str]:
        return [name for name in body["p_hashes"] if name not in self.kept]

    def _keep_embeddings(self, body: dict[str, Any]) -> None:
        self.kept.update(row["content_sha256"] for row in body["p_rows"])

    def _store_source(self, body: dict[str, Any]) -> dict[str, Any]:
        self.working.discard(body["p_source"])
        return SOURCE | {"source": body["p_source"], "status": "ready", "version": 1}
