"""The command line: what each command does, and the one clear line with which it fails."""

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import make_url, select

from handlers import office
from server import auth
from server.auth import links, tokens
from server.cli import common, main
from server.db import Database, connect
from server.settings import Settings
from workflows import clock, instances
from workflows.actor import Actor
from workflows.errors import NotFound
from workflows.model import AuditEvent, Instance, ProcessDefinition

LEAVE = """<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL"
    xmlns:camunda="http://camunda.org/schema/1.0/bpmn" id="d" targetNamespace="http://duban.test">
  <bpmn:process id="leave" name="Leave" isExecutable="true">
    <bpmn:startEvent id="start" /><bpmn:sequenceFlow id="f1" sourceRef="start" targetRef="approve" />
    <bpmn:userTask id="approve" name="Approve" camunda:candidateGroups="GROUP" camunda:formKey="leave"
        camunda:dueDate="${limit('T11', now())}" />
    <bpmn:sequenceFlow id="f2" sourceRef="approve" targetRef="end" /><bpmn:endEvent id="end" />
  </bpmn:process>
</bpmn:definitions>"""
HOSTILE = '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa">]><x>&a;</x>'
DEMO = Path(__file__).resolve().parents[2] / "server" / "demo"

SUPERVISOR = Actor("supervisor")

Duban = Callable[..., Result]


