"""Fine-tunes a small encoder on five questions and saves it in Detoxify's checkpoint format.

The encoder to begin from (its own folder with config.json, tokenizer.json and model.safetensors) is
needed only here. Its vocabulary is cut to the pieces our texts use, which more than halves the
file. The result is read by the package's own class: see moderation/screening/encoder.py.
"""

import json
import math
import os
import random
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from moderation.screening.normalise import normalise
from moderation.screening.training.rows import Row, mixture

CLASSES = ("toxic", "identity_hate", "distress", "ideation", "crisis")
NAME = "checkpoint.ckpt"
PIECES = 14_000
BATCH = 32
SHORT, LONG = 72, 112  # tokens read of a text about conduct, and of one about risk
RATE, HEAD_RATE = 1.2e-4, 1e-3
FROZEN_LAYERS = 2


def train(
    rows: Sequence[Row],
    start: Path,
    out: Path,
    *,
    epochs: float = 2.5,
    seed: int = 0,
    say: Callable[[str], None] = print,
) -> None:
    """Write checkpoint, config and tokenizer to `out`. About 30 minutes of one core an epoch."""
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    import torch
    from transformers import BertForSequenceClassification

    torch.manual_seed(seed)
    rng = random.Random(seed)
    examples = mixture(list(rows), seed)
    spoken = [(row.text[:900], normalise(row.text[:900]).text) for row in examples]
    out.mkdir(parents=True, exist_ok=True)
    tokenizer, kept = _vocabulary(start, spoken)
    model = BertForSequenceClassification.from_pretrained(
        str(start), num_labels=len(CLASSES), local_files_only=True
    ).float()
    _cut_vocabulary(model, kept)
    model.config.id2label = dict(enumerate(CLASSES))
    model.config.label2id = {name: at for at, name in enumerate(CLASSES)}
    model.config.problem_type = "multi_label_classification"
    tokenizer.save_pretrained(str(out))
    model.config.save_pretrained(str(out))
    for part in (model.bert.embeddings, *model.bert.encoder.layer[:FROZEN_LAYERS]):
        for parameter in part.parameters():
            parameter.requires_grad = False

    long = [not math.isnan(row.risk[0]) for row in examples]
    ids = [
        [
            tokenizer.encode(text, truncation=True, max_length=LONG if long[at] else SHORT)
            for text in pair
        ]
        for at, pair in enumerate(spoken)
    ]
    answers = torch.tensor([[row.toxic, row.hate, *row.risk] for row in examples])
    weights = torch.tensor([row.weight for row in examples])
    body = [
        parameter
        for name, parameter in model.named_parameters()
        if parameter.requires_grad and "classifier" not in name
    ]
    optimiser = torch.optim.AdamW(
        [
            {"params": body, "top": RATE},
            {"params": model.classifier.parameters(), "top": HEAD_RATE},
        ],
        lr=RATE,
        weight_decay=0.01,
    )
    say(f"{len(examples)} texts, {len(tokenizer)} pieces")
    total = int(epochs * len(examples) / BATCH)
    step, loss_so_far, began = 0, 0.0, time.monotonic()
    model.train()
    while step < total:
        for batch in _batches([pair[0] for pair in ids], rng):
            if step >= total:
                break
            for group in optimiser.param_groups:
                group["lr"] = group["top"] * min(1.0, (step + 1) / 60) * (1 - step / total)
            tokens, mask = _padded([ids[at][rng.random() < 0.5] for at in batch])
            wanted = answers[batch]
            known = (~torch.isnan(wanted)).float() * weights[batch][:, None]
            said = model(input_ids=tokens, attention_mask=mask).logits
            each = torch.nn.functional.binary_cross_entropy_with_logits(
                said, torch.nan_to_num(wanted, 0.0), reduction="none"
            )
            loss = (each * known).sum() / known.sum().clamp(min=1e-6)
            optimiser.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(body, 1.0)
            optimiser.step()
            step += 1
            loss_so_far = 0.97 * loss_so_far + 0.03 * float(loss)
            if step % 200 == 0:
                pace = step * BATCH / (time.monotonic() - began)
                say(f"step {step} of {total}, loss {loss_so_far:.4f}, {pace:.0f} texts/s")
                if step % 800 == 0:
                    save(model, out)
    save(model, out)


