"""Loaded before the settings: a data folder and a Redis database for each test process.

Without it the processes of one run would clear each other's caches, and write keys into ./data.
"""

import os
import re
import shutil
import tempfile
from urllib.parse import urlsplit

import pytest

_data = tempfile.mkdtemp(prefix="hearth-test-")
os.environ["DATA_DIR"] = _data
# A test says for itself when it wants another clinic, address or mode than the plain one.
for _name in ("DEMO", "DEBUG", "SITE_URL", "COUNTRY", "EMAIL_URL", "EMBEDDED_WORKER", "PROCESSES"):
    os.environ.pop(_name, None)

# Loading torch takes seconds; what tests of it need, they load themselves.
os.environ["DETOXIFY"] = "0"

# A hundred threads of a race, and what sockets do beside them, share one pool in one process.
os.environ.setdefault("DATABASE_POOL_SIZE", "24")

# A decision counts at once, unless a test is about taking it back.
os.environ["UNDO_S"] = "0"

_number = int(re.sub(r"\D", "", os.environ.get("PYTEST_XDIST_WORKER", "")) or -1) + 1
if _redis := os.environ.get("REDIS_URL"):
    os.environ["REDIS_URL"] = urlsplit(_redis)._replace(path=f"/{_number}").geturl()


def pytest_unconfigure(config: pytest.Config) -> None:
    shutil.rmtree(_data, ignore_errors=True)
