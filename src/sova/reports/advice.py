"""What a person should do about one build, in plain words, and the text to tell others.

The text can be put into a change comment or a chat as it is: what came from outside is on one line of its own, behind
words of ours, so that it can neither begin a line (and so be a command to a bot) nor end what we say.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from dataclasses import dataclass

from sova.model import Action, Diagnosis, Verdict
from sova.reports.clean import http_url, shorten
from sova.reports.links import line_url
from sova.reports.overview import bare, headline

__all__ = ["Advice", "advise", "comment", "markdown"]

_LONGEST = 300

_ACTIONS = {
    Action.RECHECK: "Not your change: recheck.",
    Action.FIX: "Fix the change or the test.",
    Action.WAIT: "Known and being worked on: wait for the fix, then recheck.",
    Action.REPORT: "Report it: no bug is linked.",
    Action.NONE: "The failure is known, what to do about it is not written down: read the line.",
}
_TO_THE_BUG = "Report it: add this build to the bug that is linked."
_VERDICTS = {
    Verdict.PASSED: "Nothing to do: it passed.",
    Verdict.SKIPPED: "Nothing to do: it has no verdict of its own (skipped, replaced, or still running).",
    Verdict.UNKNOWN: "No pattern knows this failure: read the lines that stand out.",
    Verdict.NO_LOGS: "Nobody can tell: its logs could not be read.",
    Verdict.NO_FAILURE_SEEN: "Nothing in it looks like a failure.",
}
_AGAIN = "Its logs could not be read yet; they will be tried again."

_WORD = re.compile(r"[^\w -]+")
_MENTION = re.compile(r"(?<![\w.-])@(?=\w)")


@dataclass(frozen=True, slots=True)
class Advice:
    """What to do. `sentence` is what happened, of a log where `quoted`. `returned` says that the failure was expected
    to be gone when the build ran, `older` that the build ran before that."""

    sentence: str
    quoted: bool
    action: str
    owner: str = ""
    bug: str = ""
    note: str = ""
    fixed_since: dt.datetime | None = None
    returned: bool = False
    older: bool = False

    @property
    def tell(self) -> str:
        """Whom to tell that a failure came back."""
        return self.owner or ("those who follow the bug" if self.bug else "those who look after the pattern")


def advise(diagnosis: Diagnosis) -> Advice:
    """What to do about this build."""
    sentence, quoted = headline(diagnosis)
    reason = diagnosis.primary
    if diagnosis.verdict is not Verdict.KNOWN or reason is None:
        return Advice(sentence, quoted, _without_reason(diagnosis))
    action = _TO_THE_BUG if reason.action is Action.REPORT and reason.bug else _ACTIONS[reason.action]
    moment = diagnosis.build.start_time or diagnosis.build.time  # a build that began before the fix came has none of it
    returned = bool(reason.fixed_since and moment and moment >= reason.fixed_since)
    older = bool(reason.fixed_since and moment and moment < reason.fixed_since)
    return Advice(sentence, quoted, action, reason.owner, reason.bug, reason.note, reason.fixed_since, returned, older)


def _without_reason(diagnosis: Diagnosis) -> str:
    if diagnosis.verdict is Verdict.NO_LOGS and any(problem.may_pass for problem in diagnosis.problems):
        return _AGAIN
    return _VERDICTS.get(diagnosis.verdict, _VERDICTS[Verdict.UNKNOWN])


def comment(diagnosis: Diagnosis, page_url: str = "") -> str:
    """The build in a few lines of plain text: what failed and why, the line, what to do, bug, links.
    `page_url` is the whole address of the build's page."""
    found = advise(diagnosis)
    said = [f"Job {_quiet(_who(diagnosis))} {_how(diagnosis)}{_colon(_plain(found.sentence))}"]
    said += _if("Line: {}", _plain_line(diagnosis))
    said += [f"Next: {found.action}{_came_back(found, _plain)}"]
    said += _if("Bug: {}", _plain(found.bug))
    said += _if("Owner: {}", _plain(found.owner))
    said += _if("Note: {}", _plain(found.note))
    said += _if("Details: {}", http_url(page_url) or http_url(diagnosis.build.url) or http_url(diagnosis.build.log_url))
    return "\n".join(said) + "\n"


