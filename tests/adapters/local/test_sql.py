"""What queries become: bound values only, and names of declared fields only."""

import re

from hypothesis import given
from hypothesis import strategies as st

from clarity.adapters.local import _query
from clarity.adapters.local.cursor import place_of, signed
from clarity.domain.streams import DayChunk
from clarity.ports.entities import ENTITIES, EntitySpec, spec_of
from clarity.ports.query import Expression, Query, field
from clarity.ports.repository import Put
from tests.adapters.local.stores import opened
from tests.contracts.repository.harness import ADA, chunk, everything, evidence
from tests.support import strategies
from tests.support.clocks import START

WORDS = re.compile(r"""x''|"\w+"|AND|OR|NOT|CAST|AS|BLOB|coalesce|substr|\?|<>|<=|>=|[=<>(),1 0]""")


@given(data=st.data())
def test_the_text_of_a_condition_holds_fixed_words_and_declared_names_alone(data: st.DataObject):
    spec: EntitySpec = data.draw(st.sampled_from(ENTITIES))
    condition: Expression = data.draw(strategies.conditions(spec, []))

    sql = _query.compiled(condition, spec)

    assert WORDS.sub("", sql.text) == ""
    assert {name.strip('"') for name in re.findall(r'"\w+"', sql.text)} <= set(spec.fields)
    assert sql.text.count("?") == len(sql.values)


def test_text_that_looks_like_sql_is_compared_as_text():
    nasty = "' OR 1=1; DROP TABLE chunk; --"
    with opened(None) as (repository, _):
        repository.commit([Put(chunk(), 0)], evidence=evidence())
        days = Query(DayChunk, ADA)

        assert everything(repository, days.where(field("device").equals(nasty))) == []
        assert everything(repository, days.where(field("device").begins_with(nasty))) == []
        assert len(everything(repository, days)) == 1


def test_a_page_is_found_by_the_key_and_not_by_scanning():
    query = Query(DayChunk, ADA).page(7)
    spec = spec_of(DayChunk)
    rows = _query.Sql("owner = ?", (1,)) & _query.matching(query, spec, ["activity", "2003-05-01"])
    paged = _query.paged(rows, query, spec)
    with opened(None) as (repository, _), repository.store.reading() as connection:
        plan = connection.execute(
            f"EXPLAIN QUERY PLAN SELECT body FROM chunk WHERE {paged.text}", paged.values
        ).fetchall()

    told = " ".join(row[3] for row in plan)
    assert "SEARCH chunk USING INDEX sqlite_autoindex_chunk_1 (owner=?" in told
    assert "TEMP B-TREE" not in told


places = st.lists(st.text(max_size=5) | st.integers(0, 1 << 53), min_size=1, max_size=3)


@given(place=places, question=st.binary(max_size=5), key=st.binary(min_size=1, max_size=5))
def test_a_cursor_gives_the_place_back(place: list[str | int], question: bytes, key: bytes):
    cursor = signed(place, question=question, key=key, now=START)

    assert place_of(cursor, question=question, key=key, now=START) == place
    assert re.fullmatch(r"[\w=-]+", cursor)


def test_what_has_expired_is_removed_when_asked():
    with opened(None) as (repository, _):
        clock = repository.clock
        soon = clock.now().replace(minute=1)
        changes = [Put(chunk(0), 0, soon), Put(chunk(1), 0), Put(chunk(2), 0, soon)]
        repository.commit(changes, evidence=evidence(key="k", request="r"))
        assert repository.purge_expired() == 0

        clock.advance(60)
        assert repository.purge_expired() == 2
        assert repository.purge_expired() == 0
        clock.advance(7 * 86_400)
        repository.purge_expired()

        with repository.store.reading() as connection:
            counts = [
                connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
                for table in ("chunk", "idempotency", "audit")
            ]
    assert counts == [1, 0, 1]
