import json
import sys

import attrs
import pytest

from clarity.domain.audit import BrokenChain, ChainHead
from clarity.domain.audit_export import BrokenExport, verify_lines
from tests.support.trails import SIGNER, chain, exported, patient, records


def test_a_file_tells_its_chains_and_records():
    statement = verify_lines(exported(chain("ada", 3), chain("ben", 1))).statement

    assert (statement.tenant, statement.chains, statement.records) == ("clinic", 2, 4)


def test_a_file_gives_its_heads_and_its_signature():
    ada, ben = chain("ada", 3), chain("ben", 1)

    signed = verify_lines(exported(ada, ben))

    assert signed.heads == {ada.patient: ada.head, ben.patient: ben.head}
    assert signed.signature == SIGNER.sign(signed.statement.message)


def test_letters_of_any_script_stand_in_the_file_as_they_are():
    name = "\N{LATIN SMALL LETTER O WITH STROKE}la \N{CYRILLIC SMALL LETTER YA}"

    lines = exported(chain(name, 1, actor=name))

    assert all(name.encode() in line for line in lines[1:3])
    assert list(verify_lines(lines).heads) == [patient(name)]


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (b"\\ud800", "it is not written as clarity writes"),
        (b"\xed\xa0\x80", "record 1, its content does not match its hash"),
    ],
)
def test_half_a_character_is_a_change_like_any_other(body: bytes, problem: str):
    line = b'{"body":"%b","hash":"00","seq":1}\n' % body

    with pytest.raises(BrokenExport) as broken:
        verify_lines(_with(1, line))

    assert broken.value.problem == problem


def test_a_trail_without_chains_is_a_whole_file():
    assert verify_lines(exported()).statement.chains == 0


def test_a_chain_without_records_has_its_head():
    assert verify_lines(exported(chain("ada", 0))).statement.chains == 1


def test_records_after_the_head_are_left_out():
    longer = records(5, of=patient("ada"))
    until_3 = attrs.evolve(chain("ada", 3), records=longer)

    assert exported(until_3) == exported(chain("ada", 3))


def test_what_is_broken_is_not_signed():
    three = chain("ada", 3)
    cut_off = attrs.evolve(three, records=list(three.records)[:2])
    edited = [attrs.evolve(one, body=one.body.replace(b"nurse", b"curse")) for one in three.records]

    with pytest.raises(BrokenChain):
        exported(cut_off)
    with pytest.raises(BrokenChain):
        exported(attrs.evolve(three, records=edited))
    with pytest.raises(BrokenChain):
        exported(attrs.evolve(three, head=ChainHead(3, bytes(32))))


LINES = exported(chain("ada", 3), chain("ben", 1))


def _with(number: int, line: bytes) -> list[bytes]:
    return [*LINES[:number], line, *LINES[number + 1 :]]


def _edited(number: int, **changes: object) -> list[bytes]:
    content = json.loads(LINES[number]) | changes
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return _with(number, text.encode() + b"\n")


@pytest.mark.parametrize(
    ("lines", "line", "problem"),
    [
        ([], 0, "the file ends without a signature"),
        (LINES[:-1], len(LINES) - 1, "the file ends without a signature"),
        ([*LINES, b"\n"], len(LINES) + 1, "something follows the signature"),
        (_with(1, b"no JSON\n"), 2, "it cannot be read"),
        (_with(1, b"[" * 100_000 + b"\n"), 2, "it cannot be read"),
        (_with(1, b"[1]\n"), 2, "it is not written as clarity writes"),
        (_with(1, LINES[1].replace(b":", b": ", 1)), 2, "it is not written as clarity writes"),
        (_with(1, LINES[1].rstrip()), 2, "it is not written as clarity writes"),
        (_edited(0, format="other"), 1, "the file is no exported trail of this version"),
        (_with(1, b'{"body":1}\n'), 2, "it is neither record nor head"),
        (_edited(1, hash="zz"), 2, "record 1, its content does not match its hash"),
        (_edited(2, seq=7), 3, "record 7, record 2 was expected"),
        (_edited(4, head="eve"), len(LINES), "the statement tells of another file"),
        (_edited(4, seq=2), 5, "the head is not that of the records before it"),
        ([*LINES[:4], *LINES[5:]], 5, "record 1, record 4 was expected"),
        ([*LINES[:-2], LINES[-1]], len(LINES) - 1, "the chain before it has no head"),
        (_edited(0, tenant="clinic2"), len(LINES), "the statement tells of another file"),
        (_edited(7, statement="text"), len(LINES), "the statement tells of another file"),
        (_edited(7, signature="AB"), len(LINES), "the statement tells of another file"),
    ],
)
def test_every_change_names_its_line(lines: list[bytes], line: int, problem: str):
    with pytest.raises(BrokenExport) as broken:
        verify_lines(lines)

    assert (broken.value.line, broken.value.problem) == (line, problem)
    assert "as it was signed" in str(broken.value)


NESTED = {
    "heading": (0, '{"format":"clarity-audit-export-1","tenant":%s}'),
    "record": (1, '{"a":%s}'),
    "body": (1, '{"body":%s}'),
    "head": (4, '{"hash":"","head":%s,"seq":3}'),
    "statement": (7, '{"signature":"","statement":%s}'),
    "signature": (7, '{"signature":%s,"statement":{"at":""}}'),
    "time": (7, '{"signature":"","statement":{"at":%s}}'),
}


@pytest.mark.parametrize(("number", "text"), NESTED.values(), ids=NESTED)
@pytest.mark.parametrize(("begin", "end"), ["[]", ('{"":', "}")], ids=["lists", "objects"])
def test_lists_without_end_are_refused_at_every_depth(number: int, text: str, begin, end):
    deepest = sys.getrecursionlimit()
    for depth in (*range(1, 9), *range(deepest - 250, deepest + 50)):
        nested = begin * depth + "0" + end * depth
        with pytest.raises(BrokenExport):
            verify_lines(_with(number, (text % nested).encode() + b"\n"))


def test_a_signed_file_whose_heads_name_nobody_is_refused():
    nobody = attrs.evolve(chain("ada", 1), patient=Nameless())

    with pytest.raises(BrokenExport) as broken:
        verify_lines(exported(nobody))

    assert broken.value.problem == "it names nobody"


@attrs.frozen
class Nameless:
    """Stands where a patient should."""

    patient: str = " "
