"""A password that is refused is not tried for ever: three times, then once in a quarter of an hour."""

import asyncio

from avctl.clock import LoopClock
from avctl.drivers import registry
from avctl.drivers.registry import ring_of
from avctl.engine.bus import Bus
from avctl.engine.site import Site
from avctl.model.health import Cause, Health, Reach
from avctl.model.house import DeviceSpec, House, RoomSpec
from simulators import pjlink
from simulators.faces import TcpFace


async def test_a_real_login_is_tried_three_times_then_left_alone_and_works_once_the_password_is_right(
    clock: LoopClock,
) -> None:
    projector = pjlink.Projector("p", {"password": "right", "power": "on"})
    face = TcpFace(projector, "pjlink")
    await face.open()
    spec = DeviceSpec("p", "301", "pjlink", face.url, {"password": {"secret": "word"}})
    site = Site(House("hq", "UTC", "en", {"301": RoomSpec("301", {})}, {"p": spec}), Bus(clock), clock)
    driver = registry.build(spec, clock, {"word": "wrong"}.__getitem__)
    site.attach("p", driver)
    await site.start()
    await asyncio.sleep(14 * 60)
    ring = ring_of(driver)
    assert ring
    assert [entry.way for entry in ring.entries()].count("open") == 3
    assert (site.condition("p").health, site.condition("p").cause) == (Health.UNKNOWN, Cause.AUTH_FAILED)
    projector.password = "wrong"  # somebody sets it as we believe it to be
    await asyncio.sleep(2 * 60)
    assert site.device("p").reach is Reach.UP
    await site.stop()
    await face.close()
