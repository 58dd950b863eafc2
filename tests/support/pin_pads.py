"""A reader with a PIN pad: vpcd's driver with PC/SC part 10 put before it (``pinpad_ifd``)."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from reader_agent.virtual.private_pcscd import VirtualPcscReader, vpcd_driver
from reader_agent.virtual.vpcd import VpcdSlot

_SOURCE = Path(__file__).with_name("pinpad_ifd") / "pinpad_ifd.c"
_COMPILER_SECONDS = 60


def missing_tool() -> str | None:
    """Return, in one line, what keeps the driver from being built here, or None."""
    if shutil.which("gcc") and shutil.which("pkg-config"):
        return None
    return "no reader with a PIN pad: not installed: gcc, pkg-config (and libpcsclite-dev)"


def driver_in(folder: Path) -> Path:
    """Return where a folder has the driver."""
    return folder / "PIN-pad.so"


def build_driver(folder: Path) -> Path:
    """Compile the driver, with its own copy of vpcd's beside it.

    Raises:
        CalledProcessError: the compiler refuses it.
        FileNotFoundError: there is no compiler (packages gcc, pkg-config, libpcsclite-dev).
    """
    driver = driver_in(folder)
    told = ["pkg-config", "--cflags", "libpcsclite"]
    include = subprocess.run(told, capture_output=True, text=True, check=True).stdout.split()
    subprocess.run(
        ["gcc", "-std=gnu11", "-Wall", "-Wextra", "-Werror", "-O1", "-shared", "-fPIC", *include,
         "-o", str(driver), str(_SOURCE), "-ldl"],
        check=True, timeout=_COMPILER_SECONDS,
    )  # fmt: skip
    vpcd = vpcd_driver()
    assert vpcd is not None
    shutil.copyfile(vpcd, driver.with_name(driver.name + ".vpcd"))
    return driver


class PinPadKeys:
    """The keys of a pad.

    Args:
        driver: of its reader.
    """

    def __init__(self, driver: Path) -> None:
        self._keys = driver.with_name(driver.name + ".keys")

    def press(self, keys: str) -> None:
        """Press digits, then E for enter, C for cancel, or T: walk away until the time is over.

        May come before the pad asks; is used once.
        """
        written = self._keys.with_suffix(".new")
        written.write_text(keys, "ascii")
        written.replace(self._keys)

    @property
    def used(self) -> bool:
        """Tell whether the pad has taken what was pressed."""
        return not self._keys.exists()

    def forget(self) -> None:
        """Take back what was pressed and not used."""
        self._keys.unlink(missing_ok=True)


@dataclass(frozen=True, slots=True)
class PinPadReader:
    """A reader and the keys of its pad.

    Args:
        reader: as PC/SC programs see it.
        keys: what the holder presses.
    """

    reader: VirtualPcscReader
    keys: PinPadKeys

    @property
    def name(self) -> str:
        return self.reader.name

    @property
    def slot(self) -> VpcdSlot:
        return self.reader.slot
