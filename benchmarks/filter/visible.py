"""How long a message takes from its author's socket to another person's: with each filter, in turn.

    python -m benchmarks.filter.visible [--seconds 40] [--rate 10] [ENGINE ...]

The whole product on this machine: one process serves sockets and screens, SQLite, twenty writers,
one reader, messages at random moments. Peers in the same run:

  none        nothing is judged: what storing, ordering and sending cost by themselves
  small       rules and the small model
  both        the same and Detoxify with our own checkpoint: what serves when nothing is set
  bert        the same and a checkpoint of bert-base's shape (12 layers, 768 wide) with random
              weights, in the place of a published one
  plain-bert  that checkpoint alone, the plain Detoxify class called once for each text

Goals: 95 % within 250 ms (small) and 400 ms (bert) at ten messages a second.
"""

import argparse
import asyncio
import json
import os
import random
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import websockets

from benchmarks.filter.calm import TEXTS

ROOT = Path(__file__).resolve().parent.parent.parent
ENGINES = ("none", "small", "both", "bert", "plain-bert")
WRITERS = 20
WARM_S = 5.0
GOAL_MS = {"small": 250, "bert": 400}


# --- The server, in a process of its own --------------------------------------------------------


class Nothing:
    """Finds every text calm."""

    name, version = "none", "0"

    def score(self, texts: Sequence[str]) -> list[Any]:
        from moderation.screening.signals import Scores

        return [Scores(0.0, (1.0, 0.0, 0.0, 0.0)) for _ in texts]


class Plain:
    """The package's class as its documentation shows it: a text a call."""

    name, version = "plain", "0"

    def __init__(self, folder: Path, threads: int) -> None:
        from moderation.screening.encoder import Encoder

        self._detoxify = Encoder(folder, threads=threads)._detoxify

    def score(self, texts: Sequence[str]) -> list[Any]:
        from moderation.screening.signals import Scores

        for text in texts:
            self._detoxify.predict(text)
        return [Scores(0.0, (1.0, 0.0, 0.0, 0.0)) for _ in texts]


def serve(engine: str, port: int, folder: Path) -> None:
    """Serve with one engine, which has loaded before the first message comes."""
    # First of all, as in manage.py: it installs Twisted's reactor.
    import config.server  # noqa: F401 # isort: skip
    import django

    django.setup()
    from django.conf import settings
    from django.core.management import call_command

    from config import loops
    from config.background import Loop
    from moderation.screening import rules, runner, serving, wake

    if engine in ("none", "plain-bert"):
        peer: Any = Plain(folder, settings.DETOXIFY_THREADS) if engine != "none" else Nothing()
        if engine == "none":
            vars(rules)["find"] = lambda text: ()
        loop = Loop("screener", lambda: runner.run_once(peer), idle_s=0.1, wake=wake.waiting)
        loops.LOOPS[0] = loop
    else:
        serving.current()
        if serving._loader is not None:
            serving._loader.join()
        wanted = "small" if engine == "small" else "both"
        assert serving.current().name == wanted, serving.state()
    call_command("serve", port=port)


# --- What it needs: a database with people in a room, a checkpoint -------------------------------

PEOPLE = """
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from community.chat.actions import open_room
from community.members.models import Clinic, Group, Member, Membership
clinic = Clinic.objects.create(name="Measured clinic")
group = Group.objects.create(clinic=clinic, name="Measured circle")
room = open_room(group, "Measured room")
keys = []
for n in range(COUNT):
    who = Member.objects.create(clinic=clinic, name=f"M{n}", email=f"m{n}@people.example",
        password="!", is_mentor=True)
    Membership.objects.create(group=group, member=who)
    session = SessionStore()
    session[SESSION_KEY], session[HASH_SESSION_KEY] = str(who.pk), who.get_session_auth_hash()
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session.create()
    UserSession.objects.create(user=who, session_key=session.session_key, ip="127.0.0.1",
        user_agent="measured")
    keys.append(session.session_key)
print("KEYS", room.id, *keys)
"""


def manage(data: Path, *words: str, **extra: str) -> str:
    done = subprocess.run(
        [sys.executable, "manage.py", *words],
        cwd=ROOT, env=environment(data, **extra), check=True, capture_output=True, text=True,
    )  # fmt: skip
    return done.stdout


