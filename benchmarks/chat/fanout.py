"""Claim: a stored, screened, acked message costs the server a fraction of the tutorial's.

    python -m benchmarks.chat.fanout [--sockets 50,200] [--rounds 3] [--seconds 6] [--only ours,...]

Turn about, in one go: ours with the filter on, ours with a filter that lets everything pass, the
tutorial of Channels on Daphne (nothing stored, and with one row a message), and the limit,
`websockets.broadcast`. Processor seconds of the server per 100,000 deliveries, medians; and the
time from sending to the last delivery. At full rate (8 messages under way) and at 2,500 a second.
"""

import argparse
import asyncio
import os
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.chat.load import Result, Talk

ROOT = Path(__file__).resolve().parent.parent.parent
RATE = 2500.0


def spare_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def started(command: list[str], env: dict[str, str], port: int) -> Iterator[int]:
    """Run a server until the block ends; yields its process number once it listens."""
    output = None if os.environ.get("SHOW") else subprocess.DEVNULL
    process = subprocess.Popen(command, env=env, cwd=ROOT, stdout=output, stderr=output)
    try:
        for _ in range(600):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        yield process.pid
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()


async def both_rates(talk: Talk, pid: int, seconds: float) -> tuple[Result, Result]:
    await talk.open()
    await talk.warm()
    full = await talk.measured([pid], seconds=seconds)
    await asyncio.sleep(0.5)
    rate = RATE / len(talk.clients)
    fixed = await talk.measured([pid], messages=int(rate * seconds), rate=rate)
    talk.close()
    return full, fixed


def heads_of(printed: str, origin: str) -> tuple[int, list[dict[str, str]]]:
    line = next(line for line in printed.splitlines() if line.startswith("KEYS"))
    _, room, *keys = line.split()
    offered = {"Sec-WebSocket-Protocol": "psc.v1", "Origin": origin}
    return int(room), [{"Cookie": f"sid={key}", **offered} for key in keys]


def printed_by(command: list[str], env: dict[str, str]) -> str:
    """What a command printed. Raises CalledProcessError when it failed."""
    return subprocess.run(
        command, env=env, cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout


def ours(count: int, seconds: float, filter_: str) -> tuple[Result, Result]:
    with tempfile.TemporaryDirectory() as folder:
        port = spare_port()
        origin = f"http://127.0.0.1:{port}"
        env = {**os.environ, "DATA_DIR": folder, "SITE_URL": origin, "DETOXIFY": "0"}
        site = [sys.executable, "-m", "benchmarks.chat.site", str(count), filter_]
        printed_by([*site, "migrate", "-v", "0"], env)
        room, heads = heads_of(printed_by([*site, "people"], env), origin)
        with started([*site, "serve", "--port", str(port)], env, port) as pid:
            return asyncio.run(both_rates(at(port, "/ws/chat/", heads, room), pid, seconds))


def at(port: int, path: str, heads: list[dict[str, str]], room: int = 0) -> Talk:
    return Talk(f"127.0.0.1:{port}", path, heads, room)


def naive(count: int, seconds: float, keep: bool) -> tuple[Result, Result]:
    with tempfile.TemporaryDirectory() as folder:
        port = spare_port()
        env = {**os.environ, **({"KEEP": f"{folder}/naive.sqlite3"} if keep else {})}
        words = ["daphne", "-p", str(port), "benchmarks.chat.naive:application"]
        with started([sys.executable, "-m", *words], env, port) as pid:
            return asyncio.run(both_rates(at(port, "/", [{}] * count), pid, seconds))


def raw(count: int, seconds: float) -> tuple[Result, Result]:
    port = spare_port()
    command = [sys.executable, "-m", "benchmarks.chat.raw", str(port)]
    with started(command, dict(os.environ), port) as pid:
        return asyncio.run(both_rates(at(port, "/", [{}] * count), pid, seconds))


RUNS = {
    "ours": lambda count, seconds: ours(count, seconds, "on"),
    "ours, filter apart": lambda count, seconds: ours(count, seconds, "off"),
    "tutorial": lambda count, seconds: naive(count, seconds, False),
    "tutorial, storing": lambda count, seconds: naive(count, seconds, True),
    "broadcast": raw,
}


def told(name: str, results: list[Result]) -> float:
    """Print one line; returns the median cost."""
    cost = statistics.median(one.cost for one in results)
    per_s = statistics.median(one.deliveries / one.seconds for one in results)
    p50, p99 = (statistics.median(one.wait(share) for one in results) for share in (0.5, 0.99))
    spread = f"{min(one.cost for one in results):.2f} to {max(one.cost for one in results):.2f}"
    print(
        f"  {name:20} {cost:7.2f} ({spread:>15}) CPU s per 100,000   {per_s:9,.0f}/s   "
        f"p50 {p50:6.1f}  p99 {p99:7.1f} ms   lost {sum(one.lost for one in results)}",
        flush=True,
    )
    return cost


def main() -> None:
    asked = argparse.ArgumentParser()
    asked.add_argument("--sockets", default="50,200")
    asked.add_argument("--rounds", type=int, default=3)
    asked.add_argument("--seconds", type=float, default=6.0)
    asked.add_argument("--only", default="")
    words = asked.parse_args()
    names = [name for name in RUNS if not words.only or name in words.only.split(";")]
    for count in map(int, words.sockets.split(",")):
        found: dict[str, list[tuple[Result, Result]]] = {name: [] for name in names}
        for _ in range(words.rounds):
            for name in names:
                found[name].append(RUNS[name](count, words.seconds))
        for which, rate in enumerate(("full rate", f"{RATE:,.0f} deliveries a second")):
            print(f"{count} sockets, {rate}:")
            costs = {name: told(name, [pair[which] for pair in found[name]]) for name in names}
            for name in [name for name in names if name.startswith("ours")]:
                ratios = [
                    f"{other} / it {costs[other] / costs[name]:.2f}"
                    for other in names
                    if not other.startswith("ours") and costs[name]
                ]
                print(f"    {name}: {', '.join(ratios)}")


if __name__ == "__main__":
    main()
