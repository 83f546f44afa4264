"""A small knowledge base and an embedder behind one address, and what the functions know of them."""

import pytest

from tests.support.knowledge_base import FakeKnowledgeBase
from tests.support.stub_server import StubServer
from tests.unit.shared.conftest import KnowSecret


@pytest.fixture
def knowledge_base(stub: StubServer, monkeypatch: pytest.MonkeyPatch, know_secret: KnowSecret) -> FakeKnowledgeBase:
    know_secret("/openai-key", "sk-for-tests-only")
    know_secret("/service-key", "sb_secret_key")
    for name, value in {
        "SUPABASE_URL": stub.url,
        "SUPABASE_ANON_KEY": "sb_publishable_key",
        "SUPABASE_SERVICE_KEY_PARAMETER": "/service-key",
        "OPENAI_API_KEY_PARAMETER": "/openai-key",
        "OPENAI_BASE_URL": f"{stub.url}/v1",
        "EMBEDDING_MODEL": "wanted",
    }.items():
        monkeypatch.setenv(name, value)
    fake = FakeKnowledgeBase()
    stub.reply = fake.reply
    return fake
