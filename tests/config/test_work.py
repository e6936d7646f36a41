"""`manage.py work` as a process of its own."""

import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.servers import ROOT, Running, wait_until

pytestmark = pytest.mark.slow

ENQUEUE = """
import django; django.setup()
from tests.community.members.test_outbox import sleep_and_write
sleep_and_write.enqueue({path!r}, {seconds})
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_end_lets_the_running_task_finish_and_begins_no_other(
    work: Callable[..., Running], site_env: dict[str, str], tmp_path: Path, number: int
) -> None:
    process = work()
    story, second = tmp_path / "story", tmp_path / "second"
    story.touch()
    env = {**site_env, "DJANGO_SETTINGS_MODULE": "config.settings"}
    code = ENQUEUE.format(path=str(story), seconds=1.5)
    subprocess.run([sys.executable, "-c", code], env=env, cwd=ROOT, check=True)
    assert wait_until(lambda: "began" in story.read_text(), 10)
    assert process.stop(number) == 0
    assert [line.split()[0] for line in story.read_text().splitlines()] == ["began", "ended"]
    assert process.said().endswith("Ended.\n")
    code = ENQUEUE.format(path=str(second), seconds=0)
    subprocess.run([sys.executable, "-c", code], env=env, cwd=ROOT, check=True)
    assert not second.exists()
    work()
    assert wait_until(second.exists, 10)
