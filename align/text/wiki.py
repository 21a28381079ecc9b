"""MediaWiki dumps: from XML pages to plain text.

Kept: the running text and list items of articles (namespace 0, no redirects), a paragraph a line.
Dropped: templates, tables, references, files, categories, links to other languages, headings, comments, formulas.
Source: https://www.mediawiki.org/wiki/Help:Formatting; https://www.mediawiki.org/wiki/Help:Export (schema 0.10).
But: templates are not expanded, so that text which only a template makes (a converted unit, say) is missing.
"""

import html
import re
from collections.abc import Iterator

_PAGE = re.compile(r"<page>(.*?)</page>", re.DOTALL)
_TEXT = re.compile(r"<text[^>]*(?<!/)>(.*?)</text>", re.DOTALL)
_NAMESPACE = re.compile(r"<ns>\s*(-?\d+)\s*</ns>")
_TITLE = re.compile(r"<title>([^<:]*):")
_NAMED = re.compile(r'<namespace key="(-?\d+)"[^>]*>([^<]+)</namespace>')

_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_SINGLE = re.compile(r"<(?:ref|references|gallery|section|nowiki)\b[^<>]*/>", re.IGNORECASE)
_ELEMENT = re.compile(
    r"<(ref|math|chem|ce|gallery|timeline|syntaxhighlight|source|code|pre|imagemap|score|hiero|templatestyles|graph|table)"
    r"\b[^<>]*>.*?</\1\s*>",
    re.IGNORECASE | re.DOTALL,
)
_BREAK = re.compile(r"<(?:br|p|hr|li|div|/p|/div|/li|/tr)\b[^<>]*>", re.IGNORECASE)
_TAG = re.compile(r"</?[a-zA-Z][^<>]*>")
_MARK = re.compile(r"\{\{|\}\}|^[ \t:*#]*\{\||^[ \t]*\|\}(?!\})", re.MULTILINE)
_VARIANT = re.compile(r"-\{(.*?)\}-", re.DOTALL)
_SIMPLIFIED = re.compile(r"zh-(?:hans|cn|sg)\s*:\s*([^;}]*)")
_CONVERSION = re.compile(r"\s*(?:[A-Za-z;+-]+\s*\|)?\s*(?:zh(?:-\w+)?\s*:\s*)?([^;]*)", re.DOTALL)
_EXTERNAL = re.compile(r"\[(?:https?:|ftp:|mailto:|//)[^\s\]]*\s*([^\]\n]*)\]")
_URL = re.compile(r"(?:https?|ftp)://[^\s\]|<>\"]+")
_LINK = re.compile(r"\[\[([^\[\]|]*)(?:\|((?:[^\[\]]|\[(?!\[)|\](?!\]))*))?\]\]")
_LANGUAGE = re.compile(r"[a-z]{2,3}(?:-[a-z]+)*:")
_DROPPED = re.compile(r"^(?:=.*=\s*|[|!].*|\s*__[A-Z]+__\s*)$", re.MULTILINE)
_BULLET = re.compile(r"^[*#:;\s]+", re.MULTILINE)
_QUOTES = re.compile(r"''+")
_MAGIC = re.compile(r"__[A-Z]{3,}__")

ENGLISH_NAMES = ("File", "Image", "Category", "Media")
"""What links to files and categories begin with in every MediaWiki, whatever its language."""
_TAKEN_OUT = ("-2", "6", "14")  # media, files, categories


def namespaces(head: str) -> list[str]:
    """The names by which a dump's links to files, media and categories begin; ``head`` is what comes before its pages.

    >>> namespaces('<namespace key="6" case="first-letter">Файл</namespace>')
    ['File', 'Image', 'Category', 'Media', 'Файл']
    """
    own = [html.unescape(name) for key, name in _NAMED.findall(head) if key in _TAKEN_OUT]
    return list(dict.fromkeys((*ENGLISH_NAMES, *own)))


def articles(pages: str, names: list[str]) -> Iterator[str]:
    """The plain text of each article among whole ``<page>`` elements; talk, user and other pages are no articles."""
    for page in _PAGE.findall(pages):
        said = _NAMESPACE.search(page)
        title = _TITLE.search(page)
        other = said.group(1) != "0" if said else bool(title and title.group(1) in names)
        found = _TEXT.search(page)
        if other or found is None or "<redirect" in page[: found.start()]:
            continue
        text = html.unescape(found.group(1))
        if not text.lstrip().startswith("#"):  # a redirect in a dump that does not say so
            yield plain(text, names)


def plain(text: str, names: list[str] | tuple[str, ...] = ENGLISH_NAMES) -> str:
    """Wiki markup to plain text.

    >>> plain("'''Anarchism'''{{sfn|Ward}} is a [[politics|political]] [[idea]].<ref>A book.</ref>")
    'Anarchism is a political idea.'
    """
    text = _SINGLE.sub("", _COMMENT.sub("", text))
    text = without_nested(_ELEMENT.sub("", text))
    if "-{" in text:
        text = _VARIANT.sub(_variant, text)
    text = _URL.sub("", _EXTERNAL.sub(r"\1", text))
    taken = re.compile(rf"\s*(?:{'|'.join(map(re.escape, names))})\s*:", re.IGNORECASE)

    def shown(link: re.Match[str]) -> str:
        target, label = link.group(1), link.group(2)
        if taken.match(target) or _LANGUAGE.match(target):
            return ""
        return target.lstrip(":") if label is None else label.rpartition("|")[2]

    before = ""
    while before != text and "[[" in text:
        before, text = text, _LINK.sub(shown, text)
    text = _TAG.sub("", _BREAK.sub("\n", text))
    text = _BULLET.sub("", _DROPPED.sub("", _QUOTES.sub("", text)))
    return html.unescape(_MAGIC.sub("", text)).strip()


def without_nested(text: str) -> str:
    """``text`` without its templates ``{{...}}`` and tables ``{|...|}``, nested to any depth, in one pass.

    One that is never closed is kept as it is, so that a slip costs its braces and not the rest of the article.

    >>> without_nested("a {{b {{c}} d}} e {{f")
    'a  e {{f'
    """
    opened: list[tuple[str, int]] = []
    kept: list[str] = []
    spans: list[tuple[int, int]] = []
    for mark in _MARK.finditer(text):
        sign = mark.group().lstrip(" \t:*#")
        if sign in ("{{", "{|"):
            opened.append((sign, mark.start()))
        elif opened and ("{{" if sign == "}}" else "{|") in [kind for kind, _ in opened[-2:]]:
            wanted = "{{" if sign == "}}" else "{|"
            while opened[-1][0] != wanted:
                opened.pop()
            start = opened.pop()[1]
            while spans and spans[-1][0] >= start:
                spans.pop()
            spans.append((start, mark.end()))
    position = 0
    for start, end in spans:
        kept.append(text[position:start])
        position = end
    return "".join((*kept, text[position:]))


def _variant(match: re.Match[str]) -> str:
    """What ``-{...}-`` of a Chinese text shows to readers of simplified characters."""
    simplified = _SIMPLIFIED.search(match.group(1))
    if simplified:
        return simplified.group(1)
    rest = _CONVERSION.match(match.group(1))
    return rest.group(1) if rest else ""
