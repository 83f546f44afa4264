"""A cloud that is ended in the middle of work and started again; here at another address than usual, as for a phone."""

import hashlib
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import jwt
import pytest

from infra.local.aws_emulator.client import client
from infra.local.cloud.description import Cloud
from infra.local.cloud.place import Place, Ports
from infra.local.cloud.running import running_cloud
from infra.local.demo.phone import Phone
from infra.local.processes import HOST
from tests.support.waiting import WITHIN, eventually

# Another address of this machine, where all of 127.0.0.0/8 is.
OTHER = "127.0.0.2" if sys.platform == "linux" else HOST
PERSON = {"email": "ada@example.com", "password": "correct horse"}
LOG = b"day,km\nmon,5\n"


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    place = Place(tmp_path, Ports.free(), OTHER, kept=True)
    yield place
    place.reset()


def token(cloud: Cloud, path: str) -> str:
    headers = {"apikey": cloud.anon_key}
    answer = httpx.post(f"{cloud.supabase_url}/auth/v1/{path}", json=PERSON, headers=headers, timeout=WITHIN)
    return str(answer.raise_for_status().json()["access_token"])


def statuses(cloud: Cloud) -> dict[str, str]:
    """Of the documents in the knowledge base."""
    url, headers = f"{cloud.api_url}/v1/knowledge/documents", {"apikey": cloud.service_key}
    items = httpx.get(url, headers=headers, timeout=WITHIN).raise_for_status().json()["items"]
    return {item["source"]: item["status"] for item in items}


def test_it_hands_out_its_address_only_and_goes_on_with_everything_at_the_same_ones(place: Place) -> None:
    with running_cloud(place=place) as cloud:
        signed_up = token(cloud, "signup")
        with Phone(cloud, "", PERSON["email"], signed_up) as phone:
            digest = hashlib.sha256(LOG).hexdigest()
            new = phone.call("POST", "/v1/rooms/uploads", {"filename": "a.csv", "size": len(LOG), "sha256": digest})
            upload = new.expect(201).body
            httpx.put(upload["url"], content=LOG, headers=upload["headers"], timeout=WITHIN).raise_for_status()
            room = phone.call("POST", "/v1/rooms", {"task_prompt": "Write a guide to deload weeks."}).body["id"]
            ticket = phone.call("POST", "/v1/realtime/tickets").expect(201).body
        issuer = jwt.decode(signed_up, options={"verify_signature": False})["iss"]
        client("s3", cloud.aws_endpoint_url).put_object(Bucket=cloud.kb_bucket, Key="deload.md", Body=b"# Deload")
        handed_out = [cloud.api_url, cloud.ws_url, cloud.supabase_url, issuer, upload["url"], ticket["url"]]

    assert {httpx.URL(url).host for url in handed_out} == {OTHER}
    with running_cloud(place=place) as again:
        # The offline models are for nobody outside: they may be elsewhere.
        assert again == replace(cloud, openai_base_url=again.openai_base_url, gemini_base_url=again.gemini_base_url)
        objects = client("s3", again.aws_endpoint_url).list_objects_v2(Bucket=again.rooms_bucket)["Contents"]
        assert [item["Size"] for item in objects] == [len(LOG)]
        with Phone(again, "", PERSON["email"], token(again, "token?grant_type=password")) as phone:
            eventually(lambda: phone.get(f"/v1/rooms/{room}")["room"]["status"] in ("completed", "failed"))
        eventually(lambda: statuses(again) == {"deload.md": "ready"})
