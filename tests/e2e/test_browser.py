"""A web app on another origin, in a real Chromium: supabase-js, the API, the socket and the buckets."""

import hashlib
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from infra.local.cloud.description import Cloud
from infra.local.processes import ROOT
from tests.support.browser import chromium, watched
from tests.support.stub_server import Request, Response, StubServer, stub_server

SUPABASE_JS = ROOT / "node_modules" / "@supabase" / "supabase-js" / "dist" / "umd" / "supabase.js"
# What an app does at its start; `call` answers with status, body and the headers that a page can read.
APP = """<!doctype html><title>App</title><link rel="icon" href="data:,">
<script src="/supabase.js"></script>
<script>
async function begin(cloud) {
  const supabase = window.supabase.createClient(cloud.supabase_url, cloud.anon_key);
  const { data, error } = await supabase.auth.signUp({ email: cloud.email, password: "correct horse" });
  if (error) throw error;
  const call = async (method, path, body, more = {}) => {
    const token = `Bearer ${data.session.access_token}`;
    const headers = { authorization: token, "content-type": "application/json", ...more };
    const answer = await fetch(cloud.api_url + path, { method, headers, body: body && JSON.stringify(body) });
    return { status: answer.status, body: await answer.json(), headers: Object.fromEntries(answer.headers) };
  };
  return { supabase, call };
}
</script>"""
ASK = """async (cloud) => {
  const { call } = await begin(cloud);
  const session = (await call("POST", "/v1/chat/sessions", {})).body.id;
  return call("POST", `/v1/chat/sessions/${session}/messages`, { content: "How often should I deload?" },
    { "idempotency-key": "first" });
}"""
LISTEN = """async (cloud) => {
  const { call } = await begin(cloud);
  const session = (await call("POST", "/v1/chat/sessions", {})).body.id;
  const { url, ticket } = (await call("POST", "/v1/realtime/tickets")).body;
  const socket = new WebSocket(`${url}?ticket=${ticket}`);
  const seen = [];
  const done = new Promise((resolve, reject) => {
    socket.onerror = () => reject(new Error("the socket failed"));
    socket.onmessage = ({ data }) => {
      const frame = JSON.parse(data);
      seen.push(frame.type);
      if (frame.type === "subscribed") call("POST", `/v1/chat/sessions/${session}/messages`, { content: "Hello" });
      if (frame.type === "message.completed") resolve();
    };
  });
  socket.onopen = () => socket.send(JSON.stringify({ type: "subscribe", stream: `session:${session}` }));
  await done;
  socket.close();
  return seen;
}"""
READ_ROWS = """async (cloud) => {
  const { supabase, call } = await begin(cloud);
  await call("PATCH", "/v1/profile", { goals: ["first pull-up"] });
  const { data, count, error } = await supabase.from("ai_profile").select("goals", { count: "exact" });
  if (error) throw new Error(error.message);
  return { data, count };
}"""
UPLOAD = """async (cloud) => {
  const { call } = await begin(cloud);
  const upload = (await call("POST", "/v1/rooms/uploads", cloud.file)).body;
  const put = await fetch(upload.url, { method: "PUT", headers: upload.headers, body: cloud.content });
  return { status: put.status };
}"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


def serve_app(origin: StubServer) -> None:
    def reply(request: Request) -> Response:
        if request.path == "/supabase.js":
            return Response(SUPABASE_JS.read_bytes(), content_type="text/javascript")
        return Response(APP.encode(), content_type="text/html; charset=utf-8")

    origin.reply = reply


@pytest.fixture
def page(browser: Browser, app: StubServer) -> Iterator[Page]:
    serve_app(app)
    page = browser.new_page()
    wrong = watched(page)
    page.goto(app.url)
    yield page
    page.close()
    assert wrong == []


def known(cloud: Cloud, **more: Any) -> dict[str, Any]:
    """What an app is told of a cloud, and a user who is new."""
    addresses = {"api_url": cloud.api_url, "supabase_url": cloud.supabase_url, "anon_key": cloud.anon_key}
    return {**addresses, "email": f"{uuid.uuid4()}@example.com", **more}


@pytest.mark.usefixtures("knowledge")
def test_a_page_signs_up_with_supabase_js_and_asks_the_coach(cloud: Cloud, page: Page) -> None:
    answer = page.evaluate(ASK, known(cloud))

    assert answer["status"] == 200
    assert answer["body"]["message"]["role"] == "assistant"
    assert answer["headers"]["x-request-id"]


def test_a_page_listens_on_the_socket_by_a_ticket(cloud: Cloud, page: Page) -> None:
    seen = page.evaluate(LISTEN, known(cloud))

    assert seen[0] == "subscribed"
    assert seen[-1] == "message.completed"


def test_a_page_reads_its_users_own_rows_and_how_many_there_are(cloud: Cloud, page: Page) -> None:
    assert page.evaluate(READ_ROWS, known(cloud)) == {"data": [{"goals": ["first pull-up"]}], "count": 1}


def test_a_page_puts_a_file_straight_into_the_bucket(cloud: Cloud, page: Page) -> None:
    content = "day,km\nmon,5\n"
    file = {"filename": "log.csv", "size": len(content), "sha256": hashlib.sha256(content.encode()).hexdigest()}

    assert page.evaluate(UPLOAD, known(cloud, file=file, content=content)) == {"status": 200}


def test_a_page_of_another_origin_reaches_neither_the_api_nor_a_bucket(cloud: Cloud, browser: Browser) -> None:
    with stub_server() as elsewhere:
        serve_app(elsewhere)
        page = browser.new_page()
        page.goto(elsewhere.url)
        api = page.evaluate(f"cloud => ({ASK})(cloud).catch(error => error.message)", known(cloud))
        file = f"{cloud.aws_endpoint_url}/{cloud.rooms_bucket}/rooms/uploads/a"
        bucket = page.evaluate("url => fetch(url).catch(error => error.message)", file)
        page.close()

    assert (api, bucket) == ("Failed to fetch", "Failed to fetch")
