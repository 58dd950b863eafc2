"""A run of the benchmark takes minutes: no question and no slip of the keyboard begins one."""

from __future__ import annotations

import pytest

from bench.__main__ import RUNS, chosen_run, main


def test_a_run_is_known_by_its_name() -> None:
    assert chosen_run([]) is main
    assert [chosen_run([one.__name__]) for one in RUNS] == list(RUNS)


@pytest.mark.parametrize("run", [[], *([one.__name__] for one in RUNS)], ids=str)
def test_help_is_printed_and_nothing_runs(
    run: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        chosen_run([*run, "--help"])
    assert ended.value.code == 0
    assert " ".join(["usage: python -m bench", *run]) in capsys.readouterr().out


@pytest.mark.parametrize(
    "line", [["fault"], ["faults", "100"], ["faults", "--seed=1"], ["--quick"]]
)
def test_what_no_run_understands_is_refused(
    line: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        chosen_run(line)
    assert ended.value.code == 2
    assert line[-1] in capsys.readouterr().err
