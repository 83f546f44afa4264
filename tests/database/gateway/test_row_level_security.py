"""Who sees and changes what through the API: owner, stranger, anonymous, service."""

import httpx
import pytest
from postgrest import APIError

from tests.database.gateway.actor import Actor, MakeClient, SignToken
from tests.support.gateway import Served


@pytest.fixture
def note_id(owner: Actor) -> int:
    row = owner.supabase.table("notes").insert({"title": "mine"}).execute().data[0]
    assert isinstance(row, dict)
    return int(str(row["id"]))


def test_an_owner_reads_the_own_row_and_it_bears_the_owners_id(owner: Actor, note_id: int) -> None:
    found = owner.supabase.table("notes").select("id, owner, title").execute().data
    assert found == [{"id": note_id, "owner": owner.id, "title": "mine"}]


def test_a_stranger_reads_nothing(stranger: Actor, note_id: int) -> None:
    assert stranger.supabase.table("notes").select("*").eq("id", note_id).execute().data == []


def test_a_stranger_changes_and_deletes_nothing(owner: Actor, stranger: Actor, note_id: int) -> None:
    notes = stranger.supabase.table("notes")
    assert notes.update({"title": "theirs"}).eq("id", note_id).execute().data == []
    assert notes.delete().eq("id", note_id).execute().data == []
    assert owner.supabase.table("notes").select("title").eq("id", note_id).single().execute().data == {"title": "mine"}


def test_nobody_writes_a_row_for_someone_else(owner: Actor, stranger: Actor) -> None:
    with pytest.raises(APIError) as refused:
        stranger.supabase.table("notes").insert({"title": "forged", "owner": owner.id}).execute()
    assert refused.value.code == "42501"
    assert owner.supabase.table("notes").select("*").execute().data == []


def test_anonymous_reads_no_row_that_a_policy_protects(anonymous: httpx.Client, note_id: int) -> None:
    answer = anonymous.get("/notes")
    assert (answer.status_code, answer.json()) == (200, [])


def test_a_missing_grant_is_401_for_anonymous_and_403_for_users(anonymous: httpx.Client, owner: Actor) -> None:
    for_anonymous, for_user = anonymous.get("/vault"), owner.rest.get("/vault")
    assert (for_anonymous.status_code, for_user.status_code) == (401, 403)
    assert for_anonymous.headers["www-authenticate"] == "Bearer"
    assert for_user.json() == {
        "code": "42501",
        "message": "permission denied for table vault",
        "details": None,
        "hint": None,
    }


def test_the_service_role_sees_every_row(service: httpx.Client, note_id: int) -> None:
    assert service.get("/notes", params={"id": f"eq.{note_id}", "select": "title"}).json() == [{"title": "mine"}]


def test_the_service_key_with_a_users_token_acts_as_that_user(
    served: Served, supabase_client: MakeClient, stranger: Actor, note_id: int
) -> None:
    client = supabase_client(served.service_key, stranger.token)
    assert client.table("notes").select("*").eq("id", note_id).execute().data == []


def test_grants_of_single_columns_hold(owner: Actor) -> None:
    table = owner.supabase.table("half_open")
    assert table.select("id, shown").execute().data == [{"id": 1, "shown": "this"}]
    for columns in ("*", "hidden"):
        with pytest.raises(APIError) as refused:
            table.select(columns).execute()
        assert refused.value.code == "42501"


def test_a_row_can_be_inserted_without_the_right_to_read_it(owner: Actor, database: object) -> None:
    answer = owner.rest.post("/half_open", json={"id": 2, "hidden": "x"}, headers={"Prefer": "return=minimal"})
    assert (answer.status_code, answer.content) == (201, b"")
    shown = {"Prefer": "return=representation"}
    assert owner.rest.post("/half_open", json={"id": 3}, headers=shown).status_code == 403
    assert owner.rest.post("/half_open?select=id", json={"id": 4}, headers=shown).json() == [{"id": 4}]


def test_a_token_for_another_role_than_the_apis_is_refused(
    http: httpx.Client, served: Served, sign_token: SignToken
) -> None:
    for role in ("postgres", "supabase_admin", "nobody"):
        headers = {"apikey": served.anon_key, "Authorization": f"Bearer {sign_token('x', role=role)}"}
        assert http.get(f"{served.url}/rest/v1/notes", headers=headers).status_code in (401, 403)


def test_claims_and_request_reach_the_database_and_end_with_it(owner: Actor, anonymous: httpx.Client) -> None:
    seen = owner.rest.post("/rpc/caller", headers={"X-Agent": "phone"}).json()
    assert seen == {
        "uid": owner.id,
        "role": "authenticated",
        "email": f"{owner.id}@example.org",
        "user": "authenticated",
        "path": "/rest/v1/rpc/caller",
        "method": "POST",
        "agent": "phone",
        "read_only": "on",
    }
    afterwards = anonymous.post("/rpc/caller").json()
    assert (afterwards["uid"], afterwards["role"], afterwards["user"]) == (None, "anon", "anon")
