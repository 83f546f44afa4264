"""Whether a deployment answers as it should, asked from outside."""

from collections.abc import Iterator

import httpx

ATTEMPTS = 3  # the first meets cold starts


def smoke(api_url: str, service_key: str, version: str) -> list[str]:
    """Each thing that is not as it should be; none where all is well."""
    transport = httpx.HTTPTransport(retries=ATTEMPTS)
    with httpx.Client(base_url=api_url, timeout=30, transport=transport) as client:
        return [*_answers(client, version), *_refuses(client), *_is_whole(client, service_key)]


def _answers(client: httpx.Client, version: str) -> Iterator[str]:
    answer = client.get("/health")
    if answer.status_code != 200:
        yield f"GET /health answers {answer.status_code}."
    elif (found := answer.json()["version"]) != version:
        yield f"GET /health is of version {found}, not {version}."


def _refuses(client: httpx.Client) -> Iterator[str]:
    answer = client.get("/v1/usage")
    if answer.status_code != 401 or not answer.headers["content-type"].startswith("application/problem+json"):
        yield f"GET /v1/usage without a token answers {answer.status_code}, not a problem of 401."


def _is_whole(client: httpx.Client, service_key: str) -> Iterator[str]:
    answer = client.get("/health/deep", headers={"apikey": service_key})
    if answer.status_code != 200:
        yield f"GET /health/deep answers {answer.status_code} to the service key."
        return
    found = answer.json()
    if found["schema_version"] != found["schema_expected"]:
        yield f"The schema is at {found['schema_version']}, the functions expect {found['schema_expected']}."
