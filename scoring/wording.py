"""Wording: how scores, changes and flags are spoken of, and what no text of upscore ever says. Source: method.md section 10.

A score is shown with its interval and its coverage; a change is *associated with* something, for no formula here knows causes;
where records are few the text says *insufficient evidence* and gives no number; a flag is *worth a look* and asks a person.
"""

from __future__ import annotations

import re
from typing import Final

ASSOCIATED_WITH: Final = "associated with"
INSUFFICIENT_EVIDENCE: Final = "insufficient evidence"
NO_MEASURABLE_DIFFERENCE: Final = "no measurable difference between reps"
NOT_TOLD_APART: Final = "cannot be told apart on this evidence"
PEOPLE_DECIDE: Final = "The score is one measure among others; people decide, with the records in front of them."

_MINUS: Final = "-"

_NEVER: Final = (
    # the score as judge
    r"\b(?:score|tier|rank|flag|upscore)s?\b[^.;]*\b(?:decides?|determines?|proves?|requires? (?:that|dismissal))\b(?! nothing)",
    r"\b(?:must|should|has to|have to) be (?:fired|dismissed|let go|demoted|terminated|replaced|punished|warned)\b",
    # causes, which nothing here measures
    r"\bcaused? by\b|\bbecause of\b|\bdue to\b|\bled to\b|\bleads to\b|\bresult(?:s|ed|ing)? (?:in|from)\b|\bthanks to\b",
    # people judged by a word
    r"\bunder-?perform\w*\b|\bpoor performer|\blazy\b|\bbad rep\b|\bworst rep\b|\bweak rep\b",
    # suspicion as a finding
    r"\bcheat\w*\b|\bfraud\w*\b|\bguilty\b|\bmanipulat\w+\b|\bdishonest\w*\b|\bgam(?:ed|ing)\b",
)


def never_said(text: str) -> list[str]:
    """The parts of a text that upscore must not say, in order of the rules; an empty list for a text that is fine.

    It is for tests of texts, not for users' own notes. It knows phrases, not meanings.

    >>> never_said("The score proves that r-1 cheats"), never_said("-4.2 points are associated with fewer meetings")
    (['score proves', 'cheats'], [])
    """
    return [found.group() for rule in _NEVER for found in re.finditer(rule, text, re.IGNORECASE)]


def points(value: float) -> str:
    """Points with their sign, to a tenth; what rounds to nothing has none.

    >>> points(4.25), points(-0.04), points(-12.0), points(1.0)
    ('+4.2 points', '0.0 points', '-12.0 points', '+1.0 points')
    """
    rounded = f"{abs(value):.1f}"
    sign = "" if rounded == "0.0" else _MINUS if value < 0 else "+"
    return f"{sign}{rounded} points"


def associated(value: float, cause: str) -> str:
    """What a part of a change says: so many points, and what they go together with.

    >>> associated(-4.2, "fewer meetings")
    '-4.2 points are associated with fewer meetings'
    """
    return f"{points(value)} are {ASSOCIATED_WITH} {cause}"


def scored(score: float, low: float, high: float, coverage: float) -> str:
    """A score, never without its interval and its coverage.

    >>> scored(61.4, 55.0, 67.1, 0.93)
    '61.4 (80 % interval 55.0 to 67.1, evidence for 93 % of the weights)'
    """
    return f"{score:.1f} (80 % interval {low:.1f} to {high:.1f}, evidence for {_percent(coverage)} of the weights)"


def insufficient(coverage: float, gate: float) -> str:
    """Why there is no score.

    >>> insufficient(0.4, 0.6)
    'insufficient evidence: records for 40 % of the weights, a score needs 60 %'
    """
    return f"{INSUFFICIENT_EVIDENCE}: records for {_percent(coverage)} of the weights, a score needs {_percent(gate)}"


def ranked(best: int, worst: int, of: int) -> str:
    """A rank, always as the interval that the evidence leaves.

    >>> ranked(3, 9, 30), ranked(1, 30, 30)
    ('rank 3 to 9 of 30', 'any rank of 30: cannot be told apart on this evidence')
    """
    if (best, worst) == (1, of):
        return f"any rank of {of}: {NOT_TOLD_APART}"
    return f"rank {best} to {worst} of {of}"


def worth_a_look(seen: str) -> str:
    """What a flag says: what was seen, and that a person should ask.

    >>> worth_a_look("27 records were changed within 10 minutes")
    'Worth a look: 27 records were changed within 10 minutes. There may be a good reason: please ask. No score changes by this.'
    """
    return f"Worth a look: {seen}. There may be a good reason: please ask. No score changes by this."


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"
