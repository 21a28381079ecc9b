"""MediaWiki dumps: from XML pages to plain text.

Kept: the running text and list items of articles (namespace 0, no redirects), one paragraph per line.
Dropped: templates, tables, references, files, categories, links to other languages, headings, comments, formulas.
Source: https://www.mediawiki.org/wiki/Help:Formatting; https://www.mediawiki.org/wiki/Help:Export (schema 0.10);
https://www.mediawiki.org/wiki/Writing_systems/Syntax (``-{...}-``, conversion between variants of Chinese).
But: templates are not expanded, so text that only a template generates (such as a converted unit) is missing. Rules for
conversion (``-{H|...}-``) show nothing, as in MediaWiki, but are not applied to the rest of the page.
"""

import html
import re
from collections.abc import Iterator

_PAGE = re.compile(r"<page>(.*?)</page>", re.DOTALL)
_TEXT = re.compile(r"<text[^>]*(?<!/)>(.*?)</text>", re.DOTALL)
_NAMESPACE = re.compile(r"<ns>\s*(-?\d+)\s*</ns>")
_TITLE = re.compile(r"<title>([^<:]*):")
_NAMED = re.compile(r'<namespace key="(-?\d+)"[^>]*>([^<]+)</namespace>')

_COMMENT = re.compile(r"<(!--)")
_SINGLE = re.compile(r"<(?:ref|references|gallery|section|nowiki)\b[^<>]*/>", re.IGNORECASE)
_ELEMENT = re.compile(
    r"<(ref|math|chem|ce|gallery|timeline|syntaxhighlight|source|code|pre|imagemap|score|hiero|templatestyles|graph|table)"
    r"\b[^<>]*>",
    re.IGNORECASE,
)
_BREAK = re.compile(r"<(?:br|p|hr|li|div|/p|/div|/li|/tr)\b[^<>]*>", re.IGNORECASE)
_TAG = re.compile(r"</?[a-zA-Z][^<>]*>")
_MARK = re.compile(r"\{\{|\}\}|^[ \t:*#]*\{\||^[ \t]*\|\}(?!\})", re.MULTILINE)
_VARIANT = re.compile(r"-\{((?:(?!-\{|\}-).)*)\}-", re.DOTALL)
_FLAGS = re.compile(r"\s*([A-Za-z-]*(?:\s*;\s*[A-Za-z-]+)*)\s*\|(.*)", re.DOTALL)
_RULE = re.compile(r"(?:^|;)\s*+(?:[^;|{}]*=>\s*)?(zh(?:-[a-z]+)*)\s*:", re.IGNORECASE)
_SIMPLIFIED = ("zh-hans", "zh-cn", "zh-sg", "zh-my", "zh")
_MAX_DEPTH = 10
"""The largest depth of nested conversion rules, as in MediaWiki, and of nested links."""
_HIDDEN = frozenset("HTD-")
"""Flags of ``-{...}-`` that show nothing: a rule for the page, a title, a description, the end of a rule."""
_ADDRESS = re.compile(r"\[(?:https?:|ftp:|mailto:|//)\S*+\s*+")
_URL = re.compile(r"(?:https?|ftp)://[^\s\]|<>\"]+")
_LINK = re.compile(r"\[\[([^\[\]|]*)(?:\|((?:[^\[\]]|\[(?!\[)|\](?!\]))*))?\]\]")
_LANGUAGE = re.compile(r"[a-z]{2,3}(?:-[a-z]+)*:")
_DROPPED = re.compile(r"^(?:=.*=\s*|[|!].*|[^\S\n]*__[A-Z]+__\s*)$", re.MULTILINE)
_BULLET = re.compile(r"^[*#:;\s]+", re.MULTILINE)
_QUOTES = re.compile(r"''+")
_MAGIC = re.compile(r"__[A-Z]{3,}__")

NAMES = (
    *("File", "Image", "Category", "Media"),
    *("文件", "檔案", "档案", "图像", "圖像", "媒体", "媒體", "媒体文件", "媒體檔案", "分类", "分類"),
)
"""Namespaces of links to files, media and categories: MediaWiki's own, and the Chinese names with their aliases."""
_DROPPED_KEYS = ("-2", "6", "14")  # media, files, categories


def namespaces(head: str) -> list[str]:
    """Returns the namespaces of links to files, media and categories in a dump.

    Args:
      head: the dump's text before its first page.

    Example:
      >>> namespaces('<namespace key="6" case="first-letter">Файл</namespace>')[-1]
      'Файл'
    """
    own = [html.unescape(name) for key, name in _NAMED.findall(head) if key in _DROPPED_KEYS]
    return list(dict.fromkeys((*NAMES, *own)))