def markdown(diagnosis: Diagnosis, page_url: str = "") -> str:
    """The same as Markdown, for review systems and chats that show it. Text from outside stands in code spans, where
    nothing is markup."""
    found = advise(diagnosis)
    url = http_url(page_url) or http_url(diagnosis.build.url) or http_url(diagnosis.build.log_url)
    said = [f"Job **{_link(_code(_who(diagnosis)), url)}** {_how(diagnosis)}{_colon(_code(found.sentence))}", ""]
    said += _if("- Line: {}", _marked_line(diagnosis))
    said += [f"- Next: **{found.action}**{_came_back(found, _code)}"]
    said += _if("- Bug: {}", f"<{found.bug}>" if http_url(found.bug) else _code(found.bug))
    said += _if("- Owner: {}", _code(found.owner))
    said += _if("- Note: {}", _code(found.note))
    return "\n".join(said) + "\n"


def _if(form: str, text: str) -> list[str]:
    return [form.format(text)] if text else []


def _who(diagnosis: Diagnosis) -> str:
    build = diagnosis.build
    on = " ".join(filter(None, (build.change.project, build.change.branch)))
    change = shorten(build.change.name or on, 120)
    return f"{shorten(build.job_name, 120)}{f' on {change}' if change else ''}"


def _how(diagnosis: Diagnosis) -> str:
    if not diagnosis.failed:
        return diagnosis.verdict.value
    if diagnosis.verdict is Verdict.NO_LOGS:
        return "failed, logs not read"
    if diagnosis.verdict is Verdict.UNKNOWN:
        return "failed, not recognised"
    word = _WORD.sub("", diagnosis.tag)[:24]
    return f"failed ({word})" if word else "failed"


def _colon(text: str) -> str:
    return f": {text}" if text else ""


def _came_back(found: Advice, written: Callable[[str], str]) -> str:
    if not found.returned or not found.fixed_since:
        return ""
    tell = written(found.owner) if found.owner else found.tell
    return f" Expected fixed since {found.fixed_since:%Y-%m-%d}, so it has come back: tell {tell}."


def _place(diagnosis: Diagnosis) -> tuple[str, int, str]:
    """File, number and text of the line that tells the failure; "" where none is kept. The text is "" where it is the
    headline too."""
    if reason := diagnosis.primary:
        return next(((hit.file, hit.line_number, bare(hit.line)) for hit in reason.hits), ("", 0, ""))
    line, quoted = headline(diagnosis)
    for excerpt in diagnosis.excerpts if quoted else ():
        for place, text in enumerate(excerpt.lines):
            if bare(text) == line:
                return excerpt.file, excerpt.first_line + place, ""
    return "", 0, ""


def _plain_line(diagnosis: Diagnosis) -> str:
    file, number, line = _place(diagnosis)
    if not file:
        return ""
    place = " ".join(filter(None, (f"{shorten(file, 120)}:{number}", line_url(diagnosis, file, number))))
    return f"{_plain(line)} ({place})" if line else place


def _marked_line(diagnosis: Diagnosis) -> str:
    file, number, line = _place(diagnosis)
    place = _link(_code(f"{shorten(file, 120)}:{number}"), line_url(diagnosis, file, number)) if file else ""
    return f"{place} {_code(line)}".strip()


def _quiet(text: str) -> str:
    """The text with a zero-width space in each `@name`, so that a log cannot call anyone."""
    return _MENTION.sub("@\u200b", text)


def _plain(text: str) -> str:
    return _quiet(shorten(text, _LONGEST))


def _code(text: str) -> str:
    """Text as a code span; backticks become apostrophes, as not everything that shows Markdown knows how to quote
    them. "" of nothing."""
    line = shorten(text, _LONGEST).replace("`", "'")
    return f"`{line}`" if line else ""


def _link(text: str, url: str) -> str:
    """A link whose address can hold no bracket."""
    return f"[{text}](<{url}>)" if url else text
