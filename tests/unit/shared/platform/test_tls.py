import ssl
import subprocess
import sys

import certifi
import pytest

from infra.local.processes import ROOT
from shared.platform import tls
from shared.platform.process import forget
from shared.platform.tls import read_ahead, trusted


@pytest.fixture(autouse=True)
def just_started(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in tls.OWN:
        monkeypatch.delenv(name, raising=False)
    forget()


def test_the_authorities_that_are_read_ahead_are_those_of_certifi() -> None:
    assert str(tls.AUTHORITIES) == certifi.where()
    read_ahead()
    assert len(trusted().get_ca_certs()) == len(ssl.create_default_context(cafile=certifi.where()).get_ca_certs())
    assert trusted().verify_mode is ssl.CERT_REQUIRED
    assert trusted().check_hostname


def test_whom_an_operator_says_to_trust_is_trusted_alone(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    one = tls.AUTHORITIES.read_text().partition("-----END CERTIFICATE-----\n")
    own = tmp_path_factory.mktemp("own") / "own.pem"
    own.write_text(one[0] + one[1])
    read_ahead()
    monkeypatch.setenv("SSL_CERT_FILE", str(own))
    assert len(trusted().get_ca_certs()) == 1


# In a process of its own: what another test has loaded stays loaded.
SCRIPT = """
import sys, httpx
from shared.platform.tls import trusted
httpx.Client(verify=trusted())
loaded = "httpcore" in sys.modules, "h2" in sys.modules
httpx.Client(verify=trusted(), http2=True)
import h2.config
print(loaded)
"""


def test_a_client_loads_nothing_of_http_2_and_one_that_wants_it_still_can() -> None:
    done = subprocess.run([sys.executable, "-c", SCRIPT], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "(True, False)"
