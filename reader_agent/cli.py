"""``reader-agent``: the command line of the edge. Each command lives in a file of its own."""

from __future__ import annotations

import click

from reader_agent.activate_cli import activate
from reader_agent.answer_cli import answer
from reader_agent.checks_cli import my_checks
from reader_agent.desk_cli import desk
from reader_agent.doctor_cli import doctor
from reader_agent.enrol_cli import enrol
from reader_agent.inspect_cli import inspect
from reader_agent.personalise_cli import personalise
from reader_agent.readers_cli import readers
from reader_agent.run_cli import run_agent
from reader_agent.tap_cli import tap
from reader_agent.virtual_cli import virtual
from reader_agent.virtual_run_cli import new_card, run


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="cardsvc")
def main() -> None:
    """Đọc và kiểm tra thẻ điện tử – read and verify electronic cards."""


main.add_command(activate)
main.add_command(answer)
main.add_command(desk)
main.add_command(doctor)
main.add_command(enrol)
main.add_command(inspect)
main.add_command(my_checks)
main.add_command(personalise)
main.add_command(readers)
main.add_command(run_agent)
main.add_command(tap)
main.add_command(virtual)
virtual.add_command(new_card)
virtual.add_command(run)


if __name__ == "__main__":  # `python -m reader_agent.cli` must not end in 0 having done nothing
    main()
