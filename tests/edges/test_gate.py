"""The gate: what passes, what does not, and that everybody is told once what became of his wish."""

import asyncio
import contextlib
import json
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from avctl.edges import sight
from avctl.edges.gate import Gate
from avctl.edges.moment import iso
from avctl.edges.result import Receipt, Result, State
from avctl.edges.strict import LARGEST, Refusal, parse
from avctl.engine.bus import Bus
from avctl.engine.site import Site
from avctl.model.booking import BookingKey
from avctl.model.command import Command
from avctl.model.event import (
    Answered,
    CommandAsked,
    Event,
    PlayEnded,
    PlayRefused,
    PlayStarted,
    PlayWanted,
    Started,
    StepWaits,
)
from avctl.model.fault import FaultKey
from avctl.model.outcome import Verdict
from avctl.model.ports import Clock
from tests.conftest import MONDAY
from tests.edges.conftest import Bench, house


async def ask(bench: Bench, action: str, room: str = "302", **more: Any) -> Receipt:
    return await bench.gate.take("engineer", "test", action, room, bench.wish(**more))


async def last(receipt: Receipt) -> Result:
    async with asyncio.timeout(10):
        return await receipt.last


async def test_a_point_is_set_and_the_asker_hears_what_the_device_says(bench: Bench) -> None:
    receipt = await ask(bench, "set", args={"point": "main-display.power", "value": "on"})
    assert receipt.first.result().state is State.ACCEPTED
    result = await last(receipt)
    assert (result.state, result.readings[0].value) == (State.DONE, "on")
    assert (result.event or 0) > (receipt.first.result().event or 0)
    assert bench.display.values["power"] == "on"


async def test_the_same_id_is_done_once_and_answered_with_the_first_result(bench: Bench) -> None:
    wish = bench.wish(id="A", args={"point": "main-display.power", "value": "on"})
    first = await last(await bench.gate.take("engineer", "test", "set", "302", wish))
    bench.display.values["power"] = "off"
    await asyncio.sleep(2)
    again = await last(await bench.gate.take("engineer", "test", "set", "302", wish))
    assert (again, bench.display.values["power"]) == (first, "off")


async def test_a_wish_that_comes_too_late_is_not_taken_for_a_second_press(bench: Bench) -> None:
    point = {"point": "main-display.power", "value": "on"}
    await ask(bench, "set", args=point)
    late = await ask(bench, "set", args=point, ts="2020-01-01T00:00:00Z")
    assert late.first.result().state is State.EXPIRED


async def test_two_presses_within_a_second_are_one_and_both_are_answered(bench: Bench) -> None:
    wanted = bench.site.bus.subscribe("listener", lambda body: isinstance(body, PlayWanted))
    await ask(bench, "test", id="A")
    second = await ask(bench, "test", id="B")
    assert (len(wanted.take()), second.first.result().id) == (1, "B")
    await asyncio.sleep(1.5)
    await ask(bench, "test", id="C")
    assert len(wanted.take()) == 1


async def test_on_and_off_and_on_again_are_three_wishes(bench: Bench) -> None:
    asked = bench.site.bus.subscribe("listener", lambda body: isinstance(body, CommandAsked))
    for word in ("on", "off", "on"):
        await ask(bench, "set", args={"point": "main-display.power", "value": word})
    assert len(asked.take()) == 3


async def test_the_same_id_of_another_asker_is_another_wish(bench: Bench) -> None:
    wish = bench.wish(id="A")
    one = await bench.gate.take("engineer", "test", "test", "302", wish)
    two = await bench.gate.take("panel", "test", "test", "302", wish)
    assert one is not two


async def test_a_test_is_accepted_at_once_and_done_when_its_run_ends(bench: Bench) -> None:
    receipt = await ask(bench, "test")
    accepted = receipt.first.result()
    assert accepted.state is State.ACCEPTED and not receipt.last.done()
    bench.site.publish(PlayStarted("R1", "302", "pre-meeting", "1", Started.OPERATOR, "engineer", 3), accepted.event)
    bench.site.publish(PlayEnded("R1", "302", "pre-meeting", Verdict.MARGINAL, "finished", True, "lamp 83 %", 2.0))
    result = await last(receipt)
    assert (result.state, result.verdict, result.run) == (State.DONE, Verdict.MARGINAL, "R1")


