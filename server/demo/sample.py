"""Transfer lists of any size to try things out with: realistic in form, every person and fact plainly invented."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from random import Random
from typing import Any

from handlers import lists
from handlers.lists import Value
from server.demo.transfers import BUREAUS, HEADINGS, WIDTHS, Traits, row
from workflows.errors import InvalidInput

NOTICE = "示例清单：人名、单位和事实均为虚构，仅供试用。Sample list: every person and fact is invented."
ENCODINGS = ("utf-8", "gb18030")
#: One row in so many says again what an earlier one said, as lists of bureaus do.
_REPEATED = 50
#: How far back such a row looks: no more is remembered.
_REMEMBERED = 200
_FOR_OFFICE = ("移送单位", "线索来源")
_DETAILS = (
    "经调阅{n}份档案，其中{m}份签字日期晚于办结日期。",
    "有关企业负责人陈述，曾先后{n}次送予现金，累计{m}万元，尚未核实。",
    "群众于近{m}个月内反映{n}次，均以“正在办理”答复。",
    "相关会议记录缺失{n}页，台账与财务凭证相差{m}笔。",
    "该单位已自查，追回资金{n}.{m}万元，对经办人员作了谈话提醒。",
    "现场照片与验收表所附照片不一致，共{n}处。",
)


@dataclass(frozen=True)
class Fault:
    """A kind of fault: in which column, and what stands there instead."""

    heading: str
    make: Callable[[Any], Value]


#: What bureaus get wrong, a kind each.
FAULTS = (
    Fault("主要问题", lambda value: None),
    Fault("主要问题", lambda value: "详见附件。" * 4_001),
    Fault("被反映人", lambda value: None),
    Fault("单位", lambda value: "某某局；某某公司；某某村民委员会"),
    Fault("问题领域", lambda value: "综合"),
    Fault("职级", lambda value: "正科"),
    Fault("移送依据", lambda value: "有关规定"),
    Fault("紧急程度", lambda value: "特急"),
    Fault("问题发生时间起", lambda value: "去年夏天"),
    Fault("问题发生时间起", lambda value: value + timedelta(days=5_000)),
    Fault("问题发生时间止", lambda value: "2025-02-30"),
    Fault("问题发生时间止", lambda value: 46_022),
    Fault("问题发生时间止", lambda value: "1999-12-31"),
    Fault("涉及金额（万元）", lambda value: "约十万"),
    Fault("涉及金额（万元）", lambda value: -1),
    Fault("是否实名举报", lambda value: "不详"),
    Fault("负责人签字", lambda value: None),
)


@dataclass(frozen=True)
class Sample:
    """What a list shall be like; the same wishes on the same day give the same list."""

    rows: int
    day: date
    seed: int = 1
    for_office: bool = False  #: of many bureaus, with the columns that name them; else one bureau's own
    faults: float = 0.0  #: which part of the rows is faulty

    @property
    def headings(self) -> tuple[str, ...]:
        """The headings of the list."""
        return tuple(HEADINGS[index] for index in self._columns)

    @property
    def widths(self) -> tuple[int, ...]:
        """How wide the columns are."""
        return tuple(WIDTHS[index] for index in self._columns)

    @property
    def _columns(self) -> list[int]:
        return [index for index, name in enumerate(HEADINGS) if self.for_office or name not in _FOR_OFFICE]

    def lines(self) -> Iterator[Sequence[Value]]:
        """Yield the rows, one after the other."""
        chance, columns = Random(self.seed), self._columns
        said: deque[dict[str, Value]] = deque(maxlen=_REMEMBERED)
        for number in range(1, self.rows + 1):
            repeats = said and chance.randrange(_REPEATED) == 0
            values = dict(chance.choice(said)) if repeats else self._row(number, chance)
            if chance.random() < self.faults:
                fault = chance.choice(FAULTS)
                values[fault.heading] = fault.make(values[fault.heading])
            else:
                said.append(values)
            values["序号"] = number
            yield [values[HEADINGS[index]] for index in columns]

    def _row(self, number: int, chance: Random) -> dict[str, Value]:
        bureau = chance.choice(BUREAUS) if self.for_office else BUREAUS[0]
        traits = Traits(major=chance.random() < 0.05, named=chance.random() < 0.2)
        values = dict(zip(HEADINGS, row(bureau, self.day, 0, traits, chance), strict=True))
        details = (chance.choice(_DETAILS) for _ in range(chance.choice((0, 1, 1, 2, 3, 5))))
        more = (text.format(n=chance.randint(2, 90), m=chance.randint(2, 90)) for text in details)
        # What says the same of the same person is the same clue.
        case = f"（卷宗第{number:06}号）"
        values["主要问题"] = f"{values['主要问题']}{''.join(more)}{case}"
        return values


def write(path: Path, sample: Sample, *, encoding: str = "utf-8") -> None:
    """Write the list as `.xlsx` or `.csv`, by the name's ending, in memory that does not grow with it."""
    if path.suffix.lower() not in (".xlsx", ".csv"):
        raise InvalidInput(f"{path.name}: name the file .xlsx or .csv.", code="list_suffix")
    with path.open("wb") as target:
        if path.suffix.lower() == ".csv":
            encoding = "utf-8-sig" if encoding == "utf-8" else encoding
            target.writelines(
                lists.csv_pieces(sample.headings, sample.lines(), encoding=encoding, above=[NOTICE])
            )
            return
        writer = lists.Writer(sample.headings, title="问题线索移送清单", widths=sample.widths, above=[NOTICE])
        for line in sample.lines():
            writer.append(line)
        writer.save(target)
