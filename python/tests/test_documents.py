"""Every snippet of docs/PYTHON.md runs."""

import importlib.util
import pathlib
import re
import subprocess
import sys

import pytest

DOCUMENT = pathlib.Path(__file__).parents[2] / "docs/PYTHON.md"
# A comment before a snippet names packages that it needs and that are not always there.
SNIPPET = re.compile(r"(?:<!-- needs: (?P<needs>.*?) -->\n)?```python\n(?P<code>.*?)```", re.DOTALL)
SNIPPETS = [(match["needs"], match["code"]) for match in SNIPPET.finditer(DOCUMENT.read_text())]


@pytest.mark.parametrize("index", range(len(SNIPPETS)))
def test_snippet_runs(index, tmp_path):
    needs, code = SNIPPETS[index]
    for package in (needs or "").split():
        if importlib.util.find_spec(package) is None:
            pytest.skip(f"{package} is not installed")
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_there_are_snippets():
    assert len(SNIPPETS) >= 5
