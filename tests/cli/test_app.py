"""The command line as a whole: help, exit status, and what it must not load."""

from __future__ import annotations

import subprocess
import sys

import pytest

from cutis.cli import COMMANDS, main


def cutis(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "cutis", *arguments], capture_output=True, text=True, check=False
    )


def test_help_names_every_command() -> None:
    done = cutis("--help")
    assert done.returncode == 0
    assert all(f" {name} " in done.stdout for name in COMMANDS)


def test_wrong_usage_exits_with_two() -> None:
    assert cutis("predict").returncode == 2
    assert cutis("no-such-command").returncode == 2


def test_something_to_mend_exits_with_one_and_one_message() -> None:
    done = cutis("data", "check", "no-such-file.csv")
    assert done.returncode == 1
    assert "no-such-file.csv" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (OSError(5, "Input/output error"), "The system refused: Input/output error."),
        (PermissionError(13, "Permission denied", "photo.jpg"), "photo.jpg: Permission denied. Check"),
        (MemoryError("37 GiB"), "too little memory (37 GiB)"),
    ],
)
def test_what_the_system_refuses_is_one_sentence(
    error: Exception, said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(arguments: list[str]) -> None:
        raise error

    monkeypatch.setattr("cutis.cli.build_app", fail)
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 1
    assert said in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments",
    [
        ("evaluate", "p.csv", "--truth", "m.csv", "--out", "out", "--seed", "-1"),
        ("data", "check", "m.csv", "--threads", "0"),
        ("data", "phantoms", "dermoscopy", "--out", "out", "-n", "1", "--jobs", "0"),
        ("export", "run", "--out", "net.cutis", "--size", "0"),
    ],
)
def test_numbers_that_cannot_be_are_wrong_usage(arguments: tuple[str, ...]) -> None:
    assert cutis(*arguments).returncode == 2


@pytest.mark.parametrize("command", ["tasks", "predict", "evaluate", "data", "doctor", "explain", "embed"])
def test_serving_commands_load_no_torch(command: str) -> None:
    code = (
        "import sys\nfrom cutis.cli import build_app\n"
        f"try: build_app(['{command}'])(['{command}', '--help'])\n"
        "except SystemExit: pass\n"
        "sys.exit(' '.join({'torch', 'timm', 'lightning', 'matplotlib', 'sklearn'} & set(sys.modules)) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
