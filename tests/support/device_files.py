"""Files as devices and their programs write them, made small for tests."""

import sqlite3
import tempfile
from pathlib import Path

from tests.support.recordings import stamped

TICKS_AT_NOON = 631_878_192_000_000_000
"""2003-05-07 12:00, in steps of 100 ns since the year 1."""


def actigraph_table(n: int = 30, *, head: str = "M/d/yyyy", day: str = "5/7/2003") -> str:
    """An ActiLife epoch table of minutes; the values are 0, 7, 14 ..."""
    title = f"ActiGraph GT3X+ ActiLife v6.10.2 date format {head} Filter Normal Limb: Waist"
    lines = (
        f"------------ Data File Created By {title} -----------",
        "Serial Number: X",
        "Start Time 12:00:00",
        f"Start Date {day}",
        "Epoch Period (hh:mm:ss) 00:01:00",
        "Download Time 12:54:04",
        "Download Date 9/3/2013",
        "Current Memory Address: 0",
        "Current Battery Voltage: 4.03     Mode = 13",
        "--------------------------------------------------",
        *(f"{7 * i},1,2,3" for i in range(n)),
    )
    return "\n".join(lines) + "\n"


def awd_table(n: int = 30, *, code: str = " 4 ", day: str = "07-May-2003") -> str:
    """An Actiwatch text file; the values are 0, 7, 14 ..., each with a mark."""
    head = ("subject", day, "12:00", code, "0", "D01", "M")
    return "\n".join((*head, *(f"{7 * i} , 0,00 M" for i in range(n)))) + "\n"


def actiware_table(n: int = 30) -> str:
    """An Actiware export of minutes; the values are 0, 7, 14 ..."""
    rows = [f"{i + 1},2003-05-07,{s[11:]},0,{7 * i},ACTIVE" for i, s in enumerate(stamped(n))]
    head = (
        "Actiware Export File (version 05.00),,,,,",
        "Actiwatch Type:,Spectrum,,,,",
        "Data Collection Start Date:,7.5.2003,,,,",
        "-------- Epoch-by-Epoch Data --------,,,,,",
        "Line:,Line number,,,,",
        "Last day:,20.5.2003,,,,",
        "Line,Date,Time,Off-Wrist Status,Activity,Interval Status",
    )
    return "\n".join((*head, *rows)) + "\n"


def ukbiobank_table(n: int = 30) -> str:
    """A UK Biobank table of minutes; the values are 0, 7, 14 ..."""
    head = (
        "acceleration (mg) - 2003-05-07 12:00:00 - 2003-05-07 12:29:00 - "
        "sampleRate = 60 seconds,imputed"
    )
    return "\n".join((head, *(f"{7 * i},0" for i in range(n)))) + "\n"


AGD_TABLES = (
    "CREATE TABLE settings (settingID INTEGER PRIMARY KEY, settingName TEXT, settingValue TEXT)",
    "CREATE TABLE data (dataTimestamp INTEGER, axis1 REAL, axis2 REAL, steps REAL)",
)


def agd_file(n: int = 300, *, tables: tuple[str, ...] = AGD_TABLES, **settings: object) -> bytes:
    """An .agd database of minutes; the values are 0, 7, 14 ... Cut short, it is damaged."""
    given = {"epochlength": 60, "devicename": "Link", "limb": "Wrist"} | settings
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "made.agd"
        with sqlite3.connect(path) as connection:
            connection.execute("PRAGMA page_size = 1024")
            for table in tables:
                connection.execute(table)
            if tables == AGD_TABLES:
                rows = [(TICKS_AT_NOON + 600_000_000 * i, 7 * i, 1, 2) for i in range(n)]
                connection.executemany("INSERT INTO data VALUES (?, ?, ?, ?)", rows)
                names = [(str(key), str(value)) for key, value in given.items()]
                connection.executemany(
                    "INSERT INTO settings (settingName, settingValue) VALUES (?, ?)", names
                )
        connection.close()
        return path.read_bytes()


def fitbit_hours(people: tuple[str, ...], *, name: str = "Steps", hours: int = 3) -> str:
    """A wide Fitbit table; every value is the number of its minute in the hour."""
    head = ",".join(("Id", "ActivityHour", *(f"{name}{i:02}" for i in range(60))))
    minutes = ",".join(map(str, range(60)))
    rows = [f"{person},5/7/2003 {12 + i}:00,{minutes}" for person in people for i in range(hours)]
    return "\n".join((head, *rows)) + "\n"


def fitbit_minutes(people: tuple[str, ...], *, name: str = "Steps") -> str:
    """A narrow Fitbit table of 30 minutes; every value is the number of its minute."""
    rows = [f"{person},5/7/2003 2:{i:02}:00 PM,{i}" for person in people for i in range(30)]
    return "\n".join((f"Id,ActivityMinute,{name}", *rows)) + "\n"


def fitbit_steps(n: int = 30) -> str:
    """Steps of Fitbit's own export; every value is the number of its minute."""
    items = (f'{{"dateTime":"05/07/23 17:{i:02}:00","value":"{i}"}}' for i in range(n))
    return "[" + ",\n".join(items) + "]"


def fitbit_table(names: str, *, after: str = "", n: int = 30) -> str:
    """A table of a Fitbit archive, every 5 minutes; the values are 0, 7, 14 ..."""
    rows = [f"{stamp},{7 * i}{after}" for i, stamp in enumerate(stamped(n, step_s=300))]
    return "\n".join((f"timestamp,{names}", *rows)) + "\n"
