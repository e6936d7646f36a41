"""Rules about conduct: attacks, threats, encouragement, grooming. Never about the writer themselves."""

from moderation.screening.rule import Rule, rule
from moderation.screening.signals import Axis, Risk

PEOPLE = (
    r"(?:gays?|gay people|lesbians?|trans(?:gender)?(?: people| women| men|s)?|muslims?|jews?|jewish people|christians?|"
    r"black (?:people|women|men)|blacks|asians?|immigrants?|migrants?|refugees?|latinos?|gypsies|women|disabled people|"
    r"schizophrenics?|bipolar people|borderlines?|autistics?|autistic people|mentally ill people|crazies|addicts|foreigners)"
)
VILE = r"(?:disgusting|filth|filthy|vermin|animals|subhuman|scum|parasites|dangerous animals|freaks|perverts|should (?:all )?(?:be (?:thrown out|locked up|shot|killed|gassed|deported)|die|burn)|don'?t belong|don'?t deserve|are (?:all )?(?:sick|lazy|thieves|criminals|rapists|crazy|dangerous|stupid)|(?:are )?too stupid|run the|a waste of|control the|not (?:real )?(?:people|humans?))"
INSULT = r"(?:idiot|moron|liar|fake|fraud|hypocrite|loser|cow|pig|freak|clown|bitch|biatch|asshole|arsehole|waste of space|worm|coward|cunt|scum|pathetic|disgusting|useless|dumb(?:est|ass)?|stupid|whore|slut|retard(?:ed)?|psycho|nutter|crybaby|attention (?:seeker|whore)|piece of shit|joke|trash|garbage|fatso|wanker|prick|dick(?:head)?|twat|imbecile)"
SLUR = r"(?:faggots?|fags?|trann(?:y|ies)|niggers?|niggas?|kikes?|pakis?|chinks?|spics?|wetbacks?|retards?|towelheads?)"


def conduct(
    code: str,
    sentence: str,
    *patterns: str,
    yes: tuple[str, ...],
    no: tuple[str, ...] = (),
    firm: bool = False,
    level: Risk = Risk.GREEN,
) -> Rule:
    return rule(
        code, Axis.CONDUCT, sentence, patterns, hold=True, firm=firm, level=level, yes=yes, no=no
    )