@pytest.fixture(scope="module")
def laid_file(migrated_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an SQLite file as the first command leaves it: tables, reference data, nothing else."""
    path = Path(shutil.copyfile(migrated_file, tmp_path_factory.mktemp("cli") / "laid.sqlite3"))
    with common.opened(Settings(database_url=f"sqlite:///{path}")):
        return path


@pytest.fixture
def duban(sqlite_url: str, laid_file: Path, monkeypatch: pytest.MonkeyPatch) -> Duban:
    """Return a function that runs `duban` with these arguments on a database with nobody in it."""
    shutil.copyfile(laid_file, str(make_url(sqlite_url).database))
    monkeypatch.setenv("DUBAN_DATABASE_URL", sqlite_url)

    def run(*arguments: str | Path, input: str | None = None) -> Result:
        return CliRunner().invoke(main, [str(argument) for argument in arguments], input=input)

    return run


@pytest.fixture
def no_database(duban: Duban, sqlite_url: str) -> None:
    """Take the database away: the first command makes it."""
    Path(str(make_url(sqlite_url).database)).unlink()


@pytest.fixture
def opened(sqlite_url: str) -> Iterator[Database]:
    """Give the database that the commands work on."""
    database = connect(Settings(database_url=sqlite_url))
    yield database
    database.close()


@pytest.fixture
def leave(tmp_path: Path) -> Path:
    """Return a good diagram."""
    path = tmp_path / "leave.bpmn"
    path.write_text(LEAVE.replace("GROUP", "handler"))
    return path


def failed(result: Result) -> str:
    """Return the one line that a failed command says, and make sure that it is one and no trace."""
    assert result.exit_code == 1, result.output
    assert result.exception is None or isinstance(result.exception, SystemExit)
    errors = [line for line in result.stderr.splitlines() if line.startswith("Error: ")]
    assert len(errors) == 1
    return errors[0]


def test_a_good_diagram_passes(duban: Duban, leave: Path) -> None:
    result = duban("check", leave)
    assert result.exit_code == 0, result.output
    assert "nothing to complain of" in result.output


def test_a_bad_one_is_refused_element_by_element(duban: Duban, leave: Path) -> None:
    leave.write_text(LEAVE.replace("GROUP", "wizards"))
    result = duban("check", leave)
    assert "profile office" in failed(result)
    assert "approve" in result.stdout
    assert "wizards" in result.stdout
    assert duban("check", leave, "--profile", "engine").exit_code == 0


def test_a_limit_that_does_not_exist_is_found(duban: Duban, leave: Path) -> None:
    leave.write_text(LEAVE.replace("GROUP", "handler").replace("T11", "T999"))
    result = duban("check", leave)
    assert failed(result)
    assert "T999" in result.stdout


def test_hostile_files_are_refused_with_words(duban: Duban, leave: Path) -> None:
    leave.write_text(HOSTILE)
    result = duban("check", leave)
    assert failed(result)
    assert "DOCTYPE" in result.stdout


def test_how_a_diagram_stands_is_said(duban: Duban, leave: Path) -> None:
    assert "leave.bpmn can be deployed: 3 elements." in duban("check", leave).stdout
    leave.write_text(LEAVE.replace("GROUP", "wizards"))
    whole = "leave.bpmn would load whole as a draft of 3 elements; it cannot be deployed yet."
    assert whole in duban("check", leave).stdout
    leave.write_text(LEAVE.replace("<bpmn:userTask", '<task id="x"/><bpmn:userTask', 1))
    assert "leave.bpmn would load as a draft of 3 elements; not all were" in duban("check", leave).stdout
    leave.write_text(HOSTILE)
    assert "leave.bpmn cannot be read as a draft either." in duban("check", leave).stdout


def test_a_file_of_another_kind_is_not_passed_over(duban: Duban, tmp_path: Path) -> None:
    other = tmp_path / "leave.vsdx"
    other.write_text("x")
    assert "leave.vsdx is nothing to deploy" in failed(duban("check", other))


def test_what_is_not_there_is_named(duban: Duban, tmp_path: Path) -> None:
    assert "nowhere" in failed(duban("check", tmp_path / "nowhere"))
    assert "nowhere" in failed(duban("deploy", tmp_path / "nowhere"))


@pytest.mark.usefixtures("no_database")
def test_deploying_twice_is_deploying_once(duban: Duban, leave: Path, opened: Database) -> None:
    first, second = duban("deploy", leave), duban("deploy", leave)
    assert first.exit_code == 0, first.output
    assert first.output == second.output
    with opened.reading() as session:
        assert [d.version for d in session.scalars(select(ProcessDefinition))] == [1]


def test_a_refused_deployment_leaves_nothing(duban: Duban, leave: Path, opened: Database) -> None:
    leave.write_text(LEAVE.replace("GROUP", "wizards"))
    result = duban("deploy", leave)
    assert "wizards" in failed(result)
    with opened.reading() as session:
        assert session.scalars(select(ProcessDefinition)).all() == []


def test_a_simulation_is_one_json_document(duban: Duban, leave: Path) -> None:
    result = duban("simulate", leave, "--variables", '{"days": 3}', "--advance", "P40D", "--complete-all")
    assert result.exit_code == 0
    document = json.loads(result.stdout)
    assert document["outcome"] == "completed"
    assert document["variables"] == {"days": 3}
    assert document["nodes"] == {"start": "startEvent", "approve": "userTask", "end": "endEvent"}
    assert {"findings", "trace"} <= document.keys()


def test_a_refused_diagram_gives_a_document_too(duban: Duban, leave: Path) -> None:
    leave.write_text(HOSTILE)
    assert json.loads(duban("simulate", leave).stdout)["outcome"] == "refused"


@pytest.mark.parametrize("variables", ["", "{", "[1]", "3"])
def test_bad_variables_are_named(duban: Duban, leave: Path, variables: str) -> None:
    assert "--variables" in failed(duban("simulate", leave, "--variables", variables))


def test_a_bad_instant_is_named(duban: Duban, leave: Path) -> None:
    assert "--advance" in failed(duban("simulate", leave, "--advance", "tomorrow"))


@pytest.mark.usefixtures("no_database")
def test_an_account_with_a_role(duban: Duban, opened: Database) -> None:
    result = duban("user", "add", "wang", "--name", "王某", "--role", "admin", input="a good password\n")
    assert result.exit_code == 0, result.output
    assert "a good password" not in result.output
    auth.verify(opened, "wang", "a good password", remote="x")
    with opened.reading() as session:
        actor = office.actor_for(session, "wang")
    assert actor.name == "王某"
    assert actor.groups == {"wang", "admin"}


def test_a_generated_password_is_shown_once(duban: Duban, opened: Database) -> None:
    password = duban("user", "add", "wang", "--generate").stdout.rpartition(" ")[2].strip()
    auth.verify(opened, "wang", password, remote="x")
    other = duban("user", "reset", "wang", "--generate").stdout.rpartition(" ")[2].strip()
    assert other != password
    auth.verify(opened, "wang", other, remote="x")


def test_a_link_is_printed_instead_of_a_password(duban: Duban, opened: Database) -> None:
    def link(*arguments: str) -> str:
        said = duban("user", *arguments, "wang", "--link").stdout
        return said.rpartition("/welcome/")[2].strip()

    first, second = link("add"), link("reset")
    with opened.unit_of_work() as session:
        with pytest.raises(NotFound):
            links.find(session, first)
        links.use(session, second, "a good password")
    auth.verify(opened, "wang", "a good password", remote="x")
    assert "choose one" in failed(duban("user", "reset", "wang", "--link", "--generate"))
    assert "second factor" in failed(duban("user", "reset", "wang", "--link", "--second-factor"))
    auth.verify(opened, "wang", "a good password", remote="x")


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["Wang"], "account name"),
        (["supervisor"], "role"),
        (["wang", "--role", "wizard"], "wizard"),
        (["wang", "--role", "handler@NOWHERE"], "NOWHERE"),
    ],
)
def test_a_bad_account_is_refused_and_nothing_is_left(
    duban: Duban, opened: Database, arguments: list[str], word: str
) -> None:
    assert word in failed(duban("user", "add", *arguments, "--generate"))
    with opened.reading() as session:
        assert session.scalars(select(auth.Account)).all() == []
        assert session.scalars(select(office.Person)).all() == []


def test_a_weak_password_is_refused(duban: Duban) -> None:
    assert "characters" in failed(duban("user", "add", "wang", input="weak\n"))


def test_an_account_is_disabled_and_enabled(duban: Duban, opened: Database) -> None:
    duban("user", "add", "wang", input="a good password\n")
    assert duban("user", "disable", "wang").exit_code == 0
    with pytest.raises(auth.Refused):
        auth.verify(opened, "wang", "a good password", remote="x")
    assert duban("user", "enable", "wang").exit_code == 0
    auth.verify(opened, "wang", "a good password", remote="x")


@pytest.mark.parametrize("command", ["disable", "enable", "reset", "token"])
def test_an_unknown_account_is_named(duban: Duban, command: str) -> None:
    assert "ghost" in failed(duban("user", command, "ghost", input="a good password\n"))


def test_a_token_is_printed_alone(duban: Duban, opened: Database) -> None:
    duban("user", "add", "wang", "--generate")
    made = duban("user", "token", "wang", "--days", "1").stdout.strip()
    with opened.reading() as session:
        found = tokens.find(session, made)
        assert found
        assert found.actor == office.actor_for(session, "wang")
        assert found.scopes == {"everything"}


@pytest.mark.usefixtures("no_database")
def test_the_office_is_taken_in_once(duban: Duban) -> None:
    first = duban("import", "office", DEMO)
    assert first.exit_code == 0, first.output
    assert "units.csv: 0 new" not in first.output
    assert "units.csv: 0 new" in duban("import", "office", DEMO).output


def test_a_bad_office_file_is_named_by_line_and_column(duban: Duban, tmp_path: Path) -> None:
    (tmp_path / "units.csv").write_text("code,name_zh,name_en,kind,parent,area_code\nA,甲,A,office,B,\n")
    message = failed(duban("import", "office", tmp_path))
    assert "units.csv" in message
    assert "Line 2, column parent" in message


LIST = """移送依据,问题领域,被反映人,单位,职务,职级,政治面貌,主要问题,紧急程度,联系人及电话,负责人签字
《问责条例》,生态环境,赵某甲,生态环境局,科长,乡科级正职,中共党员,对举报接报未查。,一般,法规科 8123,钱某某
《问责条例》,生态环境,赵某乙,生态环境局,科长,乡科级正职,中共党员,对举报接报未查。,不紧不慢,法规科 8123,钱某某
"""


@pytest.fixture
def transfers(tmp_path: Path, duban: Duban) -> Path:
    """Return a list of one good and one bad row, for an office that is taken in."""
    duban("import", "office", DEMO)
    path = tmp_path / "list.csv"
    path.write_text(LIST)
    return path


def test_a_list_is_taken_in_and_its_bad_rows_named(duban: Duban, transfers: Path, opened: Database) -> None:
    result = duban("import", "clues", transfers, "--actor", "agency")
    assert failed(result) == "Error: 1 row not taken in."
    assert "Row 3, column 紧急程度" in result.stderr
    assert "不紧不慢" in result.stderr
    assert "1 taken in, 0 known before." in result.stdout
    again = duban("import", "clues", transfers, "--actor", "agency")
    assert "0 taken in, 1 known before." in again.stdout
    with opened.reading() as session:
        assert [i.started_by for i in session.scalars(select(Instance))] == ["agency"]


def test_all_or_nothing_is_nothing(duban: Duban, transfers: Path, opened: Database) -> None:
    assert failed(duban("import", "clues", transfers, "--actor", "agency", "--mode", "all"))
    with opened.reading() as session:
        assert session.scalars(select(Instance)).all() == []


def test_the_template_and_the_bad_rows_are_workbooks(duban: Duban, transfers: Path, tmp_path: Path) -> None:
    empty, mended = tmp_path / "empty.xlsx", tmp_path / "mended.xlsx"
    assert duban("import", "template", empty).exit_code == 0
    assert "there are no rows" in duban("import", "clues", empty, "--actor", "agency").stderr
    result = duban("import", "clues", transfers, "--actor", "agency", "--corrections", mended)
    assert f"The bad rows are in {mended}." in result.stderr
    assert "Row 2, column 紧急程度" in duban("import", "clues", mended, "--actor", "agency").stderr


def test_only_who_may_start_transfers_takes_lists_in(duban: Duban, transfers: Path) -> None:
    assert failed(duban("import", "clues", transfers, "--actor", "auditor"))
    assert "ghost" in failed(duban("import", "clues", transfers, "--actor", "ghost"))


def test_a_file_that_is_no_list_is_refused(duban: Duban, transfers: Path) -> None:
    transfers.write_bytes(b"\x00\x01\x02")
    assert failed(duban("import", "clues", transfers, "--actor", "agency")) == (
        "Error: list.csv: the file is no text in UTF-8 or GB18030; save it again as CSV or .xlsx."
    )


def test_a_bad_setting_is_named(duban: Duban, leave: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DUBAN_TIMEZONE", "Beijing")
    assert "DUBAN_TIMEZONE" in failed(duban("check", leave))


def test_a_lost_database_is_said_without_its_password(duban: Duban, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DUBAN_DATABASE_URL", "postgresql://duban:geheim@127.0.0.1:1/duban")
    message = failed(duban("user", "disable", "wang"))
    assert "does not answer" in message
    assert "geheim" not in message


def test_production_is_not_served_without_a_secret(duban: Duban, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DUBAN_SECRET_KEY", raising=False)
    assert "DUBAN_SECRET_KEY" in failed(duban("serve"))


def test_the_demo_is_not_served_to_others(duban: Duban) -> None:
    assert "this machine only" in failed(duban("serve", "--demo", "--host", "0.0.0.0"))


@pytest.fixture(autouse=True)
def real_time() -> Iterator[None]:
    """Leave the process's clock and zone as they were."""
    yield
    clock.use_zone("Asia/Shanghai")


STUCK = """<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"
    xmlns:camunda="http://camunda.org/schema/1.0/bpmn" targetNamespace="http://duban.test">
  <process id="stuck" isExecutable="true">
    <startEvent id="s"/><exclusiveGateway id="x" default="x_j"/><parallelGateway id="j"/><endEvent id="e"/>
    <userTask id="a" camunda:candidateGroups="GROUP" camunda:formKey="f" camunda:dueDate="P1D"/>
    <sequenceFlow id="s_x" sourceRef="s" targetRef="x"/><sequenceFlow id="x_j" sourceRef="x" targetRef="j"/>
    <sequenceFlow id="x_a" sourceRef="x" targetRef="a"><conditionExpression>v == 1</conditionExpression>
    </sequenceFlow>
    <sequenceFlow id="a_j" sourceRef="a" targetRef="j"/><sequenceFlow id="j_e" sourceRef="j" targetRef="e"/>
  </process>
</definitions>"""


@pytest.fixture
def stuck(tmp_path: Path) -> Path:
    """Return a diagram whose token can get stuck."""
    path = tmp_path / "stuck.bpmn"
    path.write_text(STUCK.replace("GROUP", "handler"))
    return path


def test_a_token_that_can_get_stuck_is_refused_in_both_profiles(
    duban: Duban, stuck: Path, opened: Database
) -> None:
    for profile in ("office", "engine"):
        result = duban("check", stuck, "--profile", profile)
        assert failed(result)
        assert "s → x → j" in result.stdout
    assert "deadlock" in duban("deploy", stuck).stderr
    with opened.reading() as session:
        assert session.scalars(select(ProcessDefinition)).all() == []


def test_force_lets_the_token_game_through_and_writes_down_who_and_why(
    duban: Duban, stuck: Path, opened: Database
) -> None:
    result = duban("deploy", stuck, "--force", "--reason", "only ever j")
    assert result.exit_code == 0, result.output
    assert "only ever j" in result.output
    assert "[deadlock]" in result.output
    with opened.reading() as session:
        [event] = session.scalars(select(AuditEvent).where(AuditEvent.act == "deployment.force"))
        assert [d.key for d in session.scalars(select(ProcessDefinition))] == ["stuck"]
    assert event.detail["reason"] == "only ever j"
    assert event.detail["by"]
    assert {"element": "j", "rule": "deadlock", "path": ["s", "x", "j"]} in event.detail["findings"]


def test_force_needs_a_reason(duban: Duban, stuck: Path) -> None:
    assert "reason" in failed(duban("deploy", stuck, "--force"))
    assert "reason" in failed(duban("deploy", stuck, "--force", "--reason", "  "))
    assert "--force" in failed(duban("deploy", stuck, "--reason", "why"))


def test_force_lets_nothing_else_through(duban: Duban, stuck: Path, opened: Database) -> None:
    stuck.write_text(STUCK.replace("GROUP", "wizards"))
    result = duban("deploy", stuck, "--force", "--reason", "because")
    assert "even by force" in failed(result)
    assert "wizards" in failed(result)
    with opened.reading() as session:
        assert session.scalars(select(ProcessDefinition)).all() == []


def test_force_is_written_down_only_where_it_was_needed(duban: Duban, leave: Path, opened: Database) -> None:
    assert duban("deploy", leave, "--force", "--reason", "to be sure").exit_code == 0
    with opened.reading() as session:
        assert session.scalars(select(AuditEvent).where(AuditEvent.act == "deployment.force")).all() == []


PLAN = "date,kind,name,source\n2027-01-01,holiday,元旦,国办发明电〔2026〕8号\n2027-05-08,makeup,劳动节,同上\n"


def test_a_holiday_plan_is_loaded_told_and_refused_when_it_contradicts(
    duban: Duban, tmp_path: Path, opened: Database
) -> None:
    plan = tmp_path / "2027.csv"
    plan.write_bytes(PLAN.encode("gb18030"))
    loaded = duban("calendar", "load", plan)
    assert loaded.exit_code == 0, loaded.output
    assert "2027 (CN) is loaded as version 1: 1 days off, 1 make-up working days." in loaded.stdout
    assert "0 deadlines were counted again." in loaded.stdout
    assert "No holiday is named 春节." in loaded.stderr
    assert "2027-10-01 is a statutory holiday and is not in the file." in loaded.stderr
    assert "says the same" in duban("calendar", "load", plan).stdout
    plan.write_text(PLAN.replace("2027-05-08", "2027-05-09"))
    refused = failed(duban("calendar", "load", plan))
    assert (
        "line 3: 2027-05-09 is a make-up working day here, and an ordinary day in the loaded plan" in refused
    )
    assert '--replace --reason "…"' in refused
    assert "belong together" in failed(duban("calendar", "load", plan, "--replace"))
    assert duban("calendar", "load", plan, "--replace", "--reason", "更正").exit_code == 0
    assert "is no weekend" in failed(duban("calendar", "load", _written(plan, "2027-05-07,makeup,劳动节,x")))
    assert "CN-320500" in failed(duban("calendar", "load", plan, "--jurisdiction", "苏州"))
    with opened.reading() as session:
        events = session.scalars(select(AuditEvent).where(AuditEvent.act == "calendar.load")).all()
    assert [(event.detail["version"], event.detail["reason"]) for event in events] == [(1, None), (2, "更正")]


def _written(path: Path, row: str) -> Path:
    path.write_text(f"{PLAN}{row}\n")
    return path


def test_migrate_moves_what_can_be_moved_and_says_why_the_rest_stays(
    duban: Duban, leave: Path, opened: Database
) -> None:
    duban("deploy", leave)
    with opened.unit_of_work() as session:
        started = instances.start(session, key="leave", actor=SUPERVISOR, skip_policy=True).id
    for older, newer in (('name="Approve"', 'name="Approve it"'), ('"approve"', '"agree"')):
        leave.write_text(leave.read_text().replace(older, newer))
        duban("deploy", leave)
    dry = duban("migrate", "leave", "--from", 1, "--to", 2, "--dry-run")
    assert (dry.exit_code, dry.output) == (0, f"{started}: safe\n1 of 1 instances can be moved.\n")
    bad = duban("migrate", "leave", "--from", 1, "--to", 3)
    assert bad.exit_code == 1
    assert f"{started}: stays\n  approve [removed] The instance stands at 'Approve' (approve)." in bad.output
    assert "1 stay with version 1; the reasons stand above." in bad.output
    assert "0 of 0 instances moved." in duban("migrate", "leave", "--from", 2, "--to", 3).output
    good = duban("migrate", "leave", "--from", 1, "--to", 3, "--map", "approve=agree")
    assert (good.exit_code, good.output.splitlines()[-1]) == (0, "1 of 1 instances moved.")
    with opened.reading() as session:
        assert session.get_one(Instance, started).definition_id.startswith("leave:3:")
        told = session.scalars(select(AuditEvent).where(AuditEvent.act == "instance.migrate")).one()
        assert (told.actor, told.detail["renamed"]) == ("system", {"approve": "agree"})
    for wrong, words in (
        (("leave", "--from", 1, "--to", 9), "The process leave has no version 9; there are 1, 2, 3."),
        (("gone", "--from", 1, "--to", 2), "The process gone has no version 1."),
        (("leave", "--from", 1, "--to", 2, "--map", "x"), "--map wants OLD=NEW"),
        (("leave", "--from", 1, "--to", 2, "--map", "x=y"), "has no element 'x'"),
    ):
        failed = duban("migrate", *wrong)
        assert failed.exit_code == 1
        assert words in failed.output
