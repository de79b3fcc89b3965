"""What differs between two sets of files: fields of forms, rules of tables, lines of anything else."""

from __future__ import annotations

import json

from workflows.definitions import comparing

FORM = {
    "id": "f",
    "components": [{"key": "a", "label": "甲"}, {"key": "b", "label": "乙", "validate": {"min": 1}}],
}
TABLE = (
    '<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/"><decision name="d"><decisionTable>'
    "<rule><inputEntry><text>1</text></inputEntry></rule><rule><inputEntry><text>2</text></inputEntry></rule>"
    "</decisionTable></decision></definitions>"
)


def told(name: str, before: str, after: str) -> list[tuple[str, str | None, str | None]]:
    (change,) = comparing.files({name: before.encode()}, {name: after.encode()})
    return [(one.where, one.before, one.after) for one in change.differences]


def test_what_is_the_same_is_not_told() -> None:
    assert comparing.files({"a.dmn": b"x"}, {"a.dmn": b"x"}) == []
    found = comparing.files({"a.form": b"{}"}, {"b.form": b"{}"})
    assert [(one.name, one.state, one.differences) for one in found] == [
        ("a.form", "removed", ()),
        ("b.form", "added", ()),
    ]


def test_a_form_differs_by_its_fields_wherever_they_stand() -> None:
    other = {
        "id": "f",
        "components": [
            {"key": "b", "label": "丙", "validate": {"min": 1, "max": 9}},
            {"key": "a", "label": "甲"},
        ],
    }
    assert told("x.form.json", json.dumps(FORM), json.dumps(other)) == [
        ("components[b].label", "乙", "丙"),
        ("components[b].validate.max", None, "9"),
    ]


def test_a_table_differs_by_its_rules() -> None:
    where = "decision d decisionTable 1 rule 2 inputEntry 1 text 1"
    assert told("x.dmn", TABLE, TABLE.replace(">2<", ">3<")) == [(where, "2", "3")]


def test_what_cannot_be_read_is_told_line_by_line() -> None:
    assert told("x.form.json", "{\n1", "{\n2") == [("2", "1", "2")]
    assert told("x.dmn", "<!DOCTYPE a>\n<a/>", "<!DOCTYPE a>\n<b/>") == [("2", "<a/>", "<b/>")]
    deep = "[" * 100_000
    assert told("x.form.json", deep, f"{deep}\n1") == [("2", None, "1")]
    assert told("paper.j2", "a\nb", "a\nc") == [("2", "b", "c")]


def test_too_much_is_cut_off_and_said_to_be() -> None:
    before, after = (json.dumps({str(n): n + add for n in range(500)}) for add in (0, 1))
    (change,) = comparing.files({"x.form.json": before.encode()}, {"x.form.json": after.encode()})
    assert (len(change.differences), change.more) == (comparing.MOST, 500 - comparing.MOST)


def test_lines_are_matched_as_far_as_that_is_quick() -> None:
    """Of many lines that differ and repeat, the whole stretch is told: to match them would take minutes."""
    before, after = "\n".join("ab" * 3_000), "\n".join("baa" * 2_000)
    ((where, was, now),) = told("paper.j2", f"x\n{before}\nz", f"x\n{after}\nz")
    assert (where, was, now) == ("2", before, after)
    assert told("paper.j2", "x\na\nb\nc", "x\nA\nb\nC\nd") == [("2", "a", "A"), ("4", "c", "C\nd")]
