"""Invitations and devices' certificates, on both databases."""

from __future__ import annotations

from datetime import timedelta

from cardsvc.agent_records import DeviceCertificate
from cardsvc.audit import AuditAction
from cardsvc.store.access_store import SqlAccessStore
from cardsvc.store.agent_devices import SqlAgentDevices
from cardsvc.store.audit_log import AuditLog
from cardsvc.store.engine import Database
from tests.support.issuance_store_contract import AT

CODE, OTHER = b"c" * 32, b"d" * 32
HOUR = timedelta(hours=1)


def device(sha256: bytes, agent: str = "cửa-1") -> DeviceCertificate:
    return DeviceCertificate(sha256, agent, b"spki", AT, AT + timedelta(days=30))


def test_an_invitation_is_spent_once_and_in_time(database: Database) -> None:
    devices = SqlAgentDevices(database)
    invite = devices.invite("cửa-1", "Cửa", CODE, operator="an", at=AT)
    assert devices.open_invite(CODE, AT) == invite
    assert devices.open_invite(CODE, AT + HOUR) is None
    assert not devices.redeem(CODE, device(b"1" * 32), AT + HOUR)
    assert not devices.redeem(CODE, device(b"1" * 32, "another"), AT)
    assert devices.device(b"1" * 32) is None
    assert devices.redeem(CODE, device(b"1" * 32), AT)
    assert devices.device(b"1" * 32) == device(b"1" * 32)
    assert not devices.redeem(CODE, device(b"2" * 32), AT)
    assert [one.enabled for one in SqlAccessStore(database).agents()] == [True]


def test_a_newer_invitation_voids_the_older(database: Database) -> None:
    devices = SqlAgentDevices(database)
    devices.invite("cửa-1", "Cửa", CODE, operator="an", at=AT)
    devices.invite("cửa-1", "Cửa", OTHER, operator="an", at=AT)
    assert devices.open_invite(CODE, AT) is None
    assert devices.open_invite(OTHER, AT) is not None
    assert [one.enabled for one in SqlAccessStore(database).agents()] == [False]


def test_renewal_adds_and_shutting_out_revokes_all(database: Database) -> None:
    devices, access = SqlAgentDevices(database), SqlAccessStore(database)
    devices.invite("cửa-1", "Cửa", CODE, operator="an", at=AT)
    devices.redeem(CODE, device(b"1" * 32), AT)
    devices.renew(device(b"2" * 32), AT)
    assert len(devices.certificates("cửa-1")) == 2
    devices.invite("cửa-1", "Cửa", OTHER, operator="an", at=AT)
    access.disable_agent("cửa-1", operator="an", at=AT)
    assert devices.open_invite(OTHER, AT) is None
    access.enrol_agent("cửa-1", "Cửa", operator="an", at=AT)
    assert [devices.device(one * 32) for one in (b"1", b"2")] == [None, None]
    assert not devices.certificates("cửa-1")
    told = [one.event.action for one in reversed(AuditLog(database).events())]
    assert told == [
        AuditAction.AGENT_INVITED,
        AuditAction.AGENT_ENROLLED,
        AuditAction.AGENT_RENEWED,
        AuditAction.AGENT_INVITED,
        AuditAction.AGENT_DISABLED,
        AuditAction.AGENT_ENROLLED,
    ]


def test_the_first_certificate_of_the_device_ca_stays(database: Database) -> None:
    devices = SqlAgentDevices(database)
    assert devices.authority(lambda: b"first") == b"first"
    assert devices.authority(lambda: b"second") == b"first"
