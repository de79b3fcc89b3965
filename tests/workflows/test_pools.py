"""`duban simulate` with several pools in a file: they run beside one another, in one trace."""

from datetime import UTC, datetime

from tests.workflows.jobs import THROW, E, S, event, pools
from workflows.simulation import simulate

NOW = datetime(2026, 10, 8, 1, 0, tzinfo=UTC)
ASK = '<bpmn:sendTask id="ask" messageRef="m"/><bpmn:receiveTask id="hear" messageRef="r"/>'
BUYER = ("buyer", S + ASK + E, "s>ask", "ask>hear", "hear>e")
WAIT = '<bpmn:intermediateCatchEvent id="wait"><bpmn:timerEventDefinition><bpmn:timeDuration>P1D'
WAIT += "</bpmn:timeDuration></bpmn:timerEventDefinition></bpmn:intermediateCatchEvent>"
START_BY = event("startEvent", "s2")
ANSWER = event("endEvent", "answer", ref="r")
SELLER = ("seller", START_BY + WAIT + ANSWER, "s2>wait", "wait>answer")
TELLER = ("teller", S + THROW + E, "s>throw", "throw>e")
USER = '<bpmn:userTask id="u"/>'


def told(*given, flows=(), **options):
    return simulate(pools(*given, flows=flows).encode(), now=NOW, **options)


def entered(document):
    return [step["element"] for step in document["trace"] if step["event"] == "entered"]


def test_two_pools_talk_with_one_another_in_one_trace():
    document = told(BUYER, SELLER, flows=("ask>s2", "answer>hear"), advance="P2D")
    assert document["outcome"] == "completed"
    assert entered(document) == ["s", "ask", "hear", "s2", "wait", "answer", "e"]
    assert [step["at"][:10] for step in document["trace"]] == sorted(
        step["at"][:10] for step in document["trace"]
    )
    assert document["nodes"].keys() == {"s", "ask", "hear", "e", "s2", "wait", "answer"}


def test_what_is_still_open_anywhere_is_waited_for():
    document = told(BUYER, SELLER, flows=("ask>s2",))
    assert (document["outcome"], entered(document)[-1]) == ("waiting", "wait")
    open_task = ("hearer", START_BY + USER, "s2>u")
    assert told(TELLER, open_task, variables={"n": 1})["outcome"] == "waiting"
    document = told(TELLER, open_task, variables={"n": 1}, complete_all=True)
    assert (document["outcome"], entered(document)[-1]) == ("completed", "u")
    assert document["variables"] == {"n": 1}, "those of the chosen process"


def test_the_process_named_is_the_chosen_one():
    document = told(SELLER, BUYER, process_id="buyer", advance="P2D")
    assert entered(document) == ["s", "ask", "hear", "s2", "wait", "answer", "e"]
    alone = told(SELLER, BUYER, process_id="seller", advance="P2D")
    assert (alone["outcome"], entered(alone)) == ("completed", ["s2", "wait", "answer"])
    assert alone["nodes"].keys() == {"s2", "wait", "answer"}


def test_a_flow_says_who_is_meant_and_names_need_not_agree():
    other = event("startEvent", "n", ref="r")
    document = told(TELLER, ("a", START_BY, ""), ("b", other, ""), flows=("throw>n",), variables={"n": 1})
    assert entered(document) == ["s", "throw", "e", "n"]
    to_the_pool = told(TELLER, ("a", START_BY, ""), flows=("throw>pool_a",), variables={"n": 1})
    assert entered(to_the_pool) == ["s", "throw", "e", "s2"]


def test_tasks_that_send_and_receive_need_no_message_where_a_flow_joins_them():
    sender = ("sender", S + '<bpmn:sendTask id="send"/>' + E, "s>send", "send>e")
    hearer = ("hearer", '<bpmn:receiveTask id="get" instantiate="true"/>')
    assert entered(told(sender, hearer, flows=("send>get",))) == ["s", "send", "e", "get"]


def test_a_start_that_needs_several_is_begun_by_the_first_and_hears_the_others():
    names = event("startEvent", "n").replace('id="n"', 'id="n" parallelMultiple="true"')
    both = names.replace(
        "</bpmn:startEvent>", '<bpmn:signalEventDefinition signalRef="g"/></bpmn:startEvent>'
    )
    thrown = event("intermediateThrowEvent", "x", "signal", "g") + event("intermediateThrowEvent", "y")
    for order in ("s>x>y", "s>y>x"):
        a, b, c = order.split(">")
        document = told(("teller", S + thrown, f"{a}>{b}", f"{b}>{c}"), ("both", both + USER, "n>u"))
        assert entered(document) == [a, b, c, "n", "u"]


def test_what_goes_to_a_pool_in_which_nothing_runs_is_gone():
    document = told(TELLER, ("a", START_BY, ""), flows=("throw>outside",), variables={"n": 1})
    assert (document["outcome"], entered(document)) == ("completed", ["s", "throw", "e"])


def test_a_signal_reaches_every_pool_that_waits_and_starts_others():
    body = START_BY + event("intermediateCatchEvent", "catch", "signal", "g")
    hearer = ("hearer", body, "s2>catch")
    started = ("started", event("startEvent", "s3", "signal", "g"), "")
    call = event("endEvent", "call", "signal", "g")
    caller = ("caller", S + THROW + WAIT + call, "s>throw", "throw>wait", "wait>call")
    document = told(caller, hearer, started, variables={"n": 1}, advance="P1D")
    assert document["outcome"] == "completed"
    assert entered(document) == ["s", "throw", "wait", "s2", "catch", "call", "s3"]


def test_a_message_is_kept_till_somebody_waits_for_it():
    late = (
        "late",
        START_BY + WAIT + event("intermediateCatchEvent", "catch", ref="r"),
        "s2>wait",
        "wait>catch",
    )
    second = THROW.replace('"throw"', '"then"').replace('"m"', '"r"')
    teller = ("teller", S + THROW + second, "s>throw", "throw>then")
    document = told(teller, late, variables={"n": 1}, advance="P1D")
    assert (document["outcome"], entered(document)[-1]) == ("completed", "catch")


def test_pools_that_never_stop_talking_are_stopped():
    again = event("intermediateThrowEvent", "again", ref="r")
    back = ("back", event("startEvent", "s4", ref="r") + THROW, "s4>throw")
    there = ("there", START_BY + again, "s2>again")
    document = told(back, there, variables={"n": 1})
    assert document["outcome"] == "failed"
    assert document["findings"][-1]["rule"] == "run"


def test_a_fault_in_another_pool_fails_the_whole():
    broken = '<bpmn:scriptTask id="t"><bpmn:script>a = missing + 1</bpmn:script></bpmn:scriptTask>'
    document = told(TELLER, ("a", START_BY + broken, "s2>t"), variables={"n": 1})
    assert document["outcome"] == "failed"
    assert [f["element"] for f in document["findings"] if f["rule"] == "run"] == ["t"]
    assert entered(document)[-1] == "t"
