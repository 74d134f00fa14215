"""Pages for the browser, as a reader that is no browser takes them."""

from __future__ import annotations

from html.parser import HTMLParser


class Reader(HTMLParser):
    """What stands in a page, and whether every element that is opened is closed in its turn."""

    EMPTY = ("meta", "br", "wbr")

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.attributes: list[tuple[str, str]] = []
        self.heads: list[dict[str, str]] = []
        """Attributes of every th."""
        self.tables: list[list[list[str]]] = []
        """Texts of the cells by table and row."""
        self.feed(page)
        self.close()
        assert not self.open

    @property
    def foreign(self) -> list[tuple[str, str]]:
        """Attributes that bring something from elsewhere or run something."""
        return [
            (name, value)
            for name, value in self.attributes
            if name == "src" or name.startswith("on") or (name == "href" and not value.startswith("#"))
        ]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        found = {name: value or "" for name, value in attrs}
        self.attributes += found.items()
        if tag not in self.EMPTY:
            self.open.append(tag)
        if tag == "table":
            self.tables.append([])
        elif tag == "tr":
            self.tables[-1].append([])
        elif tag in ("th", "td"):
            self.tables[-1][-1].append("")
        if tag == "th":
            self.heads.append(found)
        if tag == "b" and "td" in self.open:
            self.handle_data(" ")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "td" in self.open or "th" in self.open:
            self.tables[-1][-1][-1] += data.replace("\xa0", " ")
