"""The words every driver uses for the same thing, so that a playbook never needs to know the model.

A driver maps its own codes to these words; what has no word here keeps a dotted name of its own. The glossary for
people (zh/en) is in the locale catalogues under the same names.
"""

from typing import Final

ON: Final = "on"
OFF: Final = "off"

# --- projectors and displays
POWER: Final = "power"
POWER_WORDS: Final = ("on", "off", "warming", "cooling", "fault")
"""`off` is standby that answers; `warming` and `cooling` are states of their own, 10-140 s long."""
SOURCE: Final = "source"
AV_MUTE: Final = "av-mute"
SIGNAL: Final = "signal"
SIGNAL_WORDS: Final = ("present", "absent")
LAMP_HOURS: Final = "lamp.hours"

# --- self-reported trouble of a part: `lamp.state`, `fan.state`, `temperature.state`, `cover.state`, `filter.state`
STATE_WORDS: Final = ("none-reported", "warning", "error")
"""`none-reported` is not `ok`: the device reports no error *or cannot tell*."""

# --- mixers: `channel.01.mute`, `channel.01.fader`, `channel.01.level`, `bus.01.…`, `main.…`, `dca.1.…`
MUTE: Final = "mute"
MUTE_WORDS: Final = ("on", "off")
"""`on` means silent, whatever the sense on the wire."""
FADER: Final = "fader"
LEVEL: Final = "level"
SCENE: Final = "scene"
OSCILLATOR: Final = "oscillator"
SILENCE_DB: Final = -120.0
"""A fader or meter at minus infinity reads as this many dB."""

# --- chargers: `bay.3.present`, `bay.3.charge`, `bay.3.health`, `bay.3.cycles`, `bay.3.temperature`, `bay.3.state`
BAY_STATES: Final = ("empty", "charging", "full", "idle", "discharging", "error", "unknown")

# --- power: `outlet.3.state`, `outlet.3.current`
OUTLET_WORDS: Final = ("on", "off")

# --- uninterruptible supplies: `battery.charge` %, `battery.runtime` min, `battery.replace` yes/no
OUTPUT_SOURCE: Final = "output.source"
OUTPUT_SOURCE_WORDS: Final = ("mains", "battery", "bypass", "booster", "reducer", "none", "other")
"""What feeds the load. `booster` and `reducer` are mains that the supply corrects; `none` is: no output."""
BATTERY_STATES: Final = ("normal", "low", "depleted", "fault", "unknown")

# --- the air: `temperature` °C, `humidity` %
TEMPERATURE: Final = "temperature"
HUMIDITY: Final = "humidity"

# --- identity, read at open and hourly
MODEL: Final = "identity.model"
SERIAL: Final = "identity.serial"
FIRMWARE: Final = "identity.firmware"
UPTIME: Final = "uptime"
