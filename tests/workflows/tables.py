"""Decision tables written short."""

from __future__ import annotations

from xml.sax.saxutils import escape, quoteattr

from workflows.decisions import read

NAMESPACE = "https://www.omg.org/spec/DMN/20191111/MODEL/"


def definitions(*decisions):
    return f'<definitions xmlns="{NAMESPACE}" id="d" name="d">{"".join(decisions)}</definitions>'.encode()


def entry(tag, text):
    return f"<{tag}><text>{escape(text)}</text></{tag}>"


def table(
    *rules,
    inputs=(("way", "string"),),
    outputs=(("to", "string"),),
    policy="UNIQUE",
    key="t",
    extra="",
    more="",
):
    """A table whose rules are lists of cells, tests first."""
    heads = "".join(
        f'<input id="i{n}" label={quoteattr(text)}><inputExpression typeRef="{kind}">'
        f"<text>{escape(text)}</text></inputExpression>{''.join(inner)}</input>"
        for n, (text, kind, *inner) in enumerate(inputs)
    )
    ends = "".join(
        f'<output id="o{n}" name="{name}" typeRef="{kind}">{"".join(inner)}</output>'
        for n, (name, kind, *inner) in enumerate(outputs)
    )
    rows = "".join(
        f'<rule id="r{n}">'
        + "".join(
            entry("inputEntry" if place < len(inputs) else "outputEntry", cell)
            for place, cell in enumerate(row)
        )
        + "</rule>"
        for n, row in enumerate(rules, 1)
    )
    return (
        f'<decision id="{key}" name="{key}">{more}<decisionTable hitPolicy="{policy}" {extra}>'
        f"{heads}{ends}{rows}</decisionTable></decision>"
    )


def one(*arguments, **keywords):
    found, findings = read(definitions(table(*arguments, **keywords)))
    assert findings == []
    return found[0]


def needs(*keys):
    return "".join(
        f'<informationRequirement><requiredDecision href="#{key}"/></informationRequirement>' for key in keys
    )
