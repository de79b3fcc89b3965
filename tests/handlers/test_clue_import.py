"""The import of transfer lists: bad rows named with what would be right, good ones kept, nothing twice."""

import io
import threading
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl.utils import get_column_letter
from sqlalchemy import func, select

from handlers import clue_import, codes, lists, office
from handlers.clue_import import Bad, Problem, Row, explain, starting
from handlers.registers import Clue, ClueSubject
from server.db import Database, connect
from server.demo.sample import Sample, write
from server.settings import Settings
from tests.houses import settle
from workflows import clock, instances, operations, recording
from workflows.actor import Actor
from workflows.errors import EngineFault, InvalidInput, NotAllowed
from workflows.model import Instance

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)

GOOD: dict[str, Any] = {
    "序号": 1,
    "移送依据": "《问责条例》",
    "问题领域": "生态环境",
    "被反映人": "赵某甲",
    "单位": "生态环境局局机关",
    "职务": "科长",
    "职级": "乡科级正职",
    "政治面貌": "中共党员",
    "主要问题": "对某化工厂偷排废水的举报接报未查。",
    "问题发生时间起": date(2025, 3, 1),
    "问题发生时间止": "2025年12月31日",
    "涉及金额（万元）": 12.5,
    "移送单位处理结论": "已立案处罚",
    "紧急程度": "一般",
    "联系人及电话": "法规科，内线 8123",
    "负责人签字": "钱某某",
}


@pytest.fixture
def agency(house: Database) -> Iterator[Actor]:
    with clock.held_at(NOW):
        with house.reading() as session:
            found = office.actor_for(session, "agency")
        yield found


def sheet(*rows: dict[str, Any], headings: list[str] | None = None) -> bytes:
    """Return a workbook with our headings and these rows, each GOOD with changes."""
    headings = headings or list(GOOD)
    book = openpyxl.Workbook()
    book.active.append(headings)
    for row in rows:
        book.active.append([(GOOD | row)[heading] for heading in headings])
    return saved(book)


def saved(book: openpyxl.Workbook) -> bytes:
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def text(encoding: str, *rows: dict[str, Any]) -> bytes:
    lines = [list(GOOD), *([str(value) for value in (GOOD | row).values()] for row in rows)]
    return "\r\n".join(",".join(line) for line in lines).encode(encoding)


def take(
    house: Database, agency: Actor, data: bytes, filename: str = "list.xlsx", mode: str = "good"
) -> clue_import.Outcome:
    return clue_import.import_clues(house.unit_of_work, data, filename, actor=agency, mode=mode)


def words(problems: tuple[Problem, ...]) -> list[str]:
    return [explain(problem) for problem in problems]


def clues(house: Database) -> int:
    with house.reading() as session:
        return session.scalar(select(func.count()).select_from(Clue)) or 0


def test_a_good_list_becomes_transfers(house: Database, agency: Actor) -> None:
    seen: list[tuple[int, int]] = []
    outcome = clue_import.import_clues(
        house.unit_of_work,
        sheet({}, {"被反映人": "孙某乙"}),
        "list.xlsx",
        actor=agency,
        progress=lambda done, total: seen.append((done, total)),
    )
    assert outcome.started == ((2, "YS-2026-00001"), (3, "YS-2026-00002"))
    assert (outcome.known, outcome.problems, outcome.unknown) == ((), (), ())
    assert seen == [(1, 2), (2, 2)]
    with house.reading() as session:
        instances = session.scalars(select(Instance)).all()
        assert {row.started_by for row in instances} == {"agency"}
        assert session.scalars(select(ClueSubject.name).order_by(ClueSubject.id)).all() == [
            "赵某甲",
            "孙某乙",
        ]


@dataclass(frozen=True)
class Reading:
    """What a list says."""

    rows: tuple[Row, ...] = ()
    problems: tuple[Problem, ...] = ()
    unknown: tuple[str, ...] = ()


Judge = Callable[..., Reading]


def read(house: Database, data: bytes, filename: str = "list.xlsx") -> Reading:
    """Return all that a file says; a file that is no list gives one problem without a row."""
    try:
        with clue_import.opened(house.reading, io.BytesIO(data), filename) as incoming:
            found = list(incoming.rows())
            problems = tuple(problem for row in found if isinstance(row, Bad) for problem in row.problems)
            good = tuple(row for row in found if isinstance(row, Row))
            return Reading(good, problems, incoming.unknown)
    except InvalidInput as error:
        return Reading(problems=(Problem(None, None, "", error.code, error.params),))


