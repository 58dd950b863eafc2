"""A device that becomes an agent as people make it one: invited, enrolled at the command line."""

from __future__ import annotations

from pathlib import Path

import click.testing

from reader_agent.cli import main
from tests.support.installations import ServiceUnderTest


def enrol(service: ServiceUnderTest, agent: str, config: Path) -> None:
    desk = service.installation.services.agents.enrolment
    code = desk.invite(agent, "Quầy", operator="an", at=service.clock.now())
    arguments = ["enrol", "--config", str(config), "--code-stdin"]
    result = click.testing.CliRunner().invoke(main, arguments, input=code + "\n")
    assert result.exit_code == 0, result.output
    assert code not in result.output