def environment(data: Path, **extra: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.endswith("_URL")}
    return {
        **kept, "DATA_DIR": str(data), "DJANGO_SETTINGS_MODULE": "config.settings",
        "OMP_NUM_THREADS": "2", **extra,
    }  # fmt: skip


def bert(folder: Path) -> None:
    """A checkpoint of bert-base's shape in the published format, with random weights."""
    import torch
    from transformers import BertConfig, BertForSequenceClassification

    from moderation.management.commands.train_filter import write_manifest
    from moderation.screening import encoder

    torch.manual_seed(1)
    names = ["toxicity", "severe_toxicity", "obscene", "threat", "insult", "identity_attack"]
    config = BertConfig()
    config.num_labels = len(names)
    folder.mkdir()
    config.save_pretrained(folder)
    for name in ("tokenizer.json", "tokenizer_config.json"):
        shutil.copy(encoder.FOLDER / name, folder / name)
    arguments = {
        "num_classes": len(names), "model_type": "bert-base-uncased",
        "model_name": "BertForSequenceClassification", "tokenizer_name": "BertTokenizer",
    }  # fmt: skip
    about = {"arch": {"type": "BERT", "args": arguments}, "dataset": {"args": {"classes": names}}}
    state = BertForSequenceClassification(config).state_dict()
    torch.save({"config": about, "state_dict": state}, folder / encoder.CHECKPOINT)
    write_manifest(folder, "random-bert-base")


@contextmanager
def served(engine: str, data: Path, folder: Path, threads: int) -> Iterator[tuple[int, int]]:
    """The port and the process of a server that is ready."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    extra = {"SITE_URL": f"http://127.0.0.1:{port}", "DETOXIFY": "1" if engine[-1] in "ht" else "0"}
    extra["DETOXIFY_THREADS"] = str(threads)
    if engine == "bert":
        extra["DETOXIFY_CHECKPOINT"] = str(folder)
    words = ["--serve", engine, "--port", str(port), "--folder", str(folder)]
    with (data / "log").open("w") as log:
        server = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.filter.visible", *words],
            cwd=ROOT, env=environment(data, **extra), stdout=log, stderr=log,
        )  # fmt: skip
    until = time.monotonic() + 120
    try:
        while "Ready on" not in (data / "log").read_text():
            if server.poll() is not None or time.monotonic() > until:
                raise SystemExit((data / "log").read_text()[-2000:])
            time.sleep(0.2)
        yield port, server.pid
    finally:
        server.terminate()
        server.wait(20)


# --- The people ---------------------------------------------------------------------------------


class Talk:
    """Twenty writers and a reader in one room. Times in seconds, by the client's own name."""

    def __init__(self, port: int, pid: int, room: int, keys: Sequence[str]) -> None:
        self._port, self._pid, self._room, self._keys = port, pid, room, keys
        self.sent: dict[str, float] = {}
        self.seen: dict[str, float] = {}
        self.refused = 0
        # Processor seconds: of the server, of the machine in use, and of all its cores.
        self.own_s = self.busy_s = self.all_s = 0.0

    async def hold(self, seconds: float, rate: float) -> None:
        """Say `rate` messages a second, at random moments, for so long."""
        sockets = [await self._enter(key) for key in self._keys]
        *writers, reader = sockets
        tasks = [asyncio.create_task(self._read(reader))]
        tasks += [asyncio.create_task(self._drain(each)) for each in writers]
        chance, at = random.Random(11), 0.0
        begun = time.monotonic()
        for number in range(int((WARM_S + seconds) * rate)):
            at += chance.expovariate(rate)
            await asyncio.sleep(max(0.0, begun + at - time.monotonic()))
            cid = str(uuid.uuid4())
            if at >= WARM_S:
                if not self.sent:
                    before = own_s(self._pid), *machine_s()
                self.sent[cid] = time.monotonic()
            frame = {"t": "send", "room": self._room, "cid": cid}
            frame["body"] = TEXTS[number % len(TEXTS)]
            await writers[number % len(writers)].send(json.dumps(frame))
        until = time.monotonic() + 15
        while len(self.seen) < len(self.sent) and time.monotonic() < until:  # noqa: ASYNC110
            await asyncio.sleep(0.1)
        after = own_s(self._pid), *machine_s()
        self.own_s, self.busy_s, self.all_s = (
            now - then for now, then in zip(after, before, strict=True)
        )
        for task in tasks:
            task.cancel()
        for each in sockets:
            await each.close()

    async def _enter(self, key: str) -> Any:
        where = f"127.0.0.1:{self._port}"
        options: dict[str, Any] = {
            "origin": f"http://{where}",
            "subprotocols": ["psc.v1"],
            "additional_headers": {"Cookie": f"sid={key}"},
        }
        opened = await websockets.connect(f"ws://{where}/ws/chat/", **options)
        await opened.send(json.dumps({"t": "join", "room": self._room, "epoch": "", "since": 0}))
        while json.loads(await opened.recv())["t"] != "joined":
            pass
        return opened

    async def _read(self, reader: Any) -> None:
        async for raw in reader:
            frame = json.loads(raw)
            if frame["t"] == "msg" and frame["cid"] in self.sent:
                self.seen[frame["cid"]] = time.monotonic()

    async def _drain(self, writer: Any) -> None:
        async for raw in writer:
            self.refused += json.loads(raw)["t"] == "nack"