@pytest.fixture(scope="module")
def judge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Judge]:
    """Give a function that reads a list and starts nothing: one database serves all such tests."""
    url = f"sqlite:///{tmp_path_factory.mktemp('import') / 'settled.sqlite3'}"
    settle(url)
    recording.install(codes.tables)
    with closing(connect(Settings(database_url=url))) as target:

        def judge(data: bytes, filename: str = "list.xlsx") -> Reading:
            with clock.held_at(NOW):
                return read(target, data, filename)

        yield judge


def read_answers(judge: Judge, data: bytes, filename: str = "list.xlsx") -> dict[str, Any]:
    reading = judge(data, filename)
    assert reading.problems == ()
    return dict(reading.rows[0].answers)


def test_cells_become_the_answers_of_the_form(judge: Judge) -> None:
    answers = read_answers(judge, sheet({}))
    assert answers == {
        "legal_basis": "accountability",
        "domain": "ecology",
        "subjects": [
            {
                "kind": "person",
                "name": "赵某甲",
                "unit": "生态环境局局机关",
                "post": "科长",
                "rank": "RK09",
                "political_status": "party",
            }
        ],
        "facts": "对某化工厂偷排废水的举报接报未查。",
        "event_from": "2025-03-01",
        "event_to": "2025-12-31",
        "amount": 125_000,
        "agency_conclusion": "已立案处罚",
        "urgency": "normal",
        "named": "no",
        "contact": "法规科，内线 8123",
        "head_sign": "钱某某",
    }


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_csv_says_the_same_in_every_encoding(judge: Judge, encoding: str) -> None:
    assert read_answers(judge, text(encoding, {}), "list.csv") == read_answers(judge, sheet({}))


@pytest.mark.parametrize(
    "written",
    [
        "2025-12-31",
        "2025/12/31",
        "2025.12.31",
        "20251231",
        "2025年12月31日",
        "２０２５年１２月３１日",
        "2025 年 12 月 31 日",
        "'2025-12-31",
    ],
)
def test_dates_written_as_text_are_dates(judge: Judge, written: str) -> None:
    assert read_answers(judge, sheet({"问题发生时间止": written}))["event_to"] == "2025-12-31"


@pytest.mark.parametrize(
    ("written", "amount"),
    [("1,234.5", 12_345_000), ("１２", 120_000), (0, 0), ("0.01", 100), (3.14159, 31415.9)],
)
def test_amounts_are_counted_in_yuan(judge: Judge, written: Any, amount: float) -> None:
    assert read_answers(judge, sheet({"涉及金额（万元）": written}))["amount"] == amount


def test_codes_and_english_names_are_understood_too(judge: Judge) -> None:
    english = {
        "职级": "RK09",
        "政治面貌": "Party Member",
        "问题领域": "ecology and  environment",
        "紧急程度": "normal",
    }
    assert read_answers(judge, sheet(english)) == read_answers(judge, sheet({}))


def test_several_persons_of_one_row(judge: Judge) -> None:
    row = {
        "被反映人": "赵某甲、钱某乙",
        "单位": "局机关；东湖分局",
        "职务": "科长",
        "职级": "乡科级正职；乡科级副职",
    }
    subjects = read_answers(judge, sheet(row))["subjects"]
    assert [(s["name"], s["unit"], s["post"], s["rank"]) for s in subjects] == [
        ("赵某甲", "局机关", "科长", "RK09"),
        ("钱某乙", "东湖分局", "科长", "RK10"),
    ]


def test_a_title_above_other_headings_and_blank_lines_are_no_matter(judge: Judge) -> None:
    book = openpyxl.Workbook()
    page = book.active
    page.append(["示例市生态环境局问题线索移送清单"])
    page.merge_cells("A1:P1")
    page.append([])
    page.append(
        [f"{heading} *\n（必填）" if heading == "联系人" else f" {heading}：" for heading in GOOD] + ["备注"]
    )
    page.append([*GOOD.values(), "见附件"])
    page.append([])
    page.append(list((GOOD | {"被反映人": "孙某乙"}).values()))
    outcome = judge(saved(book))
    assert [row.number for row in outcome.rows] == [4, 6]
    assert outcome.unknown == ("备注",)


