"""Detoxify with our checkpoint: what is known to go wrong when it is loaded or asked, does not."""

import hashlib
import json
import os
import pickle
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from moderation.screening import encoder, small
from moderation.screening.encoder import FOLDER, Encoder, EncoderUnavailable
from moderation.screening.engine import Small
from moderation.screening.reading import read
from tests.servers import ROOT

if not encoder.installed() and not os.environ.get("CI"):
    pytest.skip("needs torch and detoxify: run make install-dev", allow_module_level=True)

pytestmark = [
    # torch and Detoxify warn of their own future.
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::FutureWarning"),
    pytest.mark.filterwarnings("ignore::UserWarning"),
]
Tamper = Callable[[dict[str, Any]], None]


@pytest.fixture(scope="module")
def loaded() -> Encoder:
    return Encoder()


@pytest.fixture
def tampered(tmp_path: Path) -> Callable[[Tamper], Path]:
    """A copy of our folder whose checkpoint was changed, with a manifest that fits the change."""
    import torch

    def tampered(change: Tamper) -> Path:
        folder = tmp_path / "encoder"
        shutil.copytree(FOLDER, folder)
        content = torch.load(folder / encoder.CHECKPOINT, weights_only=True)
        change(content)
        torch.save(content, folder / encoder.CHECKPOINT)
        about = json.loads((folder / encoder.MANIFEST).read_text())
        digest = hashlib.sha256((folder / encoder.CHECKPOINT).read_bytes()).hexdigest()
        (folder / encoder.MANIFEST).write_text(json.dumps({**about, "sha256": digest}))
        return folder

    return tampered


def test_all_weights_together_stay_small() -> None:
    total = sum(path.stat().st_size for path in FOLDER.parent.rglob("*") if path.is_file())
    assert total <= 50_000_000


def test_it_is_the_packages_own_class(loaded: Encoder) -> None:
    from detoxify import Detoxify

    assert type(loaded._detoxify) is Detoxify


def test_it_loads_with_the_network_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    def cut(*_: Any, **__: Any) -> Any:
        raise AssertionError("the network was asked")

    for name in ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(socket.socket, "connect", cut)
    monkeypatch.setattr(socket, "getaddrinfo", cut)
    Encoder()


def test_a_renamed_tensor_is_refused(tampered: Callable[[Tamper], Path]) -> None:
    def rename(content: dict[str, Any]) -> None:
        state = content["state_dict"]
        state["classifier.weights"] = state.pop("classifier.weight")

    with pytest.raises(EncoderUnavailable):
        Encoder(tampered(rename))


def test_a_missing_tensor_is_refused(tampered: Callable[[Tamper], Path]) -> None:
    with pytest.raises(EncoderUnavailable):
        Encoder(tampered(lambda content: content["state_dict"].pop("bert.pooler.dense.bias")))


def test_other_weights_are_noticed_by_the_known_answers(
    tampered: Callable[[Tamper], Path],
) -> None:
    def scale(content: dict[str, Any]) -> None:
        content["state_dict"]["classifier.weight"] *= -1

    with pytest.raises(EncoderUnavailable, match="known answers"):
        Encoder(tampered(scale))


def test_a_changed_file_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "encoder"
    shutil.copytree(FOLDER, folder)
    path = folder / encoder.CHECKPOINT
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(EncoderUnavailable, match="Restore"):
        Encoder(folder)


@pytest.mark.parametrize("name", [encoder.CHECKPOINT, encoder.MANIFEST])
def test_a_missing_file_is_refused_with_what_to_do(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "encoder"
    shutil.copytree(FOLDER, folder)
    (folder / name).unlink()
    with pytest.raises(EncoderUnavailable, match="Restore"):
        Encoder(folder)


def test_a_checkpoint_never_runs_code(tmp_path: Path) -> None:
    class Payload:
        def __reduce__(self) -> Any:
            return (os.mkdir, (str(tmp_path / "was-run"),))

    folder = tmp_path / "encoder"
    shutil.copytree(FOLDER, folder)
    content = BytesIO()
    pickle.dump({"config": Payload(), "state_dict": {}}, content)
    (folder / encoder.CHECKPOINT).write_bytes(content.getvalue())
    about = json.loads((folder / encoder.MANIFEST).read_text())
    about["sha256"] = hashlib.sha256(content.getvalue()).hexdigest()
    (folder / encoder.MANIFEST).write_text(json.dumps(about))
    with pytest.raises(EncoderUnavailable):
        Encoder(folder)
    assert not (tmp_path / "was-run").exists()


def test_lists_in_lists_out(loaded: Encoder) -> None:
    assert all(score == [] for score in loaded.predict([]).values())
    for texts in (["one"], ["one", "two"], [""], ["😀"]):
        said = loaded.predict(texts)
        assert all(isinstance(score, list) and len(score) == len(texts) for score in said.values())


def test_a_text_of_any_length_neither_breaks_nor_loses_its_tail(loaded: Encoder) -> None:
    filler = "We planted beans and drank tea in the garden. " * 300
    calm, grave = loaded.read([read(filler), read(f"{filler} I want to kill myself tonight.")])
    assert grave[2] > calm[2] + 1


@pytest.mark.parametrize("place", [0, 10, 19])
def test_danger_is_found_wherever_it_stands(loaded: Encoder, place: int) -> None:
    words = ("The garden was quiet. We drank some tea. " * 625).split()
    at = place * len(words) // 20 // 8 * 8
    text = " ".join([*words[:at], "I want to kill myself tonight.", *words[at:]])
    reading = read(text)
    focus = Small(small.load()).focus([reading])
    assert loaded.read([reading], focus)[0][2] > 0


@pytest.mark.parametrize(
    "text", ["", "  ", "\x00", "\ud800", "😀" * 50, "مرحبا بالجميع", "a" * 20_000, "\n" * 500]
)
def test_odd_texts_raise_nothing(loaded: Encoder, text: str) -> None:
    assert np.isfinite(loaded.read([read(text)])).all()


def test_company_hardly_matters(loaded: Encoder) -> None:
    texts = ["I feel low today", "Who is coming on Thursday?", "You are an idiot " * 30]
    readings = [read(text) for text in texts]
    together = loaded.read(readings)
    alone = np.concatenate([loaded.read([one]) for one in readings])
    assert np.abs(together - alone).max() < 0.01


def test_known_answers_are_asked_again_every_hour(
    loaded: Encoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    import torch

    weight = loaded._detoxify.model.classifier.weight
    before = weight.detach().clone()
    try:
        with torch.no_grad():
            weight.mul_(-1)
        loaded.read([read("hello")])  # not yet an hour
        monkeypatch.setattr(loaded, "_looked_at", loaded._looked_at - encoder.CANARY_S - 1)
        with pytest.raises(EncoderUnavailable):
            loaded.read([read("hello")])
    finally:
        with torch.no_grad():
            weight.copy_(before)


def test_the_web_process_imports_no_torch() -> None:
    code = (
        "import sys, config.asgi, config.loops, moderation.screening.serving; "
        "print(sorted(set(sys.modules) & {'torch', 'transformers', 'detoxify', 'sklearn'}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip().endswith("[]")


def test_without_torch_it_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encoder, "find_spec", lambda _: None)
    with pytest.raises(EncoderUnavailable, match="README"):
        Encoder()
