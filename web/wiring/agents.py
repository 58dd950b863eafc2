"""The agents' ways in, over the database and the vault."""

from __future__ import annotations

import os
from datetime import datetime

from cardsvc.store.agent_devices import SqlAgentDevices
from cardsvc.store.agent_settings import SqlAgentSettings
from cardsvc.store.answered_requests import SqlAnsweredRequests
from cardsvc.store.engine import Database
from cardsvc.store.schema import AgentAnsweredRequestRow
from cardsvc.store.sealed import Sealer
from keys.agent_settings_signer import open_agent_settings_signer
from keys.device_ca import open_device_authority
from keys.vault import KeyVault
from web.agents.access import AgentAccess
from web.agents.enrolment import EnrolmentDesk
from web.agents.settings import SettingsDesk
from web.agents.sign_in import AgentSignIn
from web.partners.passing_answers import PassingAnswers
from web.partners.request_names import NamedRequests
from web.settings import Settings


def agent_access(
    settings: Settings, database: Database, vault: KeyVault, sealer: Sealer, at: datetime
) -> AgentAccess:
    """Return how agents are enrolled and sign in; makes the device CA where there is none."""
    devices = SqlAgentDevices(database)
    authority = open_device_authority(vault, devices.authority, at)
    return AgentAccess(
        enrolment=EnrolmentDesk(devices, authority, os.urandom),
        sign_in=AgentSignIn(devices),
        tokens=settings.agent_tokens == "on",
        named=NamedRequests(SqlAnsweredRequests(database, sealer, AgentAnsweredRequestRow)),
        passing=NamedRequests(PassingAnswers()),
    )


def agent_settings_desk(database: Database, vault: KeyVault) -> SettingsDesk:
    """Return what sets something at agents from afar."""
    return SettingsDesk(SqlAgentSettings(database), open_agent_settings_signer(vault))