BAD_CELLS = [
    ({"主要问题": None}, "第 2 行“主要问题”：必须填写。"),
    ({"被反映人": None}, "第 2 行“被反映人”：必须填写。"),
    ({"问题领域": "天文"}, "第 2 行“问题领域”：“天文”不在可选项中，应为：生态环境、安全生产、"),
    ({"职级": "正科"}, "第 2 行“职级”：“正科”不在可选项中，应为：国家级正职、"),
    ({"问题发生时间止": "去年底"}, "第 2 行“问题发生时间止”：“去年底”不是日期，请写成 2026-01-31。"),
    ({"问题发生时间止": "2025-02-30"}, "第 2 行“问题发生时间止”：“2025-02-30”不是日期"),
    ({"问题发生时间止": 46022}, "第 2 行“问题发生时间止”：“46022”是 Excel 的日期序号，可能是 2025-12-31，"),
    ({"涉及金额（万元）": "约十万"}, "第 2 行“涉及金额（万元）”：“约十万”不是数字，请只填数字，例如 12.5。"),
    ({"涉及金额（万元）": -1}, "第 2 行“涉及金额（万元）”：“-1”不能小于 0"),
    ({"涉及金额（万元）": date(2025, 1, 1)}, "不是数字"),
    ({"涉及金额（万元）": "NaN"}, "不是数字"),
    ({"涉及金额（万元）": "1e999999"}, "第 2 行“涉及金额（万元）”"),
    (
        {"主要问题": '=HYPERLINK("http://x")'},
        '第 2 行“主要问题”：“=HYPERLINK("http://x")”是公式，请粘贴为数值。',
    ),
    ({"主要问题": "长" * 20001}, "超过 20000 字。"),
    (
        {"被反映人": "赵某甲；钱某乙；孙某丙", "单位": "甲局；乙局"},
        "第 2 行“单位”：有 2 项，而被反映人有 3 名",
    ),
]


@pytest.mark.parametrize(("change", "expected"), BAD_CELLS)
def test_a_bad_cell_is_named_and_the_good_rows_are_kept(
    judge: Judge, change: dict[str, Any], expected: str
) -> None:
    outcome = judge(sheet(change, {}))
    assert [row.number for row in outcome.rows] == [3]
    assert any(expected in line for line in words(outcome.problems)), words(outcome.problems)
    assert all(explain(problem, "en").isprintable() for problem in outcome.problems)


def test_every_bad_cell_of_every_row_is_named(judge: Judge) -> None:
    bad = {"问题领域": "天文", "主要问题": None, "职级": "正科", "问题发生时间起": "春天"}
    outcome = judge(sheet(bad, {}, {"联系人及电话": None}))
    assert [(problem.row, problem.column) for problem in outcome.problems] == [
        (2, "问题领域"),
        (2, "职级"),
        (2, "问题发生时间起"),
        (2, "主要问题"),
        (4, "联系人及电话"),
    ]


def test_merged_cells_are_named(judge: Judge) -> None:
    book = openpyxl.load_workbook(io.BytesIO(sheet({}, {"被反映人": "孙某乙"}, {"被反映人": "李某丙"})))
    book.active.merge_cells("D2:D3")
    outcome = judge(saved(book))
    assert [row.number for row in outcome.rows] == [4]
    assert words(outcome.problems) == [
        "第 2 行“被反映人”：“赵某甲”位于合并单元格 D2:D3 内，请取消合并并逐行填写。",
        "第 3 行“被反映人”：位于合并单元格 D2:D3 内，请取消合并并逐行填写。",
    ]


def test_a_row_that_is_hidden_is_not_sent_behind_its_senders_back(judge: Judge) -> None:
    book = openpyxl.load_workbook(io.BytesIO(sheet({}, {"被反映人": "孙某乙"})))
    book.active.row_dimensions[2].hidden = True
    outcome = judge(saved(book))
    assert [row.number for row in outcome.rows] == [3]
    assert words(outcome.problems) == ["第 2 行：被隐藏或被筛选掉，请取消隐藏或删除该行。"]