def articles(pages: str, names: list[str]) -> Iterator[str]:
    """Yields the plain text of each article among whole ``<page>`` elements, without talk, user and other pages."""
    for page in _PAGE.findall(pages):
        namespace = _NAMESPACE.search(page)
        title = _TITLE.search(page)
        other = namespace.group(1) != "0" if namespace else bool(title and title.group(1) in names)
        found = _TEXT.search(page)
        if other or found is None or "<redirect" in page[: found.start()]:
            continue
        text = html.unescape(found.group(1))
        if not text.lstrip().startswith("#"):  # a redirect that the dump does not mark
            yield plain(text, names)


def plain(text: str, names: list[str] | tuple[str, ...] = NAMES) -> str:
    """Returns the plain text of wiki markup, in simplified characters where the markup gives variants of Chinese.

    Args:
      text: the markup.
      names: namespaces whose links are dropped.

    Example:
      >>> plain("'''Anarchism'''{{sfn|Ward}} is a [[politics|political]] [[idea]].<ref>A book.</ref>")
      'Anarchism is a political idea.'
      >>> plain("-{H|zh-cn:软件;zh-tw:軟體}--{zh-cn:软件;zh-tw:軟體}-")
      '软件'
    """
    text = _SINGLE.sub("", _without_elements(text, _COMMENT))
    text = without_nested(_without_elements(text, _ELEMENT))
    text = _without_variants(text)
    text = _URL.sub("", _without_addresses(text))
    dropped = re.compile(rf"\s*(?:{'|'.join(map(re.escape, names))})\s*:", re.IGNORECASE)

    def shown(link: re.Match[str]) -> str:
        target, label = link.group(1), link.group(2)
        if dropped.match(target) or _LANGUAGE.match(target):
            return ""
        return target.lstrip(":") if label is None else label.rpartition("|")[2]

    for _ in range(_MAX_DEPTH):
        before, text = text, _LINK.sub(shown, text)
        if text == before:
            break
    text = _TAG.sub("", _BREAK.sub("\n", text))
    text = _BULLET.sub("", _DROPPED.sub("", _QUOTES.sub("", text)))
    return html.unescape(_MAGIC.sub("", text)).strip()


def _without_elements(text: str, opening: re.Pattern[str]) -> str:
    """Returns ``text`` without elements or comments, in one pass; one that is never closed stays."""
    kept: list[str] = []
    unclosed: set[str] = set()
    position = start = 0
    while (opened := opening.search(text, start)) is not None:
        start, name = opened.end(), opened.group(1).lower()
        closing = re.compile("-->" if name == "!--" else rf"</{name}\s*>", re.IGNORECASE)
        closed = None if name in unclosed else closing.search(text, start)
        if closed is None:
            unclosed.add(name)
            continue
        kept.append(text[position : opened.start()])
        position = start = closed.end()
    return "".join((*kept, text[position:]))


def _without_addresses(text: str) -> str:
    """Replaces each ``[address label]`` in ``text`` by its label, in one pass.

    A label is in one line: the address is in the last line before its ``]``, or ends the last earlier line with text.
    """
    parts = text.split("]")
    kept: list[str] = []
    for part in parts[:-1]:
        earlier = part[: part.rfind("\n") + 1].rstrip()
        address = _ADDRESS.search(part, len(earlier) - len(earlier.rsplit(None, 1)[-1]) if earlier else 0)
        kept += [part, "]"] if address is None else [part[: address.start()], part[address.end() :]]
    return "".join((*kept, parts[-1]))


def without_nested(text: str) -> str:
    """Returns ``text`` without templates ``{{...}}`` and tables ``{|...|}``, nested to any depth, in one pass.

    A template or table that is never closed stays, so that a typing error does not remove the rest of the article.

    Example:
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


def _without_variants(text: str) -> str:
    """Replaces each ``-{...}-`` in ``text`` by its text for readers of simplified characters, inner ones first."""
    for _ in range(_MAX_DEPTH):
        if "-{" not in text:
            break
        text = _VARIANT.sub(_variant, text)
    return text


def _variant(match: re.Match[str]) -> str:
    """Returns the text of a ``-{...}-`` for readers of simplified characters."""
    inside = match.group(1)
    flagged = _FLAGS.fullmatch(inside)
    flags = [flag.strip() for flag in flagged.group(1).split(";")] if flagged else []
    if flagged is not None and all(
        flag.isupper() or flag in ("", "-") or flag.lower().startswith("zh") for flag in flags
    ):
        inside = flagged.group(2)
        if _HIDDEN & set(flags):
            return ""
    rules = list(_RULE.finditer(inside))
    if not rules or inside[: rules[0].start()].strip():
        return inside.strip()
    ends = [rule.start() for rule in rules[1:]] + [len(inside)]
    values: dict[str, str] = {}
    for rule, end in zip(rules, ends, strict=True):
        values.setdefault(rule.group(1).lower(), inside[rule.end() : end].strip().removesuffix(";").strip())
    return next((values[name] for name in _SIMPLIFIED if name in values), next(iter(values.values())))