async def test_a_refused_run_is_told_as_denied(bench: Bench) -> None:
    receipt = await ask(bench, "fallback", args={"playbook": "lamp-failure"})
    wanted = receipt.first.result().event
    assert wanted is not None
    bench.site.publish(PlayRefused("engineer:w1", "302", "lamp-failure", "another run is under way"), wanted)
    assert (await last(receipt)).state is State.DENIED


async def test_a_fault_is_acknowledged_by_name(bench: Bench) -> None:
    bench.display.values["lamp.state"] = "error"
    await asyncio.sleep(10)
    assert (await last(await ask(bench, "ack", args={"fault": "r302-display.lamp"}))).state is State.DONE
    assert bench.site.state("302").faults[FaultKey("r302-display", "lamp")].acknowledged_by == "engineer"


async def test_a_waiting_step_takes_only_the_answers_it_offers(bench: Bench) -> None:
    bench.site.publish(PlayStarted("R1", "302", "pre-meeting", "1", Started.OPERATOR, "engineer", 3))
    bench.site.publish(StepWaits("R1", "mic 3", "Is the level seen?", bench.site.clock.now() + 60, ("yes", "no")))
    wrong = await ask(bench, "answer", args={"run": "R1", "step": "mic 3", "answer": "maybe"})
    assert (await last(wrong)).wanted == "one of yes, no"
    right = await ask(bench, "answer", args={"run": "R1", "step": "mic 3", "answer": "yes"})
    assert (await last(right)).state is State.DONE
    assert bench.site.state("302").runs["R1"].waits is None


async def test_a_run_is_aborted(bench: Bench) -> None:
    heard = bench.site.bus.subscribe("listener", lambda body: isinstance(body, Answered))
    bench.site.publish(PlayStarted("R1", "302", "pre-meeting", "1", Started.OPERATOR, "engineer", 3))
    assert (await last(await ask(bench, "abort", args={"run": "R1"}))).state is State.DONE
    assert heard.take()[0].body == Answered("R1", "*", "abort", "engineer")


async def test_a_room_is_booked_and_the_booking_cancelled(bench: Bench) -> None:
    args = {"start": "2026-09-14T17:00:00+08:00", "end": "2026-09-14T18:00:00+08:00", "uid": "m1"}
    booked = await last(await ask(bench, "book", args={**args, "needs": {"wireless": 4, "level": "secret"}}))
    booking = bench.site.state("302").bookings[BookingKey("command", "m1")]
    assert booked.state is State.DONE
    assert (booking.end - booking.start, booking.needs.wireless, booking.needs.confidential) == (3600, 4, True)
    assert (await last(await ask(bench, "cancel", args={"booking": "m1"}))).state is State.DONE
    assert not bench.site.state("302").bookings


async def test_a_wish_that_depends_on_an_old_view_of_the_room_is_refused(bench: Bench) -> None:
    result = await last(await ask(bench, "test", **{"if": {"rev": 41}}))
    assert (result.state, result.code, result.where) == (State.DENIED, "changed", "if.rev")


async def test_a_late_wish_expires_and_a_very_early_one_is_refused(bench: Bench) -> None:
    late = await ask(bench, "test", ts=iso(MONDAY - 60), exp=30)
    early = await ask(bench, "test", ts=iso(MONDAY + 60))
    assert (late.newest.state, early.newest.code) == (State.EXPIRED, "early")


async def test_one_who_asks_too_often_is_not_even_read(bench: Bench) -> None:
    codes = [(await bench.gate.take("engineer", "test", "test", "302", b"junk")).newest.code for _ in range(25)]
    assert (codes.count("invalid"), codes.count("too-many")) == (20, 5)
    await asyncio.sleep(1)
    assert (await ask(bench, "test")).newest.state is State.ACCEPTED


async def test_an_earlier_life_answers_for_what_it_has_done(clock: Clock) -> None:
    """After a restart the archive knows the wish: it is answered, and not done again."""
    command = Command("engineer:A", "r302-display", "power", "on", "engineer", "", 0.0)

    async def past(key: str) -> Sequence[Event]:
        return [Event(7, clock.now(), None, CommandAsked(command))] if key == "engineer:A" else []

    site = Site(house(), Bus(clock), clock)
    gate = Gate(site, lambda room: (), past=past)
    wish = {"v": 1, "id": "A", "ts": iso(MONDAY), "args": {"point": "main-display.power", "value": "on"}}
    receipt = await gate.take("engineer", "test", "set", "302", wish)
    assert receipt.first.result().state is State.ACCEPTED
    assert (receipt.newest.state, receipt.newest.event) == (State.UNCERTAIN, 7)
    assert site.bus.last == 0


