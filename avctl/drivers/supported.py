"""Which devices are supported: a row for every driver and profile, for the list in the README and for `avctl`.

A profile says in its head what it is for. A coded driver says it here, for its module opens with manners, not with
models; a test holds this table to the registry.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from avctl.drivers import registry
from avctl.drivers.profile import Profile


@dataclass(frozen=True, slots=True)
class Row:
    """One kind of device: its name in a site file, what sort it is, whose, by which wire, and where that stands."""

    name: str
    kind: str
    models: str
    transport: str
    source: str


_CODED: Mapping[str, tuple[str, str, str]] = {
    "adcp": ("projector", "Sony VPL with ADCP", "Sony, protocol manual"),
    "cisco-xapi": ("video conference", "Cisco Room and Desk series", "Cisco CE API guide"),
    "escvp21": ("projector", "Epson (ESC/VP21, ESC/VP.net)", "Epson ESC/VP21 guide"),
    "extron-sis": ("switcher", "Extron switchers with SIS", "Extron manuals"),
    "lg-rs232": ("display", "LG commercial displays", "LG RS-232C manual"),
    "nec": ("projector", "NEC, Sharp/NEC", "NEC control command reference"),
    "ntcontrol": ("projector", "Panasonic PT", "Panasonic NTCONTROL"),
    "pjlink": ("projector", "any with PJLink class 1 or 2", "JBMIA PJLink 1.04, 2.00, 2.10"),
    "poly": ("video conference", "Poly HDX, Group series", "Poly command line reference"),
    "qsys-qrc": ("dsp", "QSC Q-SYS Core", "Q-SYS remote control protocol"),
    "samsung-mdc": ("display", "Samsung commercial displays", "Samsung MDC protocol"),
    "sennheiser-charger": ("charger", "Sennheiser CHG 4N", "Sennheiser Sound Control"),
    "sennheiser-receiver": ("microphones", "Sennheiser EW-DX", "Sennheiser Sound Control"),
    "shure-charger": ("charger", "Shure SBC220, SBRC", "Shure command strings"),
    "shure-receiver": ("microphones", "Shure ULX-D, QLX-D", "Shure command strings"),
    "sony-bravia": ("display", "Sony Bravia Professional", "Sony simple IP control"),
    "tesira": ("dsp", "Biamp Tesira", "Tesira text protocol"),
    "wake-on-lan": ("any", "machines woken by a magic packet", "AMD, Magic Packet"),
    "x32": ("mixer", "Behringer X32, Midas M32", "Unofficial X32/M32 OSC protocol"),
    "xair": ("mixer", "Behringer X Air, Midas MR", "Behringer X Air OSC"),
}


def supported(folder: Path | None = None) -> list[Row]:
    """All there are, sorted by what sort they are and by name. `folder` is a site's own profiles."""
    rows = [_row(name, folder) for name in registry.drivers(folder)]
    return sorted(rows, key=lambda row: (row.kind, row.name))


def table(rows: list[Row]) -> str:
    """As a table in Markdown."""
    head = ["| driver | for | models | by | source |", "|---|---|---|---|---|"]
    lines = [f"| `{r.name}` | {r.kind} | {r.models} | {r.transport} | {r.source} |" for r in rows]
    return "\n".join([*head, *lines])


def _row(name: str, folder: Path | None) -> Row:
    kind = registry.kind(name, folder)
    transport = ", ".join(kind.schemes)
    if isinstance(kind, Profile):
        head = kind.read
        whose = "" if head.maker in ("", "any") else f"{head.maker} "
        return Row(name, head.kind or "other", whose + (", ".join(head.models) or head.about), transport, head.source)
    sort, models, source = _CODED.get(name, ("other", "by another package", ""))
    return Row(name, sort, models, transport, source)
