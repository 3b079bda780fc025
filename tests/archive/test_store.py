"""Nothing acknowledged is lost, numbers have no holes, and one changed byte is found."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import create_engine

from avctl.archive import database
from avctl.archive.chain import Finding
from avctl.archive.database import connect_to_read
from avctl.archive.reader import verify
from avctl.archive.schema import PROJECTIONS, REVISION, tables
from avctl.archive.store import Store
from avctl.model.event import DaemonStopped, Event, Read
from tests.archive.conftest import DEVICES, History, Watch, read
from tests.archive.test_questions import a_bad_morning


def events(first: int, last: int) -> list[Event]:
    return [Event(n, 1000.0 + n, None, read("r301-mixer", 1000.0 + n, scene=n)) for n in range(first, last + 1)]


def rows(path: Path, query: str) -> list[tuple[object, ...]]:
    with closing(connect_to_read(path)) as connection:
        return connection.execute(query).fetchall()


def chain(path: Path) -> Finding:
    with closing(connect_to_read(path)) as connection:
        return verify(connection)


def test_numbers_go_on_where_the_last_life_ended(open_store: Callable[[], Store]) -> None:
    first = open_store()
    first.write(events(1, 7))
    first.close()
    assert open_store().last_seq == 7


def test_a_number_that_never_came_is_filled_and_says_so(open_store: Callable[[], Store], path: Path) -> None:
    store = open_store()
    store.write([*events(1, 2), *events(5, 5)], upto=6)
    kinds = [kind for (kind,) in rows(path, "SELECT kind FROM events ORDER BY seq")]
    assert kinds == ["read", "read", "dropped", "dropped", "read", "dropped"]
    assert store.last_seq == 6 and chain(path).sound


def test_an_event_told_twice_is_written_once(open_store: Callable[[], Store], path: Path) -> None:
    store = open_store()
    store.write(events(1, 3))
    store.write(events(2, 4))
    assert chain(path).events == 4


def test_events_of_a_device_stand_in_its_room(open_store: Callable[[], Store], path: Path) -> None:
    open_store().write(events(1, 1))
    assert rows(path, "SELECT room, device FROM events") == [("301", "r301-mixer")]


def test_one_flipped_byte_breaks_the_chain_where_it_is(open_store: Callable[[], Store], path: Path) -> None:
    store = open_store()
    store.write(events(1, 50))
    store.close()
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE events SET body = replace(body, '30', '31') WHERE seq = 30")
    assert chain(path).broken == (30,)


def test_a_row_taken_out_is_a_hole(open_store: Callable[[], Store], path: Path) -> None:
    store = open_store()
    store.write(events(1, 50))
    store.close()
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("DELETE FROM events WHERE seq = 30")
    assert (found := chain(path)).holes == (30,) and found.broken == (31,)


def test_the_tables_can_be_made_anew_from_the_events(history: History, path: Path) -> None:
    a_bad_morning(history)
    before = {table.name: sorted(rows(path, f"SELECT * FROM {table.name}"), key=repr) for table in PROJECTIONS}
    history.store.rebuild()
    after = {table.name: sorted(rows(path, f"SELECT * FROM {table.name}"), key=repr) for table in PROJECTIONS}
    assert all(before.values()) and before == after


def test_a_locked_file_holds_nobody_up_and_loses_nothing(
    open_store: Callable[[], Store], path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "PATIENCE", 0.01)
    store = open_store()
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        store.write(events(1, 5))
        assert store.last_seq == 5 and store.behind == 5
        assert store.trouble is not None and store.trouble.kind == "locked"
        other.execute("ROLLBACK")
    store.write(events(6, 6), retry=True)
    assert store.behind == 0 and store.trouble.kind == "well"
    assert chain(path) == Finding(6, 6, chain(path).hash, (), ())


def test_what_waits_in_the_spool_is_taken_over_at_the_next_start(
    open_store: Callable[[], Store], path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "PATIENCE", 0.01)
    store = open_store()
    store.write(events(1, 2))
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        store.write(events(3, 5))
        store.close()
        other.execute("ROLLBACK")
    spool = path.with_name("avctl.db.spool")
    spool.write_bytes(spool.read_bytes() + b'[6, 1006.0, null, "re')  # the power went while this was written
    again = open_store()
    assert (again.last_seq, again.behind, spool.exists()) == (5, 0, False)
    assert chain(path).events == 5


def test_a_damaged_file_is_moved_aside_and_what_it_holds_read_over(open_store: Callable[[], Store], path: Path) -> None:
    store = open_store()
    store.write(events(1, 3000))
    store.close()
    damage_pages(path, first=60, last=62)
    again = open_store()
    assert again.trouble is not None and again.trouble.kind == "damaged"
    [aside] = path.parent.glob("avctl.db.damaged-*Z")
    assert aside.name in again.trouble.detail
    assert again.last_seq == 3000 and chain(path).sound
    [(lost,)] = rows(path, "SELECT count(*) FROM events WHERE kind = 'dropped'")
    assert 0 < int(str(lost)) < 300
    again.write(events(3001, 3001))
    assert again.last_seq == 3001 and again.behind == 0


def test_a_file_that_is_no_archive_at_all_is_kept_and_a_new_one_begun(
    open_store: Callable[[], Store], path: Path
) -> None:
    path.write_bytes(b"minutes of the meeting of 3 May" * 1000)
    store = open_store()
    store.write(events(1, 1))
    assert store.last_seq == 1 and store.trouble is not None
    assert b"minutes" in next(path.parent.glob("avctl.db.damaged-*")).read_bytes()


def test_damage_found_while_running_costs_no_number(open_store: Callable[[], Store], path: Path) -> None:
    store = open_store()
    store.write(events(1, 3000))
    store._ledger._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    store._ledger._connection.execute("PRAGMA cache_size=0")
    damage_pages(path, first=3, last=int(path.stat().st_size / 4096) - 1)
    store.write(events(3001, 3100))
    assert store.last_seq == 3100
    store.close()
    assert open_store().last_seq == 3100 and chain(path).sound


def test_models_and_migrations_agree(open_store: Callable[[], Store], path: Path, tmp_path: Path) -> None:
    open_store()
    engine = create_engine(f"sqlite:///{tmp_path / 'models.db'}")
    tables.create_all(engine)
    engine.dispose()
    assert _shape(path) == _shape(tmp_path / "models.db")
    assert rows(path, "SELECT version_num FROM alembic_version") == [(REVISION,)]


def test_a_kill_in_the_middle_of_a_migration_leaves_nothing_half_done(
    open_store: Callable[[], Store], path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("alembic.op.create_index", _killed)
        with pytest.raises(KeyboardInterrupt):
            open_store()
    assert open_store().last_seq == 0


def _killed(*_: object, **__: object) -> None:
    raise KeyboardInterrupt


def test_a_device_that_moved_leaves_its_old_place_on_record(path: Path) -> None:
    store = Store(path, Watch(100.0), DEVICES[:1])
    store.close()
    moved = type(DEVICES[0])("r301-mixer", "302", "x32", DEVICES[0].url)
    Store(path, Watch(200.0), [moved]).close()
    assert rows(path, "SELECT room, since, until FROM places ORDER BY since") == [
        ("301", 100.0, 200.0),
        ("302", 200.0, None),
    ]


def test_a_device_gone_from_the_site_file_keeps_its_file(path: Path) -> None:
    Store(path, Watch(100.0), DEVICES).close()
    Store(path, Watch(200.0), DEVICES[:1]).close()
    assert rows(path, "SELECT count(*) FROM devices WHERE gone = 200.0") == [(len(DEVICES) - 1,)]


def test_our_own_mistake_is_loud(open_store: Callable[[], Store]) -> None:
    store = open_store()
    with pytest.raises(sqlite3.IntegrityError):
        store.write([Event(1, float("nan"), None, DaemonStopped("a time that is none"))])


def test_a_reading_of_nothing_is_still_an_event(open_store: Callable[[], Store], path: Path) -> None:
    open_store().write([Event(1, 1.0, None, Read("r301-mixer", ()))])
    assert chain(path).sound


def damage_pages(path: Path, first: int, last: int) -> None:
    with path.open("r+b") as file:
        for page in range(first, last + 1):
            file.seek(page * 4096)
            file.write(b"\xa5" * 512)


def _shape(path: Path) -> set[tuple[str, str, str]]:
    """Every column, key and index of a file, whatever the order they were declared in."""
    with closing(sqlite3.connect(path)) as connection:
        names = connection.execute(
            "SELECT type, name, sql FROM sqlite_master WHERE name NOT LIKE 'alembic%' AND sql IS NOT NULL"
        ).fetchall()
    return {(kind, name, " ".join(str(sql).replace(" ,", ",").split())) for kind, name, sql in names}
