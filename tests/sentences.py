"""The sentences that customers read, gathered from templates and code.

`python -m tests.sentences` prints those without English, as a file of `templates/languages/en/` wants them.
"""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, meta, nodes
from jinja2.ext import extract_from_ast

from meloko.languages import Language, translations

ROOT = Path(__file__).resolve().parent.parent
TEMPLATES = ROOT / "templates"
# The demo's own page stays in the language of its messages.
_FRENCH_ONLY = {"site/messages.html"}
# Rooms whose forms customers fill: the sentence of an empty field is said when it is.
_OF_CUSTOMERS = {"customers", "orders", "site", "standing_orders"}
_TRANSLATING = {"_", "gettext", "ngettext"}
_ATTRIBUTES = re.compile(r"""\b(?:aria-label|title|alt|placeholder|content)=(?:"([^"]*)"|'([^']*)')""")
_TAGS = re.compile(r"<(script|style)\b.*?</\1>|<[^>]*>", re.DOTALL)
_HOLE = "\0"
# What a browser reads, not a person.
_OF_MACHINES = re.compile(r"width=device-width.*|#[0-9a-f]{6}|meloko|&[a-z]+;", re.IGNORECASE)
_A_SENTENCE = re.compile(r"[a-zà-ÿœ’] [a-zà-ÿœ«]|[À-ÿœŒ’]|^[A-Z][a-z]{2}")


@dataclass(frozen=True, slots=True, order=True)
class Sentence:
    """One sentence as it is written in French, and where."""

    words: str
    many: str
    where: str


def environment() -> Environment:
    """Read templates as the application does."""
    env = Environment(  # noqa: S701  (nothing is rendered)
        loader=FileSystemLoader(TEMPLATES), extensions=["jinja2.ext.i18n"], trim_blocks=True, lstrip_blocks=True
    )
    env.policies["ext.i18n.trimmed"] = True
    return env


@cache
def customer_templates() -> tuple[str, ...]:
    """Return the pages that customers see, with all that these pages are made of."""
    env = environment()
    sources = {str(path.relative_to(TEMPLATES)): path.read_text("utf-8") for path in TEMPLATES.rglob("*.html")}
    uses = {
        name: {used for used in meta.find_referenced_templates(env.parse(source)) if used in sources}
        for name, source in sources.items()
    }
    # A page may stand on another that stands on the common one.
    pages = {"base.html"}
    while more := {name for name, used in uses.items() if used & pages} - pages - _FRENCH_ONLY:
        pages |= more
    found: set[str] = set()
    waiting = sorted(pages)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += uses[name]
    return tuple(sorted(found))


def sentences() -> list[Sentence]:
    """Return all sentences that are said through a translation, of pages and of code."""
    found = [each for name in customer_templates() for each in _of_template(name)]
    for path in sorted((ROOT / "meloko").rglob("*.py")):
        found += _of_code(path)
    return sorted(set(found))


def untranslated(language: Language = Language.ENGLISH) -> list[Sentence]:
    """Return the sentences that have no words in a language yet, or no form for many."""
    known = {entry.sentence: entry for _, entry in translations(language)}
    missing: dict[str, Sentence] = {}
    for each in sentences():
        entry = known.get(each.words)
        if entry is None or not all(entry.said) or len(entry.said) < (2 if each.many else 1):
            missing.setdefault(each.words, each)
    return list(missing.values())


def bare_words(name: str) -> list[str]:
    """Return what a template says past every translation: between its tags, in what is read aloud, in expressions."""
    env = environment()
    tree = env.parse((TEMPLATES / name).read_text("utf-8"))
    page = "".join(_pieces(tree))
    spoken = [one or other for one, other in _ATTRIBUTES.findall(page)]
    spoken += _TAGS.sub("\n", page).split("\n")
    said = [" ".join(_OF_MACHINES.sub("", words.replace(_HOLE, " ")).split()) for words in spoken]
    return [words for words in said if re.search(r"[^\W\d_]{2}", words)] + _bare_constants(tree)


def _of_template(name: str) -> Iterator[Sentence]:
    env = environment()
    source = (TEMPLATES / name).read_text("utf-8")
    for line, _, message in extract_from_ast(env.parse(source), tuple(_TRANSLATING)):
        parts = (message,) if isinstance(message, str) else message or ("",)
        one, many = str(parts[0] or ""), str(parts[1] or "") if len(parts) > 1 else ""
        yield Sentence(one, many, f"templates/{name}:{line}")
    for node in env.parse(source).find_all(nodes.Filter):
        if node.name == "counted":
            words = [each.value for each in node.args if isinstance(each, nodes.Const)]
            yield Sentence(words[0], words[1] if len(words) > 1 else f"{words[0]}s", f"templates/{name}:{node.lineno}")


def _of_code(path: Path) -> Iterator[Sentence]:
    where = path.relative_to(ROOT)
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if not isinstance(node, ast.Call):
            continue
        name = getattr(node.func, "id", getattr(node.func, "attr", ""))
        words = [each.value for each in node.args if isinstance(each, ast.Constant) and isinstance(each.value, str)]
        if name == "text" and len(words) > 1 and path.name == "forms.py" and path.parent.name in _OF_CUSTOMERS:
            yield Sentence(words[-1], "", f"{where}:{node.lineno}")
        elif name == "say" and words:
            yield Sentence(words[0], "", f"{where}:{node.lineno}")
        elif name == "say_many" and len(words) > 1:
            yield Sentence(words[0], words[1], f"{where}:{node.lineno}")
        elif name == "counted" and words and path.parent.name in _OF_CUSTOMERS:
            yield Sentence(words[0], words[1] if len(words) > 1 else f"{words[0]}s", f"{where}:{node.lineno}")


def _pieces(node: nodes.Node) -> Iterator[str]:
    """Give the text of a template in the order of the page, a hole for each expression."""
    for child in node.iter_child_nodes():
        if isinstance(child, nodes.TemplateData):
            yield child.data
        elif isinstance(child, nodes.Expr):
            yield _HOLE
        else:
            yield from _pieces(child)


def _bare_constants(node: nodes.Node) -> list[str]:
    if isinstance(node, nodes.Call) and isinstance(node.node, nodes.Name) and node.node.name in _TRANSLATING:
        return []
    if isinstance(node, nodes.Filter) and node.name == "counted":
        return _bare_constants(node.node) if node.node else []
    if isinstance(node, nodes.Const):
        words = node.value
        return [words] if isinstance(words, str) and _A_SENTENCE.search(words) else []
    return [words for child in node.iter_child_nodes() for words in _bare_constants(child)]


def _quoted(words: str) -> str:
    return '"' + words.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


def main() -> None:
    """Print what lacks its English, as a translator's file wants it."""
    for each in untranslated():
        print(f"#: {each.where}\nmsgid {_quoted(each.words)}")
        if each.many:
            print(f'msgid_plural {_quoted(each.many)}\nmsgstr[0] ""\nmsgstr[1] ""\n')
        else:
            print('msgstr ""\n')


if __name__ == "__main__":
    main()
