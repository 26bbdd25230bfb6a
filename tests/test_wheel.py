"""What is built is whole: a wheel, unpacked alone, plays the demo from an empty folder."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = ("engine/", "plugins/", "survey_templates/", "admin/")
LEFT_AT_HOME = shutil.ignore_patterns(".*", "build", "dist", "*.egg-info", "__pycache__", "tests", "node_modules")
"""What no build needs. It is made from a copy, since building leaves folders behind."""


def run(*command, folder, **env):
    process = subprocess.run(
        [sys.executable, *command], cwd=folder, env=os.environ | env, capture_output=True, text=True, encoding="utf-8"
    )
    assert process.returncode == 0, process.stdout + process.stderr
    return process.stdout


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory):
    """The folder into which the wheel was unpacked."""
    folder = tmp_path_factory.mktemp("wheel")
    shutil.copytree(ROOT, folder / "source", ignore=LEFT_AT_HOME)
    run("-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), folder=folder / "source")
    [wheel] = folder.glob("heed_surveys-*.whl")
    ZipFile(wheel).extractall(folder / "unpacked")
    return folder / "unpacked"


def test_the_wheel_has_every_file_of_its_packages_and_no_other(unpacked):
    tracked = subprocess.check_output(["git", "ls-files", *PACKAGES], cwd=ROOT, text=True)
    held = {str(path.relative_to(unpacked)) for path in unpacked.rglob("*") if path.is_file()}
    assert {path for path in held if path.startswith(PACKAGES)} == set(tracked.split())


def test_the_demo_of_a_wheel_plays_from_an_empty_folder(unpacked, tmp_path):
    where = {"PYTHONPATH": str(unpacked), "PYTHONSAFEPATH": "1"}
    assert run("-c", "import engine; print(engine.__file__)", folder=tmp_path, **where).startswith(str(unpacked))
    said = run(
        "-c", "from engine.cli import main; main()", "demo", "--no-serve", "--port", "0", folder=tmp_path, **where
    )
    assert "kept" in said
