"""Is a device fit, and if not, why: derived from what is known, never stored. Pure.

Silence is never health: a device that does not answer is UNKNOWN, however well it was a minute ago. `sentence` says
it to people: which device, where, since when, its last good answer, and what to do.
"""

from collections.abc import Callable, Iterable

from avctl.engine.state import DeviceState
from avctl.locale import text
from avctl.model.fault import Fault, Severity
from avctl.model.health import Cause, Condition, Health, Reach
from avctl.model.house import DeviceSpec

_OWN_CAUSE = {
    "wrong-device": Cause.WRONG_DEVICE,
    "not-obeying": Cause.NOT_OBEYING,
    "protocol": Cause.PROTOCOL,
}
_RANK = (Severity.NOTICE, Severity.WARNING, Severity.CRITICAL)


def condition(device: DeviceState, faults: Iterable[Fault], unfed: str = "", ours: bool = False) -> Condition:
    """The health of `device` with its cause. `unfed` names an outlet known to be off; `ours` if we switched it off."""
    health, cause, since, detail = _verdict(device, tuple(faults), unfed, ours)
    return Condition(health, cause, since, device.last_answer, detail)


def _verdict(
    device: DeviceState, faults: tuple[Fault, ...], unfed: str, ours: bool
) -> tuple[Health, Cause | None, float, str]:
    if hold := device.held:
        return Health.UNKNOWN, Cause.MAINTENANCE, hold.since, f"{hold.why} ({hold.by})"
    match device.reach:
        case Reach.UNASKED:
            return Health.UNKNOWN, Cause.NOT_ASKED, device.since, ""
        case Reach.DOWN if unfed:
            return Health.UNKNOWN, Cause.EXPECTED_OFF if ours else Cause.UPSTREAM_DOWN, device.since, unfed
        case Reach.DOWN:
            return Health.UNKNOWN, device.cause or Cause.NO_REPLY, device.since, device.detail
    if (own := _worst(faults)) and own.severity is not Severity.NOTICE:
        health = Health.FAILED if own.severity is Severity.CRITICAL else Health.DEGRADED
        return health, _OWN_CAUSE.get(own.key.name, Cause.FAULT), own.since, str(own.key)
    if device.cause or device.reach is Reach.SUSPECT:
        return Health.DEGRADED, device.cause or Cause.NO_REPLY, device.since, device.detail
    return Health.OK, None, device.since, ""


def _worst(faults: tuple[Fault, ...]) -> Fault | None:
    """The fault that decides: the gravest, and of those the one that stands longest."""
    own = [fault for fault in faults if fault.key.name != "link"]
    return max(own, key=lambda fault: (_RANK.index(fault.severity), -fault.since), default=None)


def sentence(condition: Condition, spec: DeviceSpec, language: str, shown: Callable[[float], str]) -> str:
    """One sentence for people; `shown` puts UTC seconds as the site's clock shows them."""
    if condition.cause is None:
        return text("cause.none", language, device=spec.id)
    last = shown(condition.last_answer) if condition.last_answer else text("cause.never", language)
    return text(
        f"cause.{condition.cause.value}",
        language,
        device=spec.id,
        address=spec.url,
        since=shown(condition.since),
        last=last,
        detail=condition.detail,
    )