async def test_nothing_is_acknowledged_before_it_is_durable(clock: Clock) -> None:
    bus = Bus(clock, journaled=True)
    gate = Gate(Site(house(), bus, clock), lambda room: ("pre-meeting",))
    taking = asyncio.create_task(gate.take("engineer", "test", "test", "302", {"v": 1, "id": "A", "ts": iso(MONDAY)}))
    await asyncio.sleep(5)
    assert bus.last == 1 and not taking.done()
    bus.settle(1)
    assert (await taking).first.result().state is State.ACCEPTED


async def test_those_who_wait_are_told_when_the_daemon_stops(bench: Bench) -> None:
    receipt = await ask(bench, "test")
    await bench.gate.close()
    assert receipt.newest.state is State.UNCERTAIN


GOOD: dict[str, Any] = {"v": 1, "id": "x", "ts": iso(MONDAY)}
ABUSE = {
    "empty": (b"", "line 1 column 1"),
    "one byte": (b"{", "line 1 column 2"),
    "a scalar": (b"1", "body"),
    "a list": (b"[]", "body"),
    "one byte too large": (b'{"v": 1}' + b" " * (LARGEST - 7), "body"),
    "ten megabytes": (b"x" * 10_000_000, "body"),
    "not UTF-8": (b'{"v":"\xff"}', "byte 6"),
    "NUL": (b'{"v":"\x00"}', "line 1 column 7"),
    "nine levels": (b'{"args":' + b"[" * 8 + b"]" * 8 + b"}", "body"),
    "a hundred thousand levels": (b"[" * 16_000, "body"),
    "NaN": (b'{"v": NaN}', "body"),
    "infinity": (b'{"v": -Infinity}', "body"),
    "1e999": (b'{"v": 1e999}', "body"),
    "five thousand digits": (b'{"v": ' + b"9" * 5000 + b"}", "body"),
    "the same key twice": (b'{"v": 1, "v": 1}', "v"),
    "no version": (json.dumps({k: v for k, v in GOOD.items() if k != "v"}).encode(), "v"),
    "another version": (json.dumps({**GOOD, "v": 2}).encode(), "v"),
    "unknown key": (json.dumps({**GOOD, "extra": 1}).encode(), "extra"),
    "no id": (json.dumps({k: v for k, v in GOOD.items() if k != "id"}).encode(), "id"),
    "an id that is a topic": (json.dumps({**GOOD, "id": "a/#"}).encode(), "id"),
    "an id with a line break": (json.dumps({**GOOD, "id": "a\r\nb"}).encode(), "id"),
    "an id that is a number": (json.dumps({**GOOD, "id": 1}).encode(), "id"),
    "no time": (json.dumps({k: v for k, v in GOOD.items() if k != "ts"}).encode(), "ts"),
    "a time without zone": (json.dumps({**GOOD, "ts": "2026-09-14T07:00:00"}).encode(), "ts"),
    "a time that is a number": (json.dumps({**GOOD, "ts": 1}).encode(), "ts"),
    "good for too long": (json.dumps({**GOOD, "exp": 301}).encode(), "exp"),
    "good for no time": (json.dumps({**GOOD, "exp": 0}).encode(), "exp"),
    "arguments that are a list": (json.dumps({**GOOD, "args": []}).encode(), "args"),
    "an unknown argument": (
        json.dumps({**GOOD, "args": {"point": "power", "value": 1, "x": 1}}).encode(),
        "args.x",
    ),
    "a point that is missing": (json.dumps({**GOOD, "args": {"value": 1}}).encode(), "args.point"),
    "a point with a line break": (json.dumps({**GOOD, "args": {"point": "a\nb", "value": 1}}).encode(), "args.point"),
    "a value that is true": (json.dumps({**GOOD, "args": {"point": "power", "value": True}}).encode(), "args.value"),
    "a value that turns text round": (
        json.dumps({**GOOD, "args": {"point": "power", "value": "\u202eno"}}).encode(),
        "args.value",
    ),
    "an unknown role": (
        json.dumps({**GOOD, "args": {"point": "main-displya.power", "value": "on"}}).encode(),
        "args.point",
    ),
    "a device of another room": (
        json.dumps({**GOOD, "args": {"point": "r301-display.power", "value": "on"}}).encode(),
        "args.point",
    ),
    "a point nobody can set": (
        json.dumps({**GOOD, "args": {"point": "r302-display.lamp.hours", "value": 1}}).encode(),
        "args.point",
    ),
    "a word that was never given": (
        json.dumps({**GOOD, "confirm": "abc", "args": {"point": "main-display.power", "value": "on"}}).encode(),
        "confirm",
    ),
}