def test_control_characters_are_named(judge: Judge) -> None:
    data = text("utf-8", {"负责人签字": "钱\x07某"})
    assert words(judge(data, "list.csv").problems) == [
        "第 2 行“负责人签字”：“钱\x07某”含有不可见的控制字符，请重新输入。"
    ]


def without(*left_out: str) -> list[str]:
    return [heading for heading in GOOD if heading not in left_out]


def with_hidden_column(heading: str) -> bytes:
    book = openpyxl.load_workbook(io.BytesIO(sheet({})))
    book.active.column_dimensions[get_column_letter(1 + list(GOOD).index(heading))].hidden = True
    return saved(book)


BAD_FILES = [
    (b"\x00\x01 random bytes", "list.xlsx", "list_mismatch"),
    (b"PK\x03\x04 random bytes", "list.xlsx", "list_broken"),
    (sheet(headings=[f"列{n}" for n in range(300)]), "list.xlsx", "list_columns"),
    (saved(openpyxl.Workbook()), "list.xlsx", "list_empty"),
    (sheet(), "list.xlsx", "list_no_rows"),
    (sheet({}, headings=without("被反映人", "主要问题")), "list.xlsx", "list_headings"),
    (
        lists.write_xlsx(["姓名", "身份证号", "基本工资", "绩效"], [["赵", "1", 2, 3]]),
        "pay.xlsx",
        "list_other",
    ),
    ("姓名,身份证号,基本工资,绩效\n赵,1,2,3".encode("gb18030"), "pay.csv", "list_other_text"),
    (sheet(headings=["主要情况" if h == "主要问题" else h for h in GOOD]), "list.xlsx", "list_renamed"),
    (with_hidden_column("被反映人"), "list.xlsx", "list_hidden"),
    (b"\n\n\n", "list.csv", "list_empty"),
    (lists.write_xlsx([*GOOD, "主要问题"], []), "list.xlsx", "list_twice"),
    (lists.write_xlsx([*GOOD, "涉及金额（元）"], []), "list.xlsx", "list_twice"),
]


@pytest.mark.parametrize(("data", "filename", "code"), BAD_FILES, ids=lambda value: str(value)[:20])
def test_what_is_no_transfer_list_is_refused_with_a_word(
    judge: Judge, data: bytes, filename: str, code: str
) -> None:
    (problem,) = judge(data, filename).problems
    assert (problem.row, problem.code) == (None, code)
    for language in ("zh", "en"):
        assert "{" not in explain(problem, language)


def test_another_template_is_told_what_headings_are_wanted(judge: Judge) -> None:
    data = lists.write_xlsx(["姓名", "身份证号", "基本工资"], [["赵", "1", 2]])
    (sentence,) = words(judge(data).problems)
    found, _, wanted = sentence.partition("，应有 ")
    assert found == "这不是线索移送清单：表头为 姓名、身份证号、基本工资"
    assert wanted == "移送依据、问题领域、被反映人、主要问题、联系人及电话、负责人签字。"


def test_two_lists_in_one_workbook_are_refused(judge: Judge) -> None:
    book = openpyxl.load_workbook(io.BytesIO(sheet({})))
    book.copy_worksheet(book.active)
    (problem,) = judge(saved(book)).problems
    assert problem.code == "list_several"


def test_all_or_none_takes_nothing_if_one_row_is_bad(house: Database, agency: Actor) -> None:
    outcome = take(house, agency, sheet({}, {"主要问题": None}), mode="all_or_none")
    assert (outcome.started, len(outcome.problems), clues(house)) == ((), 1, 0)
    outcome = take(house, agency, sheet({}, {"被反映人": "孙某乙"}), mode="all_or_none")
    assert (len(outcome.started), clues(house)) == (2, 2)


