import subprocess
import sys

from infra.local.processes import ROOT

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
