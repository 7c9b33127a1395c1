"""What a load sets up before its engine is imported."""

from __future__ import annotations

import platform
import subprocess
import sys

import pytest

FAULTS = """
import resource
from heal_cli.cli.session import keep_freed_memory

def batches():
    for size in range(6, 12):
        blocks = [b"x" * (size << 20) for _ in range(3)]

keep_freed_memory()
batches()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
batches()
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc hands such blocks back")
def test_a_batch_takes_the_memory_that_the_one_before_has_freed() -> None:
    """Blocks of a batch's size come from the process again, not page by page from the kernel (16,900 faults)."""
    done = subprocess.run([sys.executable, "-c", FAULTS], capture_output=True, text=True, check=True)
    assert int(done.stdout) < 1000