def test_all_or_none_stops_where_a_row_is_refused_late(
    house: Database, agency: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    submit = operations.find("clues.submit")

    def refuse_second(context: operations.Context, *, answers: dict[str, Any]) -> operations.Recorded:
        if answers["facts"] == "二":
            raise InvalidInput("The matter belongs to a higher commission.")
        if answers["facts"] == "坏":
            raise EngineFault("The register is out of order.")
        recorded = submit(context, answers=answers)
        assert isinstance(recorded, operations.Recorded)
        return recorded

    monkeypatch.setitem(operations._registry, "clues.submit", refuse_second)
    data = sheet({}, {"主要问题": "二"}, {"主要问题": "三"})
    outcome = take(house, agency, data, mode="all_or_none")
    assert ([row for row, _ in outcome.started], clues(house)) == ([2], 1)
    assert words(outcome.problems) == ["第 3 行：未被受理：The matter belongs to a higher commission。"]
    # The list sent again takes up the rest, and nothing twice.
    outcome = take(house, agency, data)
    assert ([row for row, _ in outcome.started], outcome.known, clues(house)) == ([4], (2,), 2)
    # Where nothing can go on, what went before it in the same transaction stays.
    with pytest.raises(EngineFault):
        take(house, agency, sheet({"主要问题": "四"}, {"主要问题": "坏"}, {"主要问题": "五"}))
    assert clues(house) == 3


def test_what_only_the_sender_may_not_say_is_found_while_checking(house: Database, agency: Actor) -> None:
    """Nothing of it is left to be found while sending, when other rows are gone."""
    data = sheet(
        {
            "问题发生时间起": "2025-12-31",
            "问题发生时间止": "2025-03-01",
            "移送单位": "示例市应急管理局",
            "线索来源": None,
        },
        {"移送单位": None, "线索来源": "来信"},
        {"移送单位": None, "线索来源": None},
        headings=[*GOOD, "移送单位", "线索来源"],
    )
    outcome = take(house, agency, data, mode="all_or_none")
    assert (outcome.started, clues(house)) == ((), 0)
    found = [(problem.row, problem.column, problem.code) for problem in outcome.problems]
    assert found == [
        (2, "问题发生时间止", "before_start"),
        (2, "移送单位", "own_agency"),
        (3, "线索来源", "own_agency"),
    ]
    assert words(outcome.problems)[0] == "第 2 行“问题发生时间止”：“2025-03-01”早于问题发生的起始日期。"
    with house.reading() as session:
        intake = office.actor_for(session, "intake")
    assert [p.row for p in take(house, intake, data).problems] == [2, 4]


def test_the_same_file_twice_adds_nothing(house: Database, agency: Actor) -> None:
    data = sheet({}, {"被反映人": "孙某乙"}, {})
    first = take(house, agency, data)
    assert ([row for row, _ in first.started], first.known) == ([2, 3], (4,))
    second = take(house, agency, data)
    assert (second.started, second.known, clues(house)) == ((), (2, 3, 4), 2)
    assert words(second.repeats)[0] == (
        f"第 2 行：已先行移送，移送单编号 {first.started[0][1]}，尚未签发回执，不再重复移送。"
    )
    # The same rows in another order, file and spelling of the same.
    third = take(house, agency, text("gb18030", {"被反映人": "孙某乙 ", "问题领域": "ecology"}), "other.csv")
    assert (third.started, third.known) == ((), (2,))
    assert clues(house) == 2


def test_a_list_tells_what_was_sent_ahead_by_the_form(house: Database, agency: Actor) -> None:
    """A major clue never waits for the batch, which names it with its receipt and does not send it again."""
    (row,) = read(house, sheet({"紧急程度": "重大（即时移送）", "联系人及电话": "另一人"})).rows
    with house.unit_of_work() as session:
        sent = instances.start(session, key="clue_transfer", actor=agency, answers=row.answers)
        session.scalars(select(Clue)).one().receipt_no = "HZ-2026-00001"
    outcome = take(house, agency, sheet({}, {"主要问题": "另一问题"}))
    assert (outcome.known, [row for row, _ in outcome.started], clues(house)) == ((2,), [3], 2)
    assert words(outcome.repeats) == [
        f"第 2 行：已先行移送，回执编号 HZ-2026-00001（移送单 {sent.business_key}），不再重复移送。"
    ]


def test_a_command_that_is_cut_off_goes_on_where_it_stood(
    house: Database, agency: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(starting, "ROWS", 2)
    data = sheet(*({"主要问题": f"问题{number}"} for number in range(5)))
    with clue_import.opened(house.reading, io.BytesIO(data), "list.xlsx") as incoming:
        rows = (row for row in incoming.rows() if isinstance(row, Row))
        begun = clue_import.take_each(house.unit_of_work, rows, actor=agency)
        first = [next(begun).line.number, next(begun).line.number]
        begun.close()
    assert (first, clues(house)) == ([2, 3], 2)
    outcome = take(house, agency, data)
    assert (outcome.known, [row for row, _ in outcome.started]) == ((2, 3), [4, 5, 6])
    assert clues(house) == 5


@pytest.mark.parametrize("houses", ["sqlite"], indirect=True)
def test_memory_does_not_grow_with_a_list(house: Database, agency: Actor, tmp_path: Path) -> None:
    """Read, judged and kept to be sent: four times the rows take no more memory."""
    peaks = []
    for rows in (300, 1_200):
        path = tmp_path / f"{rows}.xlsx"
        write(path, Sample(rows, NOW.date(), faults=0.05))
        tracemalloc.start()
        with path.open("rb") as stream:
            list_id = clue_import.take(house.unit_of_work, path.name, stream, actor=agency)
        clue_import.check_some(house.unit_of_work, list_id, actor=agency, most=timedelta(minutes=10))
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        with house.reading() as session:
            found = clue_import.mine(session, list_id, actor=agency)
            assert (found.state, found.checked, found.total + found.bad_rows) == ("checked", rows, rows)
    assert peaks[1] < peaks[0] * 1.2 + 1_000_000, peaks


def test_another_agency_may_say_the_same(house: Database, agency: Actor) -> None:
    take(house, agency, sheet({}))
    with house.reading() as session:
        other = office.actor_for(session, "agency2")
    assert len(take(house, other, sheet({})).started) == 1


def test_two_imports_of_one_list_at_a_time_add_it_once(house: Database, agency: Actor) -> None:
    data = sheet(*({"主要问题": f"问题{number}"} for number in range(6)))
    outcomes: list[clue_import.Outcome] = []
    threads = [threading.Thread(target=lambda: outcomes.append(take(house, agency, data))) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(len(outcome.started) for outcome in outcomes) == 6
    assert sum(len(outcome.known) for outcome in outcomes) == 12
    assert [outcome.problems for outcome in outcomes] == [(), (), ()]
    assert clues(house) == 6


def test_who_may_not_transfer_imports_nothing(house: Database, agency: Actor) -> None:
    with house.reading() as session:
        handler = office.actor_for(session, "handler")
    with pytest.raises(NotAllowed):
        take(house, handler, sheet({}))
    assert clues(house) == 0


def test_an_unknown_mode_is_refused(house: Database, agency: Actor) -> None:
    with pytest.raises(InvalidInput, match="good, all_or_none"):
        take(house, agency, sheet({}), mode="some")


cells = st.one_of(
    st.none(),
    st.text(max_size=30),
    st.integers(),
    st.floats(),
    st.dates(),
    st.booleans(),
    st.sampled_from(list(GOOD)),
)


@given(rows=st.lists(st.lists(cells, max_size=18), max_size=4), headed=st.booleans())
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
def test_any_table_is_read_row_by_row_or_refused(judge: Judge, rows: list[list[Any]], headed: bool) -> None:
    data = lists.write_xlsx(list(GOOD) if headed else [], [[_writable(cell) for cell in row] for row in rows])
    reading = judge(data)
    assert reading.rows or reading.problems
    for problem in reading.problems:
        assert explain(problem)
        assert explain(problem, "en")
        assert problem.code in clue_import.words.WORDS, problem


def _writable(cell: Any) -> Any:
    return str(cell) if isinstance(cell, float) and (cell != cell or abs(cell) > 1e300) else cell


def test_bad_rows_do_not_keep_good_ones_out(house: Database, agency: Actor) -> None:
    outcome = take(house, agency, sheet({"主要问题": None}, {}, {"问题领域": "天文"}))
    assert [row for row, _ in outcome.started] == [3]
    assert [problem.row for problem in outcome.problems] == [2, 4]
    assert clues(house) == 1


@pytest.mark.parametrize(
    ("written", "code"),
    [("示例市生态环境局", "STJ"), ("生态环境局", "STJ"), ("STJ", "STJ"), ("应急管理局", "YJJ")],
)
def test_agencies_are_known_by_their_full_name_too(judge: Judge, written: str, code: str) -> None:
    data = sheet({"移送单位": written}, headings=["移送单位", *GOOD])
    assert read_answers(judge, data)["agency"] == code


def test_a_district_bureau_is_not_the_citys(judge: Judge) -> None:
    data = sheet({"移送单位": "东湖区生态环境局"}, headings=["移送单位", *GOOD])
    (problem,) = judge(data).problems
    assert explain(problem).startswith("第 2 行“移送单位”：“东湖区生态环境局”不在可选项中，应为：")


def test_an_agency_transfers_in_its_own_name_only(house: Database, agency: Actor) -> None:
    data = sheet({"移送单位": "应急管理局"}, {"移送单位": "生态环境局"}, headings=["移送单位", *GOOD])
    outcome = take(house, agency, data)
    assert [row for row, _ in outcome.started] == [3]
    assert words(outcome.problems) == [
        "第 2 行“移送单位”：“应急管理局”不是您所在的单位，只能移送本单位的线索。"
    ]


def test_the_office_enters_the_list_of_a_bureau_without_an_account(house: Database, agency: Actor) -> None:
    with house.reading() as session:
        clerk = office.actor_for(session, "clerk")
    data = sheet({"移送单位": "应急管理局"}, {"移送单位": None}, headings=["移送单位", *GOOD])
    outcome = take(house, clerk, data)
    assert len(outcome.started) == 1
    assert words(outcome.problems) == ["第 3 行“移送单位”：必须填写。"]
    with house.reading() as session:
        assert session.scalars(select(Clue.agency_code)).one() == "YJJ"


def test_every_code_table_of_the_list_is_shipped() -> None:
    for table in ("legal_bases", "domains", "ranks", "political_statuses", "urgencies"):
        assert codes.rows(table)


# --- what goes out to the bureau and comes back


def opened(data: bytes) -> openpyxl.Workbook:
    return openpyxl.load_workbook(io.BytesIO(data))


def test_the_template_is_a_list_without_rows(house: Database) -> None:
    with house.reading() as session:
        empty = clue_import.template(session)
    reading = read(house, empty, "移送清单.xlsx")
    assert [problem.code for problem in reading.problems] == ["list_no_rows"]
    assert reading.unknown == ()
    book = opened(empty)
    assert book["选项"].sheet_state == "hidden"
    assert "移送单位" not in [cell.value for cell in book["移送清单"][1]]
    lists_of_choices = book["移送清单"].data_validations.dataValidation
    domain = next(rule for rule in lists_of_choices if "$B$" in str(rule.formula1))
    assert "B2" in domain.sqref


def test_a_filled_template_is_a_good_list(house: Database) -> None:
    with house.reading() as session:
        book = opened(clue_import.template(session, for_office=True))
        filled = book["移送清单"]
        headings = [str(cell.value).removesuffix(" *") for cell in filled[1]]
        assert "移送单位" in headings
        row = {**GOOD, "移送单位": "生态环境局", "线索来源": "行政执法机关"}
        filled.append([row.get(heading) for heading in headings])
    reading = read(house, saved(book), "移送清单.xlsx")
    assert words(reading.problems) == []
    assert len(reading.rows) == 1


def test_the_bad_rows_come_back_to_be_mended(house: Database) -> None:
    bad = {"问题发生时间起": "去年夏天", "紧急程度": "特急", "主要问题": None}
    data = sheet({}, bad, {})
    with clue_import.opened(house.reading, io.BytesIO(data), "list.xlsx") as incoming:
        written = clue_import.Corrections(incoming.judge.layout)
        for row in incoming.rows():
            if isinstance(row, Bad):
                written.add(row.line, row.problems)
    written.save(target := io.BytesIO())
    book = opened(target.getvalue())
    mended = book.active
    assert mended is not None
    assert mended.max_row == 2
    told = dict(zip((cell.value for cell in mended[1]), mended[2], strict=True))
    assert "问题发生时间起：不是日期" in str(told["问题说明"].value)
    assert "紧急程度：不在可选项中" in str(told["问题说明"].value)
    assert told["紧急程度"].fill.fgColor.rgb == "00FBD5D5"
    assert told["主要问题"].fill.fgColor.rgb == "00FBD5D5"
    assert told["职务"].fill.fgColor.rgb != "00FBD5D5"
    told["问题发生时间起"].value, told["紧急程度"].value = date(2025, 7, 1), "一般"
    told["主要问题"].value = "见附表。"
    again = read(house, saved(book), "更正.xlsx")
    assert words(again.problems) == []
    assert len(again.rows) == 1
    assert again.unknown == ()
