"""From text to nodes: an own tokenizer and a Pratt parser; nothing here reaches Python's compiler."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NoReturn

from workflows.errors import InvalidInput
from workflows.expressions.nodes import (
    Arithmetic,
    Call,
    Choice,
    Comparison,
    Empty,
    Entries,
    Items,
    Literal,
    Logic,
    Member,
    Minus,
    Name,
    Node,
    Not,
)
from workflows.expressions.values import MAX_DEPTH, MAX_INTEGER, MAX_SOURCE

TOKEN = re.compile(
    r"""(?P<space>\s+)
    | (?P<number>[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)
    | (?P<name>[^\W\d]\w*)
    | (?P<text>'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")
    | (?P<mark>\.\.|==|!=|<=|>=|&&|\|\||[-+*/%<>=!?:.,()\[\]{}])""",
    re.VERBOSE | re.DOTALL,
)
ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|.)", re.DOTALL)
ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "\\": "\\", "'": "'", '"': '"', "/": "/"}
UNSTORABLE = re.compile("[\0\ud800-\udfff]")

CONSTANTS = {"true": True, "True": True, "false": False, "False": False, "null": None, "None": None}
WORDS = {
    "and": "and", "&&": "and", "or": "or", "||": "or", "!": "!", "not": "not", "empty": "empty",
    "==": "==", "eq": "==", "!=": "!=", "ne": "!=", "<": "<", "lt": "<", "<=": "<=", "le": "<=",
    ">": ">", "gt": ">", ">=": ">=", "ge": ">=", "in": "in", "div": "/", "mod": "%",
}  # fmt: skip
RESERVED = frozenset({*CONSTANTS, *(word for word in WORDS if word.isalpha()), "if", "else", "then"})
#: How tightly an infix sign binds; a higher rank binds tighter.
RANKS = {
    "?": 1, "if": 1, "or": 2, "and": 3,
    "==": 5, "!=": 5, "<": 5, "<=": 5, ">": 5, ">=": 5, "in": 5, "not": 5,
    "+": 6, "-": 6, "*": 7, "/": 7, "%": 7,
}  # fmt: skip
NOT_RANK, UNARY_RANK = 4, 8
#: Words of FEEL that there are not here, and what to do instead.
LOOPS = ("for", "some", "every", "function")
HINTS = {
    "instanceof": "; types cannot be asked for", "instance": "; types cannot be asked for",
    "between": "; a range is written [1..5]", "..": "; a range is written [1..5]",
    "for": "; there are no loops", "some": "; there are no loops, write contains(list, value)",
    "every": "; there are no loops", "function": "; functions cannot be defined",
}  # fmt: skip
#: Methods that Camunda users write on lists and texts, and the function each stands for.
METHODS = {
    "size": "len", "length": "len", "contains": "contains", "containsKey": "contains", "get": "get",
    "startsWith": "starts_with", "endsWith": "ends_with", "toLowerCase": "lower", "toUpperCase": "upper",
    "trim": "trim",
}  # fmt: skip
#: Methods that Camunda users call on these names, and the entry each stands for.
GETTERS = {
    "execution": {"getProcessBusinessKey": "processBusinessKey", "getBusinessKey": "businessKey"},
    "task": {
        "getAssignee": "assignee", "getEventName": "eventName", "getId": "id", "getName": "name",
        "getTaskDefinitionKey": "taskDefinitionKey",
    },
}  # fmt: skip
#: FEEL's functions whose names are several words.
PHRASES = {
    ("date", "and", "time"): "datetime",
    ("list", "contains"): "contains",
    ("string", "length"): "len",
    ("upper", "case"): "upper",
    ("lower", "case"): "lower",
    ("starts", "with"): "starts_with",
    ("ends", "with"): "ends_with",
}


@dataclass(frozen=True)
class Token:
    """One word of the source. `word` is its meaning: a sign under its plain name, or the kind."""

    kind: str  #: number name text mark end
    word: str
    start: int
    end: int


def refuse(source: str, position: int, why: str) -> NoReturn:
    """Raise InvalidInput naming the position (from 1) and what would be right."""
    shown = source if len(source) <= 200 else source[:200] + "…"
    raise InvalidInput(
        f"The expression `{shown}` is wrong at position {position + 1}: {why}.",
        code="expression",
        source=shown,
        position=position + 1,
        reason=why,
    )


def scan(source: str, start: int = 0) -> Iterator[Token]:
    """Yield the tokens from `start`, an end token last."""
    position = start
    while position < len(source):
        match = TOKEN.match(source, position)
        if match is None:
            refuse(source, position, unknown_sign(source[position]))
        position = match.end()
        kind = match.lastgroup or ""
        if kind != "space":
            spelled = match.group()
            word = WORDS.get(spelled, spelled) if kind in ("name", "mark") else kind
            yield Token(kind, word, match.start(), match.end())
    yield Token("end", "end", position, position)


def unknown_sign(sign: str) -> str:
    """Return what to say about a character that starts no token."""
    if sign in "'\"":
        return "the text is not closed; end it with the same quotation mark"
    if sign in "“”‘’":
        return "quotation marks are straight: 'text' or \"text\""
    if sign in "&|":
        return f"write {sign}{sign}"
    if sign == "@":
        return 'write date("2026-01-31"), date and time("2026-01-31T08:00:00") or duration("P3D")'
    return f"the character {sign!r} has no meaning here"


def guard_source(source: str) -> None:
    """Refuse a source that is too long, or holds characters that no database text can."""
    if len(source) > MAX_SOURCE:
        refuse(source, MAX_SOURCE, f"it is {len(source)} characters long, at most {MAX_SOURCE} are allowed")
    if bad := UNSTORABLE.search(source):
        refuse(UNSTORABLE.sub("�", source), bad.start(), "NUL and lone surrogates are not text")


class Parser:
    """Reads one expression; `feel` is the dialect of DMN and forms: `=` compares, `?` is the cell's input."""

    def __init__(self, source: str, *, start: int = 0, feel: bool = False) -> None:
        self.source, self.feel = source, feel
        self.scanner = scan(source, start)
        self.nesting = 0
        self.waiting: list[Token] = []
        self.last_end = start

    @property
    def token(self) -> Token:
        """Return the token that is next."""
        return self.ahead(0)

    def ahead(self, count: int) -> Token:
        """Return the token `count` places further, the end token if there are not so many."""
        # Tokens are read as they are needed: what follows the closing brace of a template need not be any.
        while len(self.waiting) <= count:
            if self.waiting and self.waiting[-1].kind == "end":
                return self.waiting[-1]
            self.waiting.append(next(self.scanner))
        return self.waiting[count]

    def advance(self) -> Token:
        """Return the next token and step over it."""
        token = self.token
        if token.kind != "end":
            self.waiting.pop(0)
        self.last_end = token.end
        return token

    def accept(self, *words: str) -> Token | None:
        """Step over the next token if it is one of these signs or words."""
        token = self.token
        return self.advance() if token.kind in ("mark", "name") and token.word in words else None

    def expect(self, word: str, after: str) -> Token:
        """Step over this sign, or refuse saying where it is due."""
        return self.accept(word) or self.refuse(f"{word} is due {after}, not {self.shown()}")

    def refuse(self, why: str) -> NoReturn:
        """Refuse the expression at the next token."""
        refuse(self.source, self.token.start, why)

    def shown(self) -> str:
        """Return the next token as the writer wrote it."""
        return self.spelled(self.token) or "the end"

    def whole(self) -> Node:
        """Return the expression that is the whole rest of the source."""
        node = self.expression()
        if self.token.kind != "end":
            self.refuse(f"nothing more is due after the expression, not {self.shown()}{self.hint()}")
        return node

    def hint(self) -> str:
        """Return advice for signs that other languages have."""
        if self.token.word == "=":
            return "; write == to compare"
        if self.token.word in HINTS:
            return HINTS[self.token.word]
        first = next(scan(self.source)).word if self.feel else ""
        return HINTS[first] if first in LOOPS else ""

    def expression(self, rank: int = 0) -> Node:
        """Return the longest expression whose signs bind tighter than `rank`."""
        self.nesting += 1
        if self.nesting > 2 * MAX_DEPTH:
            self.refuse(f"it is nested too deeply, at most {MAX_DEPTH} levels are allowed")
        node = self.operand()
        while rank < (own := self.infix_rank()):
            node = self.extend(node, own)
        self.nesting -= 1
        return node

    def infix_rank(self) -> int:
        """Return the rank of the next token as an infix sign, 0 if it is none."""
        token = self.token
        if token.kind not in ("mark", "name") or (self.feel and token.word in ("?", "if")):
            return 0
        if self.feel and token.word == "=":
            return RANKS["=="]
        if token.word == "not" and self.ahead(1).word != "in":
            return 0
        return RANKS.get(token.word, 0)

    def extend(self, left: Node, rank: int) -> Node:
        """Return `left` joined with what follows by signs of this rank."""
        if rank == 1:
            return self.choice(left)
        if rank in (2, 3):
            return self.logic(left, rank)
        if rank == 5:
            return self.comparison(left)
        rest = []
        while self.infix_rank() == rank:
            sign = self.advance().word
            rest.append((sign, self.expression(rank)))
        return Arithmetic(left, tuple(rest))

    def choice(self, left: Node) -> Node:
        """Return `left ? a : b` or `left if condition else b`."""
        if self.accept("?"):
            yes = self.expression()
            self.expect(":", "between the two outcomes")
            return Choice(left, yes, self.expression())
        self.expect("if", "here")
        condition = self.expression(1)
        self.expect("else", "after the condition")
        return Choice(condition, left, self.expression())

    def logic(self, left: Node, rank: int) -> Node:
        """Return a chain of the same word, `and` or `or`."""
        word, operands = self.token.word, [left]
        while self.accept(word):
            operands.append(self.expression(rank))
        return Logic(word, tuple(operands), self.feel)

    def comparison(self, left: Node) -> Node:
        """Return one comparison; a chain has two readings and is refused."""
        sign = self.advance().word
        negated = sign == "not" and self.accept("in") is not None
        sign = "in" if negated else "==" if sign == "=" else sign
        node: Node = Comparison(left, sign, self.expression(5), self.feel)
        if self.infix_rank() == 5:
            self.refuse("comparisons are not chained; join two with `and`")
        return Not(node, self.feel) if negated else node

    def operand(self) -> Node:
        """Return what stands before an infix sign."""
        if self.accept("not"):
            return Not(self.expression(NOT_RANK), self.feel)
        if self.accept("!"):
            return Not(self.expression(UNARY_RANK), self.feel)
        if self.accept("empty"):
            return Empty(self.expression(UNARY_RANK))
        if self.accept("-"):
            return Minus(self.expression(UNARY_RANK))
        if self.feel and self.accept("if"):
            return self.feel_choice()
        return self.members(self.primary())

    def feel_choice(self) -> Node:
        """Return FEEL's `if a then b else c`."""
        condition = self.expression()
        self.expect("then", "after the condition")
        yes = self.expression()
        self.expect("else", "after the first outcome")
        return Choice(condition, yes, self.expression())

    def primary(self) -> Node:
        """Return a literal, name, call, list, map or bracketed expression."""
        token = self.token
        if token.kind == "number":
            return Literal(self.number())
        if token.kind == "text":
            return Literal(self.text())
        if token.kind == "name" or (self.feel and token.word == "?"):
            return self.named()
        if self.accept("("):
            node = self.expression()
            self.expect(")", "to close the bracket")
            return node
        if self.accept("["):
            return Items(tuple(self.several("]")))
        if self.accept("{"):
            return self.entries()
        return self.refuse(f"a value is due, not {self.shown()}")

    def number(self) -> int | float:
        """Return the number that is next."""
        token = self.advance()
        spelled = self.spelled(token)
        value: int | float = int(spelled) if spelled.isdigit() else float(spelled)
        if not (value < MAX_INTEGER if isinstance(value, int) else math.isfinite(value)):
            refuse(self.source, token.start, "the number is too large")
        return value

    def text(self) -> str:
        """Return the text that is next, its escapes resolved."""
        token = self.advance()
        body = self.source[token.start + 1 : token.end - 1]
        value = ESCAPE.sub(lambda match: self.escaped(match.group(1), token), body)
        if UNSTORABLE.search(value):
            refuse(self.source, token.start, "NUL and lone surrogates are not text")
        return value

    def escaped(self, letter: str, token: Token) -> str:
        if len(letter) == 5:
            return chr(int(letter[1:], 16))
        if letter not in ESCAPES:
            refuse(self.source, token.start, f"\\{letter} is no escape; a backslash is written \\\\")
        return ESCAPES[letter]

    def identifier(self, what: str) -> str:
        """Return the name that is next; reserved words and leading underscores are refused."""
        token = self.token
        spelled = self.spelled(token)
        if token.kind != "name":
            self.refuse(f"{what} is due, not {self.shown()}")
        if spelled.startswith("_"):
            self.refuse(f"names do not start with an underscore ({spelled})")
        self.advance()
        return spelled

    def named(self) -> Node:
        """Return a constant, a variable or a call."""
        if self.feel and self.accept("?"):
            return Name("?")
        token = self.token
        spelled = self.spelled(token)
        if spelled in CONSTANTS:
            self.advance()
            return Literal(CONSTANTS[spelled])
        if spelled in RESERVED:
            self.refuse(f"a value is due, not the word {spelled}")
        name = self.feel_name(self.identifier("a name"))
        return Call(name, tuple(self.several(")"))) if self.accept("(") else Name(name)

    def feel_name(self, name: str) -> str:
        """Return the function that a FEEL phrase such as `date and time(` means, any other name as it is."""
        # Outside FEEL nothing may be looked at ahead: behind a template's brace there need be no tokens.
        for phrase, function in PHRASES.items() if self.feel else ():
            following = [self.spelled(self.ahead(place)) for place in range(len(phrase))]
            if [name, *following] == [*phrase, "("]:
                for _ in phrase[1:]:
                    self.advance()
                return function
        return name

    def spelled(self, token: Token) -> str:
        """Return a token as the writer wrote it."""
        return self.source[token.start : token.end]

    def several(self, closing: str) -> list[Node]:
        """Return expressions separated by commas up to the closing bracket."""
        nodes: list[Node] = []
        while not self.accept(closing):
            if nodes:
                self.expect(",", f"or {closing}")
                if self.accept(closing):
                    break
            nodes.append(self.expression())
        return nodes

    def entries(self) -> Node:
        """Return a map `{a: 1, "b c": 2}`."""
        items: dict[str, Node] = {}
        while not self.accept("}"):
            if items:
                self.expect(",", "or }")
            key = self.text() if self.token.kind == "text" else self.identifier("a key")
            if key in items:
                self.refuse(f"the key {key} stands twice")
            self.expect(":", "after the key")
            items[key] = self.expression()
        return Entries(tuple(items), tuple(items.values()))

    def members(self, node: Node) -> Node:
        """Return the node followed by its `.member` and `[index]` parts."""
        while not self.closes_interval() and (sign := self.accept(".", "[")):
            if sign.word == "[":
                node = Member(node, self.expression())
                self.expect("]", "after the index")
                continue
            name = self.identifier("a member's name")
            node = self.method(node, name) if self.accept("(") else Member(node, Literal(name))
        return node

    def closes_interval(self) -> bool:
        """Return whether FEEL's `]1..5[` ends here: no index begins with what follows."""
        return self.feel and self.token.word == "[" and self.ahead(1).word in ("end", ",", ")")

    def method(self, target: Node, name: str) -> Node:
        """Return the function call that a JUEL method call stands for."""
        arguments = self.several(")")
        if name == "isEmpty" and not arguments:
            return Empty(target)
        if name == "equals" and len(arguments) == 1:
            return Comparison(target, "==", arguments[0], self.feel)
        if target == Name("execution") and name == "getVariable" and variable_name(arguments):
            return Name(variable_name(arguments))
        if isinstance(target, Name) and name in GETTERS.get(target.name, {}) and not arguments:
            return Member(target, Literal(GETTERS[target.name][name]))
        if name not in METHODS:
            self.refuse(
                f"there is no method {name}; methods are {', '.join(sorted(METHODS))}, isEmpty and equals"
            )
        return Call(METHODS[name], (target, *arguments))


def variable_name(arguments: list[Node]) -> str:
    """Return the name in `execution.getVariable("name")`, empty if it is not a plain one."""
    if len(arguments) == 1 and isinstance(arguments[0], Literal) and isinstance(arguments[0].constant, str):
        name = arguments[0].constant
        return name if name.isidentifier() and not name.startswith("_") else ""
    return ""


def survey(source: str, root: Node) -> tuple[frozenset[str], frozenset[str]]:
    """Return the variables and the functions that a tree names; refuse trees too deep to evaluate."""
    names: set[str] = set()
    calls: set[str] = set()
    below: list[tuple[Node, int]] = [(root, 1)]
    while below:
        node, depth = below.pop()
        if depth > MAX_DEPTH:
            refuse(source, 0, f"it is nested too deeply, at most {MAX_DEPTH} levels are allowed")
        if isinstance(node, Name):
            names.add(node.name)
        if isinstance(node, Call):
            calls.add(node.name)
        below.extend((child, depth + 1) for child in node.children)
    return frozenset(names), frozenset(calls)


def constant(node: Node) -> tuple[bool, Any]:
    """Return (True, value) if the node is a literal, negative numbers included."""
    if isinstance(node, Literal):
        return True, node.constant
    if (
        isinstance(node, Minus)
        and isinstance(node.operand, Literal)
        and type(node.operand.constant) in (int, float)
    ):
        return True, -node.operand.constant
    return False, None
