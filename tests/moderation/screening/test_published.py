"""Published checkpoints beside ours: their shapes and their format with random weights, and the way
they are fetched, against a server on this machine."""

import hashlib
import os
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from moderation.screening import encoder, small
from moderation.screening.encoder import FOLDER, Encoder, EncoderUnavailable
from moderation.screening.engine import Filter, Small
from moderation.screening.reading import read

if not encoder.installed() and not os.environ.get("CI"):
    pytest.skip("needs torch and detoxify: run make install-dev", allow_module_level=True)

pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::FutureWarning"),
    pytest.mark.filterwarnings("ignore::UserWarning"),
]
# The classes of the published checkpoints (github.com/unitaryai/detoxify, README).
SIX = ["toxicity", "severe_toxicity", "obscene", "threat", "insult", "identity_attack"]
SEVEN = [*SIX, "sexual_explicit"]
# model: its kind, its classes, how many answers its last layer has
SHAPES = {
    "original": ("Bert", SIX, 6),
    "unbiased": ("Roberta", SEVEN, 16),
    "multilingual": ("XLMRoberta", SEVEN, 16),
}


def published(model: str, folder: Path) -> dict[str, Any]:
    """A checkpoint as the package's authors save them, with a small encoder of random weights, and
    configuration and tokenizer in the folder."""
    import torch
    import transformers

    kind, classes, answers = SHAPES[model]
    torch.manual_seed(5)
    config = getattr(transformers, f"{kind}Config")(
        vocab_size=30_522, hidden_size=16, num_hidden_layers=1, num_attention_heads=2,
        intermediate_size=16, max_position_embeddings=514, num_labels=answers,
    )  # fmt: skip
    made = getattr(transformers, f"{kind}ForSequenceClassification")(config)
    folder.mkdir(parents=True, exist_ok=True)
    config.save_pretrained(folder)
    transformers.BertTokenizer.from_pretrained(FOLDER).save_pretrained(folder)
    arguments = {
        "num_classes": answers,
        "model_type": "bert-base-uncased",
        "model_name": f"{kind}ForSequenceClassification",
        "tokenizer_name": "BertTokenizer",
    }
    names = {"classes": classes}
    return {
        "config": {"arch": {"type": kind, "args": arguments}, "dataset": {"args": names}},
        "state_dict": made.state_dict(),
    }


@pytest.mark.slow
@pytest.mark.parametrize("model", SHAPES)
def test_each_published_shape_is_read_beside_ours(model: str, tmp_path: Path) -> None:
    import torch

    from moderation.management.commands.train_filter import write_manifest

    torch.save(published(model, tmp_path), tmp_path / encoder.CHECKPOINT)
    write_manifest(tmp_path, model)
    loaded = Encoder(tmp_path)
    texts = ["Who waters the plants?", "word " * 900, ""]

    said = loaded.read([read(text) for text in texts])

    assert said.shape == (3, 4)
    assert (said[:2, 1:] < -8).all(), "a published checkpoint says nothing of danger"
    alone = Filter(Small(small.load()))
    beside = Filter(Small(small.load()), Encoder(), published=loaded)
    assert beside.version.endswith(f"+{model}")
    assert len(beside.score(texts)) == len(alone.score(texts)) == 3
    assert beside.degraded == ""


# --- Fetching -----------------------------------------------------------------------------------


@pytest.fixture
def server(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """The address and the folder of a web server on this machine."""

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *args: object) -> None:
            pass

    root = tmp_path / "www"
    root.mkdir()
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(root))) as http:
        thread = threading.Thread(target=http.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{http.server_address[1]}", root
        http.shutdown()
        thread.join()


def offered(server: tuple[str, Path], parts: Path, prefix: str = "") -> str:
    """The address of a published checkpoint whose name ends in the digest of its content."""
    import torch

    address, root = server
    content = published("original", parts)
    content["config"]["arch"]["args"]["model_type"] = str(parts)
    torch.save(content, root / "new.ckpt")
    digest = hashlib.sha256((root / "new.ckpt").read_bytes()).hexdigest()
    name = f"toxic_original-{prefix or digest[:8]}.ckpt"
    (root / "new.ckpt").rename(root / name)
    return f"{address}/{name}"


@pytest.mark.slow
def test_a_fetched_checkpoint_is_pinned_and_serves(
    server: tuple[str, Path], tmp_path: Path, settings: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    from detoxify import detoxify

    settings.DATA_DIR = tmp_path / "data"
    url = offered(server, tmp_path / "parts")
    monkeypatch.setitem(detoxify.MODEL_URLS, "original", url)
    out = StringIO()

    call_command("fetch_detoxify", "original", stdout=out)

    folder = tmp_path / "data" / "detoxify" / "original"
    assert f"DETOXIFY_CHECKPOINT={folder}" in out.getvalue()
    assert encoder.manifest(folder).sha256.startswith(url.rsplit("-", 1)[1].removesuffix(".ckpt"))
    assert Encoder(folder).read([read("Hello there.")]).shape == (1, 4)
    with (folder / encoder.CHECKPOINT).open("ab") as file:
        file.write(b"more")
    with pytest.raises(EncoderUnavailable, match="not the file its manifest names"):
        Encoder(folder)


def test_what_is_not_the_published_file_is_refused(
    server: tuple[str, Path], tmp_path: Path, settings: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    from detoxify import detoxify

    settings.DATA_DIR = tmp_path / "data"
    url = offered(server, tmp_path / "parts", prefix="00000000")
    monkeypatch.setitem(detoxify.MODEL_URLS, "original", url)
    with pytest.raises(CommandError, match="could not be fetched"):
        call_command("fetch_detoxify", "original")
    assert not list((tmp_path / "data").rglob("*.ckpt"))


def test_without_a_way_out_it_says_what_to_do(
    tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from detoxify import detoxify

    settings.DATA_DIR = tmp_path
    monkeypatch.setitem(detoxify.MODEL_URLS, "original", "http://127.0.0.1:9/x-00000000.ckpt")
    with pytest.raises(CommandError, match="reaches the internet"):
        call_command("fetch_detoxify", "original")
