"""Rules about what would tell who somebody is, or lead away from here. They point at the part."""

from moderation.screening.rule import Rule, rule
from moderation.screening.signals import Axis

DIGIT = r"(?:zero|oh|one|two|three|four|five|six|seven|eight|nine|double|\d)"
SERVICE = r"(?:snap(?:chat)?|insta(?:gram)?|telegram|whats ?app|kik|discord|signal|facebook|fb|tiktok|skype|wechat|messenger|reddit|twitter)"


def private(
    code: str,
    kind: str,
    sentence: str,
    *patterns: str,
    yes: tuple[str, ...],
    no: tuple[str, ...] = (),
) -> Rule:
    return rule(code, Axis.PRIVACY, sentence, patterns, firm=True, spans=kind, yes=yes, no=no)


RULES: tuple[Rule, ...] = (
    private(
        "privacy.phone",
        "phone number",
        "Contains a phone number.",
        r"(?<![\w.:/-])\+?\(?\d{2,5}\)?(?:[ .\-/]{0,2}\d{2,5}){2,5}(?![\w:/-])",
        rf"\b{DIGIT}(?:[ ,-]{{1,2}}{DIGIT}){{6,14}}\b",
        yes=("call me on 07700 900123", "oh seven seven oh oh nine oh oh one two three"),
        no=("I scored 12 on the PHQ and 9 on the GAD", "We meet 10-12 on 24 November 2026"),
    ),
    private(
        "privacy.email",
        "e-mail address",
        "Contains an e-mail address.",
        r"[a-z0-9._%+-]{1,64}@[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63}){1,4}",
        r"\b[a-z0-9._-]{2,40} ?(?:\(at\)|\[at\]| at ) ?(?:gmail|hotmail|outlook|yahoo|icloud|proton\w*|gmx|web)(?: ?(?:\(dot\)|\[dot\]|\.| dot ) ?[a-z]{2,4})?\b",
        yes=("write to heron@people.example", "heron at gmail dot com"),
        no=(),
    ),
    private(
        "privacy.handle",
        "account name",
        "Names an account elsewhere.",
        rf"\b(?:add|message|dm|text|find|follow|hit) me (?:up )?on (?:my )?{SERVICE}\b(?:.{{0,30}}\b(?:is|name'?s?|:)\s*\S{{2,40}})?",
        rf"\bmy {SERVICE}(?: name| handle| id| is|:)+ ?@?[\w.]{{2,40}}|\b(?:on|via) {SERVICE}[: ]+@[\w.]{{2,40}}|(?<![\w@])@[a-z0-9_.]{{3,30}}\b",
        yes=("Add me on snap, my name is hotguy4u", "my insta is @paper_kite", "I am @paper_kite."),
        no=("I deleted Instagram and feel better",),
    ),
    private(
        "privacy.link",
        "link",
        "Contains a link to another site.",
        r"\bhttps?://\S{3,300}|\bwww\.[a-z0-9-]{2,63}\.\S{2,200}|\b[a-z0-9-]{2,63}\.(?:com|org|net|io|me|co|uk|de|fr|xyz|info|link|gg)/\S{1,200}",
        yes=("look at https://evil.example/x", "discord.gg/abc"),
        no=("e.g. this and that", "Dr. Smith said so"),
    ),
    private(
        "privacy.address",
        "address",
        "Contains a street address.",
        r"\b(?:i live at|i'?m at|my address is|come to|flat|apartment) ?(?:\d{1,4}[a-z]?,? )(?:[a-z]+ ){0,2}(?:street|st|road|rd|avenue|ave|lane|ln|drive|close|way|square|gardens|court|terrace)\b|\b\d{1,4}[a-z]? (?:[a-z]+ ){1,2}(?:street|road|avenue|lane|drive|crescent|terrace)\b|\b[a-z]{1,2}\d{1,2}[a-z]? ?\d[a-z]{2}\b",
        yes=("I'm at 12 Harbour Street, come", "my postcode is SW1A 1AA"),
        no=("We walked along the street",),
    ),
    rule(
        "privacy.asks",
        Axis.CONDUCT,
        "Asks for contact data, bank data, or to meet away from here.",
        (
            r"\b(?:give|tell|send) me your (?:\w+ ){0,2}(?:number|address|e-?mail|real name|full name|insta\w*|snap\w*|details|password|card)\b",
            r"\bwhat(?:'?s|s| is) (?:your|ur) (?:phone |mobile |home |e-?mail )?(?:number|address|real name|full name|snap|insta)\b",
            r"\bwhere (?:exactly )?do you live\b|\bwhich school\b.{0,12}\bgo to\b",
            r"\bmeet me (?:at|in|behind|outside)\b.{0,20}\b(?:my (?:flat|place|house|car|home)|instead of)\b|\bi(?:'?ll| can| could) (?:get|sell) you\b.{0,20}\b(?:medication|pills|meds|weed|tablets)\b",
        ),
        hold=True,
        yes=("Give me your phone number and I'll call you", "meet me at my flat instead"),
        no=("What's your favourite number?",),
    ),
)