@pytest.mark.parametrize("name", ABUSE)
async def test_abuse_is_refused_saying_where(bench: Bench, name: str) -> None:
    payload, where = ABUSE[name]
    result = (await bench.gate.take("engineer", "test", "set", "302", payload)).newest
    assert result.state is State.DENIED, result
    assert result.where.startswith(where) and result.found and result.wanted
    assert all(sentence.isprintable() and len(sentence) < 400 for _, sentence in result.said)
    assert bench.display.values["power"] == "off"


@pytest.mark.parametrize(
    ("principal", "action", "room", "where"),
    [
        ("engineer", "explode", "302", "action"),
        ("engineer", "te\x00st", "302", "action"),
        ("engineer", "set", "999", "room"),
        ("engineer", "set", "$SYS", "room"),
        ("Engineer#", "set", "302", "principal"),
        ("", "set", "302", "principal"),
    ],
)
async def test_a_wrong_address_is_refused(bench: Bench, principal: str, action: str, room: str, where: str) -> None:
    assert (await bench.gate.take(principal, "test", action, room, bench.wish())).newest.where == where


async def test_an_unknown_playbook_names_those_there_are(bench: Bench) -> None:
    result = (await ask(bench, "fallback", args={"playbook": "lamp-failur"})).newest
    assert result.wanted == "one of lamp-failure, pre-meeting"


async def test_a_rule_of_the_site_may_say_no(clock: Clock) -> None:
    site = Site(house(), Bus(clock), clock)
    gate = Gate(site, lambda room: (), allow=lambda *_: "an engineer of this room")
    wish = {**GOOD, "args": {"point": "main-display.power", "value": "on"}}
    assert (await gate.take("panel", "test", "set", "302", wish)).newest.code == "not-allowed"


@given(st.binary(max_size=200))
def test_no_bytes_on_earth_upset_the_parser(payload: bytes) -> None:
    with contextlib.suppress(Refusal):
        assert isinstance(parse(payload), dict)


@given(st.recursive(st.none() | st.booleans() | st.integers(-(10**14), 10**14) | st.text(), st.lists, max_leaves=8))
def test_what_the_parser_takes_is_what_was_sent(value: Any) -> None:
    with contextlib.suppress(Refusal):
        assert parse(json.dumps({"value": value}).encode()) == {"value": value}


async def test_the_result_as_json_leaves_out_what_does_not_apply(bench: Bench) -> None:
    receipt = await ask(bench, "set", args={"point": "main-display.power", "value": "on"})
    body = (await last(receipt)).json()
    assert body["readings"][0]["value"] == "on" and set(body["said"]) == {"zh", "en"}
    assert "where" not in body and json.dumps(body)


async def test_a_device_is_held_by_its_role_shown_as_such_and_released_again(bench: Bench) -> None:
    await asyncio.sleep(2)
    held = await last(await ask(bench, "hold", args={"device": "main-display", "for": 1800, "why": "new lamp"}))
    assert held.state is State.DONE
    shown = sight.device(bench.site, "r302-display")
    assert (shown["cause"], shown["mark"], shown["held"]["by"]) == ("maintenance", "none", "engineer")
    wish = await last(await ask(bench, "set", args={"point": "main-display.power", "value": "on"}))
    assert (wish.state, bench.display.values["power"]) == (State.DENIED, "off")
    assert "new lamp" in dict(wish.said)["zh"]
    assert (await last(await ask(bench, "release", args={"device": "main-display"}))).state is State.DONE
    await asyncio.sleep(2)
    assert sight.device(bench.site, "r302-display")["cause"] is None


@pytest.mark.parametrize(
    ("action", "args", "code"),
    [
        ("hold", {"device": "r301-display", "for": 60, "why": "x"}, "unknown-device"),
        ("hold", {"device": "main-display", "for": 0, "why": "x"}, "invalid"),
        ("hold", {"device": "main-display", "for": 8 * 86_400, "why": "x"}, "invalid"),
        ("hold", {"device": "main-display", "for": 60}, "invalid"),
        ("release", {"device": "main-display"}, "not-held"),
    ],
)
async def test_a_hold_that_makes_no_sense_is_refused(
    bench: Bench, action: str, args: dict[str, Any], code: str
) -> None:
    result = await last(await ask(bench, action, args=args))
    assert (result.state, result.code) == (State.DENIED, code)
