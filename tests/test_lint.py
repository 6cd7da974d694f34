"""The linters, run as everything else is: by the suite."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
TOOLS = {
    "ruff_finds_nothing": ["ruff", "check", "."],
    "the_code_is_formatted": ["ruff", "format", "--check", "."],
    "the_types_hold": ["mypy"],
    "the_compose_file_says_what_compose_knows": [
        "check_jsonschema", "--builtin-schema", "vendor.compose-spec", "docker-compose.yml",
    ],
}  # fmt: skip


@pytest.mark.timeout(600)
@pytest.mark.parametrize("tool", TOOLS)
def test_what_tools_can_judge_is_in_order(tool: str) -> None:
    done = subprocess.run([sys.executable, "-m", *TOOLS[tool]], cwd=ROOT, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout + done.stderr


def test_every_import_falls() -> None:
    done = subprocess.run(
        [sys.executable, "-c", "from importlinter.cli import lint_imports_command; lint_imports_command()"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