RULES: tuple[Rule, ...] = (
    conduct(
        "conduct.encouragement",
        "Encourages somebody to hurt or kill themselves.",
        r"\b(?:go |just |please |now |and |should |why don'?t you )*(?:kill|hang|neck|unalive|shoot|drown|off) (?:your|ur|yo) ?self\b",
        r"\bk ?y ?s\b(?! ?(?:ltd|inc))",
        r"\b(?:go|just|please|why don'?t you|you should|u should) (?:go )?(?:and )?(?:jump (?:off|in front|from)|die\b(?! (?:of|for|from))|hang yourself|drown)",
        r"\b(?:should have|should'?ve) (?:finished the job|died|done it properly)\b|\b(?:do|does) everyone a favou?r\b|\bnobody (?:will|would) miss you\b|\bworld (?:is|would be) better (?:off )?without you\b|\bdo it already\b|\bget it over with\b",
        r"\blet'?s (?:do it|die|end it|go) together\b|\bwe (?:could|should|can) (?:do it|die|end it) together\b|\bsuicide pact\b|\bva te pendre\b|\bbring dich (?:doch |einfach )?um\b|\bwhat are you waiting for\b|\bmatate\b|\btue[- ]toi\b|\bbring dich um\b|\bse mata\b",
        yes=("Kill yourself, nobody will miss you.", "Go jump off a bridge.", "k y s"),
        no=(
            "He told me to kill myself and I can't stop crying.",
            "Please don't kill yourself, we want you here",
        ),
    ),
    conduct(
        "conduct.threat",
        "Threatens somebody.",
        r"\b(?:i'?m|i am|i'?ll|i will|gonna|going to|i swear|about to|im)\b.{0,25}\b(?:kill|stab|shoot|hurt|beat|strangle|burn|smash|break|punch|attack|murder|poison|rape)\b.{0,12}\b(?:you|u|your|ur|him|her|them|that (?:nurse|doctor|bitch)|his|their)\b(?!r?self)",
        r"\b(?:should|will|gonna|going to) burn\b.{0,30}\b(?:with (?:them|him|her|you)|down)\b.{0,40}\b(?:in it|i will)\b",
        r"\b(?:find|know|found) (?:out )?where you live\b|\bwatch your back\b|\bone eye open\b|\byou'?ll (?:regret|pay for) (?:this|that|it)\b|\byou(?:'?re| are) dead\b|\bcoming (?:for|after) you\b|\b(?:got|have) a (?:knife|gun)\b.{0,40}\b(?:for|coming)\b.{0,20}\b(?:nurse|doctor|you|him|her|them)\b",
        yes=(
            "I will kill you if you talk to her again.",
            "I'm going to find out where you live and hurt you.",
        ),
        no=("My mum is going to kill me when she sees this",),
    ),
    conduct(
        "conduct.insult",
        "Insults another person.",
        rf"\b(?:you|u|your|ur|you'?re|youre|ya)\b(?:'?re| are| r)?(?: such| just| nothing but| really| a| an| the| so| fucking| bloody| total| complete| absolute| little| f\w*ing| \w+)? ?(?:a |an )?(?:fucking |bloody |total |little |lazy |fat |ugly |stupid |whiny )?{INSULT}\b(?! (?:to (?:me|hear)|with|about it))",
        rf"\bwhat an? (?:\w+ )?{INSULT}\b(?! (?:i|of me|my|day))|\byou {INSULT}\b|\b{INSULT},? (?:shut up|get lost|go away)\b",
        r"\b(?:shut (?:up|your)|get lost|fuck (?:you|off|u)|go to hell|piss off|screw you|nobody (?:likes|cares about|wants) you\w*|nobody asked you|go cry|stop whining|grow up and)\b(?!,? you'?re (?:kidding|joking))",
        r"\bferme[- ]la\b|\bferme ta\b|\bhalt die (?:klappe|fresse)\b|\bcallate\b|\bcala a boca\b|\b(?:eres|sos) (?:un |una )?(?:idiota|imbecil|estupid\w|mierda)\b|\btu es (?:un |une )?(?:idiote?|connard|nul\w*|con)\b|\bdu bist (?:ein |eine )?(?:idiot|dumm|arschloch|nichts)\b|\bseu (?:idiota|imbecil)\b",
        yes=(
            "What an idiot you are, Sam. Get lost.",
            "you are a fucking idiot",
            "go cry somewhere else you whiny loser",
        ),
        no=(
            "I'm such an idiot",
            "You are not useless at all",
            "Shut up, you're kidding! That's great",
        ),
    ),
    conduct(
        "conduct.hate",
        "Speaks hatefully of a group of people.",
        rf"\b{PEOPLE}\b.{{0,20}}\b(?:are|is|should|belong|don'?t|make me|need to)\b.{{0,25}}{VILE}",
        rf"\b(?:i hate|kill all|fuck|fucking|disgusting|filthy|dirty|stupid) {PEOPLE}\b",
        rf"\b{PEOPLE}\b.{{0,12}}{VILE}|\b(?:you|those|these|that|all|dirty|fucking|stupid|bunch of) {SLUR}\b|\b{SLUR} (?:should|are|like you)\b|\b{SLUR}\b",
        r"\b(?:go|get) back to (?:your|where you)\b.{0,15}\b(?:country|came from)\b",
        yes=(
            "Gay people are disgusting and don't belong in this forum.",
            "Muslims should all be thrown out of this country.",
        ),
        no=(
            "Saying that gay people are sick is wrong and I won't stand for it here.",
            "Are there any groups for Latino dads?",
        ),
    ),
    conduct(
        "conduct.grooming",
        "Asks for pictures, age, secrecy or a place away from moderators.",
        r"\b(?:send|show) me (?:a |an |some |your )?(?:\w+ )?(?:pics?|pictures?|photos?|nudes?|selfies?)\b|\b(?:just )?between us\b|\bour (?:little )?secret\b|\bdon'?t tell (?:the (?:mods?|moderators?|team)|anyone|your (?:mum|mom|parents|therapist))\b",
        r"\bhow old are you\b.{0,30}\b(?:alone|single|pretty|cute)\b|\bare you (?:home )?alone\b.{0,25}\b(?:\?|cam|call)|\bwithout the (?:mods|moderators|staff)\b|\b(?:sexy|horny|cyber ?sex|sext\w*|wanna see (?:my|your))\b|\bi could (?:visit|pick you up)\b|\bmeet (?:me |up )?(?:alone|in private|somewhere private|at my place)\b|\bcome to my (?:place|house|flat)\b",
        yes=("Send me a pic of yourself, just between us.",),
        no=("I showed my therapist a picture of my dog",),
    ),
    conduct(
        "conduct.money",
        "Asks for money, sells something, or advertises.",
        r"\b(?:lend|send|transfer|wire|give) me (?:some |the )?(?:money|cash|\d+ ?(?:pounds|euros?|dollars|bucks|quid))\b|\bpaypal me\b|\bcash ?app\b|\bcrypto(?:currency)? (?:investment|signals|trading)\b|\b(?:buy|order) (?:\w+ ){0,3}(?:followers|viagra|xanax|pills) (?:online|here|now)\b|\bclick (?:here|this link|the link)\b|\bearn \$?\d+\b.{0,20}\b(?:day|week|home)\b|\bonlyfans\b|\bfree trial\b.{0,20}\bsign up\b|\bwho selling\b",
        yes=("Lend me 50 pounds, I'll pay you back",),
        no=("I gave my landlord the money",),
    ),
    conduct(
        "conduct.ed_tips",
        "Gives tips, numbers or praise that feed an eating disorder.",
        r"\b(?:thinspo\w*|meanspo\w*|pro ?-?(?:ana|mia)|ana (?:tips|buddy|buddies|coach)|mia (?:tips|buddy)|thigh ?gap goals?|bonespo)\b",
        r"\b(?:tips?|tricks?|how) (?:to|for) (?:purg\w+|hid(?:e|ing) (?:food|weight)|not eat\w*|fast\w* for \d+|starv\w+|throw(?:ing)? up)\b|\b(?:goal weight|gw|ugw|cw)\b.{0,15}\b\d{2,3}\b|\bonly (?:\d{2,3}|five hundred) (?:kcal|cal(?:orie)?s?) (?:a|per) day\b.{0,20}\b(?:try|works|do it)\b",
        yes=(
            "looking for an ana buddy, thinspo welcome",
            "Tips for hiding food from your parents?",
        ),
        no=("Ate lunch today and I'm proud of it",),
        firm=True,
        level=Risk.AMBER,
    ),
)