def machine_s() -> tuple[float, float]:
    """Processor seconds in use on the whole machine, and the seconds of all its cores, so far."""
    numbers = [int(word) for word in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]]
    tick = os.sysconf("SC_CLK_TCK")
    return (sum(numbers) - numbers[3] - numbers[4]) / tick, sum(numbers) / tick


def own_s(pid: int) -> float:
    """Processor seconds that a process has used so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def measure(engine: str, base: Path, room: int, keys: Sequence[str], options: Any) -> None:
    data = base.parent / engine
    shutil.copytree(base, data)
    with served(engine, data, base.parent / "checkpoint", options.threads) as (port, pid):
        talk = Talk(port, pid, room, keys)
        asyncio.run(talk.hold(options.seconds, options.rate))
    times = sorted((at - talk.sent[cid]) * 1000 for cid, at in talk.seen.items())
    read_by = manage(
        data, "shell", "-v", "0", "-c",
        "from collections import Counter; from moderation.models import Screening; print(dict("
        "Counter(c.split()[0] for c in Screening.objects.values_list('classifier', flat=True))))",
    ).strip()  # fmt: skip
    p50, p95, p99 = (
        times[min(len(times) - 1, int(len(times) * part))] for part in (0.5, 0.95, 0.99)
    )
    goal = f"goal {GOAL_MS[engine]}" if engine in GOAL_MS else ""
    print(
        f"{engine:<11} p50 {p50:5.0f}  p95 {p95:5.0f}  p99 {p99:5.0f} ms  {goal:<9} "
        f"{len(times)} of {len(talk.sent)} seen, {talk.refused} refused; read by {read_by}; server "
        f"{talk.own_s * 1000 / len(talk.sent):.0f} ms of processor a message, machine "
        f"{talk.busy_s / talk.all_s:.0%} busy",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("engines", nargs="*", metavar="ENGINE", help=", ".join(ENGINES))
    parser.add_argument("--seconds", type=float, default=40.0)
    parser.add_argument("--rate", type=float, default=10.0, help="messages a second")
    parser.add_argument("--threads", type=int, default=2, help="DETOXIFY_THREADS")
    parser.add_argument("--serve", help=argparse.SUPPRESS)
    parser.add_argument("--port", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        serve(options.serve, options.port, options.folder)
        return
    with tempfile.TemporaryDirectory() as scratch:
        base = Path(scratch) / "base"
        base.mkdir()
        manage(base, "migrate", "-v", "0")
        code = PEOPLE.replace("COUNT", str(WRITERS + 1))
        said = manage(base, "shell", "-v", "0", "-c", code)
        line = next(line for line in said.splitlines() if line.startswith("KEYS "))
        _, room, *keys = line.split()
        engines = options.engines or list(ENGINES)
        if any(engine.endswith("bert") for engine in engines):
            bert(base.parent / "checkpoint")
        print(
            f"{options.rate:.0f} messages a second for {options.seconds:.0f} s, {os.cpu_count()} "
            f"cores, {options.threads} for Detoxify"
        )
        for engine in engines:
            measure(engine, base, int(room), keys, options)


if __name__ == "__main__":
    main()
