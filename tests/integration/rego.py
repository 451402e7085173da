"""Is a file of Rego what Rego's grammar allows? A parser by the grammar of OPA's policy reference, as far as
`dfix gate --rego` needs it, and two things that opa refuses besides: names that nothing defines, and patterns
that are none.

    rego.py FILE NAME...      each NAME is trusted by the patterns of the file; one with a `!` before it is not
"""
import json
import re
import sys

TOKEN = re.compile(
    r'(?P<string>"(?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*")|(?P<number>-?\d+(?:\.\d+)?)'
    r"|(?P<name>[A-Za-z_]\w*)|(?P<op>:=|==|!=|<=|>=|[<>=+*/&|\-\[\]{}(),.:;])|(?P<line>\n)|[ \t]+|#[^\n]*")
WORDS = {"package", "import", "default", "if", "contains", "some", "in", "not", "else", "every", "with", "as",
         "true", "false", "null"}
BUILTINS = {"count", "sprintf", "regex"}


class Parser:
    def __init__(self, text):
        self.tokens, self.at, self.defined, self.scope, self.lists = [], 0, set(), set(), {}
        self.used = []
        place = 0
        while place < len(text):
            m = TOKEN.match(text, place)
            assert m, f"no token of Rego: {text[place:place + 20]!r}"
            place = m.end()
            if m.lastgroup:
                self.tokens.append((m.lastgroup, m.group()))
        self.tokens.append(("end", ""))

    def peek(self):
        return self.tokens[self.at]

    def is_next(self, text):
        return self.peek()[1] == text and self.peek()[0] != "string"

    def take(self, text):
        if not self.is_next(text):
            return False
        self.at += 1
        return True

    def need(self, text):
        assert self.take(text), f"{text!r} is wanted, not {self.peek()}, token {self.at}"

    def lines(self):
        while self.peek()[0] == "line":
            self.at += 1

    def name(self):
        kind, text = self.peek()
        assert kind == "name" and text not in WORDS, f"a name is wanted, not {text!r}"
        self.at += 1
        return text

    def module(self):
        self.lines()
        self.need("package")
        self.name()
        self.lines()
        while self.peek()[0] != "end":
            self.rule()
            assert self.peek()[0] in ("line", "end"), f"a rule ends with its line, not {self.peek()}"
            self.lines()
        for name, scope in self.used:
            assert name in scope or name in self.defined | BUILTINS | {"input"}, f"nothing defines {name}"

    def rule(self):
        self.scope = set()
        default = self.take("default")
        name = self.name()
        self.defined.add(name)
        if default:
            self.need(":=")
            self.term()
            return
        if self.take("contains"):
            self.term()
        elif self.take(":="):
            self.lists[name] = self.term()
        if self.take("if"):
            if self.take("{"):
                self.query()
                self.need("}")
            else:
                self.literal()

    def query(self):
        self.lines()
        assert not self.is_next("}"), "a body has something in it"
        while not self.is_next("}"):
            self.literal()
            assert self.is_next("}") or self.peek()[0] == "line" or self.is_next(";"), self.peek()
            self.take(";")
            self.lines()

    def literal(self):
        if self.take("some"):
            self.scope.add(self.name())
            self.need("in")
            self.expression()
            return
        self.take("not")
        if self.tokens[self.at + 1][1] == ":=" and self.peek()[0] == "name":
            self.scope.add(self.name())
        else:
            self.expression()
        if any(self.take(op) for op in (":=", "==", "!=", "<=", ">=", "<", ">", "=")):
            self.expression()

    def expression(self):
        self.term()
        if self.take("("):
            while not self.take(")"):
                self.expression()
                assert self.take(",") or self.is_next(")"), self.peek()

    def many(self, end, one):
        found = []
        self.lines()
        while not self.take(end):
            found.append(one())
            self.lines()
            assert self.take(",") or self.is_next(end), self.peek()
            self.lines()
        return found

    def pair(self):
        self.term()
        self.need(":")
        return self.term()

    def term(self):
        kind, text = self.peek()
        if kind in ("string", "number") or text in ("true", "false", "null"):
            self.at += 1
            return text
        if self.take("["):
            return self.many("]", self.term)
        if self.take("{"):
            return self.many("}", self.pair)
        self.used.append((self.name(), self.scope))
        while self.take("."):
            self.name()
        return None


def main():
    parser = Parser(open(sys.argv[1], encoding="utf-8").read())
    parser.module()
    assert {"allow", "decision"} <= parser.defined
    patterns = [json.loads(p) for p in parser.lists["trusted"]]
    for p in patterns + [json.loads(p) for p in parser.lists["blocked"]]:
        re.compile(p)
        assert not re.search(r"\(\?|\\[1-9]", p), f"RE2 has no {p}"
    for word in sys.argv[2:]:
        wanted = not word.startswith("!")
        assert any(re.search(p, word.lstrip("!")) for p in patterns) == wanted, (word, patterns)


main()
