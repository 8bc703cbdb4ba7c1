"""A protocol together with what the site has settled: the one thing that dosing and visits ask.

A question is answered by the site file; else by what the protocol assumes; else it is open and whoever needs it
refuses, naming the question and who can answer it (R8).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from dosecalc.errors import Refusal, refuse
from dosecalc.protocol.model import NOT_STATED
from dosecalc.text import msg

if TYPE_CHECKING:
    from dosecalc.protocol.dose_rule import Answer
    from dosecalc.protocol.model import Assumption, Encounter, Protocol, Window
    from dosecalc.protocol.site import Site, SiteLevel, SiteProtocol

DEFAULT_TIMEZONE = "Asia/Shanghai"
ROLES = {
    "principal investigator": msg("principal investigator"),
    "trial pharmacist": msg("trial pharmacist"),
    "sponsor": msg("sponsor"),
    "study nurse": msg("study nurse"),
}

WINDOW_READING = msg("earliest and latest are both inside the window; days are the site's local calendar days")
"""How `earliest` and `latest` are meant; it stands beside windows wherever they are handed out."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Settlement:
    """How a question stands: its answer as written, and whether the site has confirmed it."""

    code: str
    answer: str
    origin: Literal["assumed", "site"]
    confirmed: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class GapLimit:
    """How many days lie between two doses at least, or at most, and where that is written."""

    days: int
    document: str
    section: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Settled:
    """A checked protocol and the site file that goes with it, if there is one."""

    protocol: Protocol
    site: Site | None = None

    @property
    def here(self) -> SiteProtocol | None:
        """What the site file says about this protocol."""
        return self.site.protocols.get(self.protocol.id) if self.site else None

    @property
    def timezone(self) -> str:
        """The site's time zone; without a site file that of the shipped trials' sites."""
        return self.site.timezone if self.site else DEFAULT_TIMEZONE

    @property
    def confirms(self) -> bool:
        """Whether the site file can confirm anything: an example never does."""
        return self.site is not None and not self.site.example

    @property
    def verified(self) -> bool:
        """Whether somebody compared exactly this protocol file with the approved protocol (R8)."""
        here = self.here
        return bool(
            self.confirms
            and here
            and here.verified
            and self.protocol.sha256
            and here.verified.sha256 == self.protocol.sha256
        )

    def find(self, code: str) -> Settlement | None:
        """How the question `code` stands; None where it is open."""
        here = self.here
        if here and code in here.answers:
            return Settlement(code=code, answer=here.answers[code].answer, origin="site", confirmed=self.confirms)
        assumed = self.protocol.assumptions[code].assumed
        return None if assumed is None else Settlement(code=code, answer=assumed, origin="assumed", confirmed=False)

    def require(self, question: Answer) -> Settlement:
        """How the question stands.

        Raises:
            Refusal: DC301 where it is open.
        """
        found = self.find(question.answer)
        if found is None:
            raise open_question(self.protocol.assumptions[question.answer])
        return found

    def decided_levels(self, level: str) -> tuple[SiteLevel, ...]:
        """The values of a dose level that the site file states; an escalation has several."""
        here = self.here
        return here.levels[level].decided if here and level in here.levels else ()

    def window(self, encounter: Encounter) -> tuple[Window | None, Literal["stated", "site", "not_stated"]]:
        """The window round an encounter's target and whose it is; a site's window never replaces a stated one."""
        if encounter.timing is not None and encounter.timing.window != NOT_STATED:
            return encounter.timing.window, "stated"
        here = self.here
        if here and encounter.id in here.windows:
            return here.windows[encounter.id].window, "site"
        return None, "not_stated"

    def gap(self, side: Literal["least", "most"]) -> GapLimit | None:
        """The limit of the gap between doses: the stricter of the protocol's and the site's, None without any."""
        found: list[GapLimit] = []
        gaps, here = self.protocol.gaps, self.here.gaps if self.here else None
        if gaps is not None and (stated := getattr(gaps, side)) is not None:
            title = self.protocol.documents[gaps.source.document].title
            found.append(GapLimit(days=stated.days, document=title, section=gaps.source.section))
        if here is not None and (own := getattr(here, side)) is not None:
            found.append(GapLimit(days=own.days, document=here.confirmed.document, section=here.confirmed.section))
        stricter = max if side == "least" else min
        return stricter(found, key=lambda limit: limit.days, default=None)


def open_question(assumption: Assumption) -> Refusal:
    """The refusal to compute while `assumption` has no answer."""
    return refuse(
        "DC301",
        msg("{question} The protocol leaves this open", question=assumption.question),
        msg(
            "answer {code} in the site file; the {role} can supply the answer",
            code=assumption.id,
            role=ROLES[assumption.confirm_by],
        ),
    )