def save(model: Any, out: Path) -> None:
    """Half precision, in the format of the package's published checkpoints."""
    import torch

    state = {
        name: (value.half() if value.is_floating_point() else value).contiguous()
        for name, value in model.state_dict().items()
    }
    config = {
        "name": "hearth-multitask",
        "arch": {
            "type": "BERT",
            "args": {
                "num_classes": len(CLASSES),
                "model_type": "encoder",
                "model_name": "BertForSequenceClassification",
                "tokenizer_name": "BertTokenizer",
            },
        },
        "dataset": {"args": {"classes": list(CLASSES)}},
    }
    waiting = out / f"{NAME}.tmp"
    torch.save({"config": config, "state_dict": state}, waiting)
    waiting.replace(out / NAME)


def _vocabulary(start: Path, spoken: Sequence[tuple[str, str]]) -> tuple[Any, list[int]]:
    """A tokenizer of the pieces our texts use most, and the old number of each."""
    from transformers import BertTokenizer

    whole = BertTokenizer.from_pretrained(str(start), local_files_only=True)
    names = whole.get_vocab()
    seen: Counter[int] = Counter()
    for pair in spoken:
        for encoded in whole(list(pair), add_special_tokens=False)["input_ids"]:
            seen.update(encoded)
    special = list(whole.all_special_ids)
    letters = [number for name, number in names.items() if len(name.removeprefix("##")) == 1]
    first = set(special) | {number for number in letters if seen[number] or _latin(whole, number)}
    common = [number for number, _ in seen.most_common() if number not in first]
    kept = sorted(first | set(common[: PIECES - len(first)]))
    kept.remove(whole.pad_token_id)
    kept.insert(0, whole.pad_token_id)
    by_number = {number: name for name, number in names.items()}
    vocabulary = {by_number[number]: at for at, number in enumerate(kept)}
    return BertTokenizer(vocab=vocabulary, do_lower_case=True, model_max_length=512), kept


def _latin(tokenizer: Any, number: int) -> bool:
    piece: str = tokenizer.convert_ids_to_tokens(number)
    return piece.isascii()


def _cut_vocabulary(model: Any, kept: list[int]) -> None:
    import torch

    old = model.bert.embeddings.word_embeddings
    new = torch.nn.Embedding(len(kept), old.embedding_dim, padding_idx=0)
    with torch.no_grad():
        new.weight.copy_(old.weight[kept])
    model.bert.embeddings.word_embeddings = new
    model.config.vocab_size = len(kept)
    model.config.pad_token_id = 0


def _batches(ids: Sequence[Sequence[int]], rng: random.Random) -> list[list[int]]:
    """Texts of like length together, in an order that chance decides."""
    order = list(range(len(ids)))
    rng.shuffle(order)
    many = BATCH * 40
    sorted_parts = [
        sorted(order[at : at + many], key=lambda one: len(ids[one]))
        for at in range(0, len(order), many)
    ]
    batches = [part[at : at + BATCH] for part in sorted_parts for at in range(0, len(part), BATCH)]
    rng.shuffle(batches)
    return batches


def _padded(ids: Sequence[Sequence[int]]) -> tuple[Any, Any]:
    import torch

    width = max(map(len, ids))
    tokens = torch.zeros(len(ids), width, dtype=torch.long)
    mask = torch.zeros(len(ids), width, dtype=torch.long)
    for at, one in enumerate(ids):
        tokens[at, : len(one)] = torch.tensor(one)
        mask[at, : len(one)] = 1
    return tokens, mask


def describe(out: Path) -> dict[str, Any]:
    """What is in a saved folder: file names and sizes in bytes."""
    return {path.name: path.stat().st_size for path in sorted(out.iterdir())}


def write_json(path: Path, value: object) -> None:
    path.write_text(json.dumps(value, indent=1, sort_keys=True) + "\n")
