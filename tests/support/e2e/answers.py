"""What the API answered during the tests: held against the contract, and the examples in it."""

import json
import re
from typing import Any

import httpx

from infra.contract.examples import EXAMPLES
from tests.support.contract_responses import Contract

# What differs from run to run and says nothing: signatures, keys of one cloud, its addresses.
SIGNED = re.compile(r'\?[^"\s]*(?:X-Amz|Signature)[^"\s]*')
ADDRESS = re.compile(r"http://127\.0\.0\.1:\d+(?:/_aws/execute-api/\w+)?")
SOCKET = re.compile(r"ws://127\.0\.0\.1:\d+(?:/_aws/execute-api/\w+)?")
MOST = 2  # of a list: an example is to be read
SECRET_MEMBERS = ("ticket", "x-amz-signature", "policy", "x-amz-credential", "X-Amz-Signature", "X-Amz-Credential")


class Answers:
    """`keeps`: what is answered now is told as an example."""

    keeps = False

    def __init__(self) -> None:
        self._contract = Contract()
        self._examples: dict[str, dict[str, Any]] = {}

    def check(self, request: httpx.Request, answer: httpx.Response, api_url: str) -> None:
        """Raises AssertionError where an answer is not as the contract says."""
        answer.read()
        path = str(request.url).removeprefix(api_url).partition("?")[0]
        name, body = self._contract.check(request.method, path, answer)
        if self.keeps and body is not None and answer.is_success:
            known = self._examples.setdefault(name, {}).setdefault(str(answer.status_code), body)
            if _says_more(body, known):
                self._examples[name][str(answer.status_code)] = body

    def write_examples(self) -> None:
        """Keep of each kind the answer that said most, and what other runs kept of the others."""
        kept = json.loads(EXAMPLES.read_text()) | _shown(self._examples)
        text = json.dumps(kept, indent=2, sort_keys=True, ensure_ascii=False)
        text = SOCKET.sub("wss://socket.example.com", ADDRESS.sub("https://api.example.com", SIGNED.sub("?…", text)))
        EXAMPLES.write_text(text + "\n")


def _says_more(body: Any, known: Any) -> bool:
    """An example of a list has something in it."""
    return len(json.dumps(body)) > len(json.dumps(known))


def _shown(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: "…" if name in SECRET_MEMBERS else _shown(part) for name, part in value.items()}
    return [_shown(part) for part in value[:MOST]] if isinstance(value, list) else value
