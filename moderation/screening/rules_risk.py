"""Rules about danger. They read one sentence of folded text: lower case, no accents, no disguises.

Sources of the distinctions: Columbia scale categories (wish to be dead, ideation, method, intent,
plan, behaviour) and the four ReachOut levels. Each rule carries its own cases; tests run them.
"""

from moderation.screening.rule import Rule, rule
from moderation.screening.signals import Axis, Risk

KILL = (
    r"(?:kill(?:ing)? (?:my|me) ?self|end(?:ing)? ?(?:my (?:own )?life|it all|things for good|it(?! (?:with|up))\b)|"
    r"tak(?:e|ing) my (?:own )?life|commit(?:ting)? suicide|suicid(?:e|ing)|"
    r"(?:unaliv(?:e|ing)|delet(?:e|ing)|off(?:ing)?|neck(?:ing)?|top(?:ping)?|hang(?:ing)?|shoot(?:ing)?|drown(?:ing)?) my ?self|"
    r"jump(?:ing)? (?:off|in front|from)|do(?:ing)? myself in)"
)
MEDS = r"(?:pills?|tablets?|meds|medications?|medicine|paracetamol|tylenol|antidepressants?|sleepers|painkillers|insulin|bottle|blister|pack(?:et)?s?|tabs)"
WHEN = (
    r"(?:tonight|today|tomorrow|2nite|2night|tonite|this (?:evening|afternoon|morning|weekend|week)|"
    r"(?:on|next|by|before|after|this) (?:mon|tues|wednes|thurs|fri|satur|sun)day|next week|"
    r"in (?:an hour|a few (?:hours|minutes|days)|\d+ (?:minutes|hours|days))|right now|soon|"
    r"after (?:work|school|the|my)|when (?:he|she|they|everyone|everybody|my|the|nobody|no ?one))"
)
GOING = r"(?:i'?m|i am|im|i will|i'?ll|gonna|going to|about to|will|plan(?:ning)? (?:to|on)|decided to|ready to|want to|wanna)"

RED, CRISIS, AMBER = Risk.RED, Risk.CRISIS, Risk.AMBER


def risk(
    code: str,
    level: Risk,
    sentence: str,
    *patterns: str,
    yes: tuple[str, ...],
    no: tuple[str, ...] = (),
    hold: bool = False,
    firm: bool = False,
) -> Rule:
    return rule(
        code, Axis.RISK, sentence, patterns, level=level, hold=hold, firm=firm, yes=yes, no=no
    )


RULES: tuple[Rule, ...] = (
    risk(
        "risk.intent_now",
        CRISIS,
        "Says they will act, and when.",
        rf"\b{GOING}\b.{{0,25}}{KILL}.{{0,40}}\b{WHEN}\b",
        rf"\b{WHEN}\b.{{0,30}}\b{GOING}\b.{{0,20}}{KILL}",
        rf"{KILL}.{{0,12}}\b(?:tonight|2nite|2night|tonite|tomorrow|right now)\b",
        rf"\b(?:i will|i'?ll|gonna|going to) be (?:dead|gone for good)\b|\b{WHEN}\b.{{0,20}}\bi (?:will|'?ll) be (?:dead|gone)\b",
        r"\b(?:tonight|today|tomorrow)(?:'s| is| will be) (?:the (?:night|day|end)|it\b)",
        r"\bafter (?:the|this) (?:weekend|week|month)\b.{0,12}\bi won'?t be (?:here|around)\b|\bno more (?:me|pain)\b.{0,20}\b(?:tonight|tomorrow|after)\b|\bi'?ve decided\b.{0,40}\b(?:die|dead|end|gone|do it)\b|\b(?:my mind is made up|made up my mind)\b.{0,40}\b(?:die|dead|end|do it|won'?t be)\b",
        r"\b(?:won'?t|will not|wont) be (?:here|around|alive) (?:after|by|tomorrow|much longer|anymore|any more)\b(?!.{0,20}\b(?:work|office|meeting|group|workshop|session|holiday|late|forum)\b)",
        r"\b(?:it'?s|its|it is|this is) (?:happening|going to happen|all (?:going to be )?over|over) (?:tonight|today|tomorrow|soon|this (?:evening|weekend|week))\b(?!.{0,25}\b(?:workshop|meeting|group|session|party|wedding)\b)",
        r"\b(?:spend(?:ing)?|spent|is|this is|this will be|tonight is|today is|tomorrow is|be) my (?:very )?last (?:day|night|hours?|evening|sunset|weekend)\b(?!.{0,25}\b(?:at|of|in|on|with) (?:the |my |this |our )?(?:work|job|school|course|holiday|office|group|ward|vacation|week|home|city|country|company|term|hospital)\b)",
        r"\b(?:don'?t|nothing (?:can|will)|nobody (?:can|will)|can'?t|too late to) (?:try (?:to|and|n) )?(?:stop|save|change) (?:me|my mind)\b.{0,40}\b(?:late|done|goodbye|die|end|tonight|over)\b|\b(?:my mind is|i'?ve|i have) made up my mind\b.{0,30}\b(?:late|over|tonight)\b",
        yes=(
            "I'm going to kill myself tonight.",
            "Tomorrow morning I will be dead.",
            "I'll wait a few more hours, but it is happening tonight.",
            "I have come to the lake to spend my last day.",
        ),
        no=(
            "I'm going to end it with my boyfriend tonight.",
            "I won't be here after work, see you at the meeting",
            "Today is my last day at work",
            "It's happening tonight: our workshop at eight",
        ),
    ),
    risk(
        "risk.plan",
        CRISIS,
        "Has a plan, a place or a date.",
        rf"\b(?:my|a|the) plan is to\b.{{0,40}}(?:do it|jump|die|\bend\b|{KILL})",
        r"\b(?:picked|chosen|set|decided on)\b.{0,20}\b(?:bridge|date|spot|cliff)\b(?!.{0,40}\b(?:wedding|meet|workshop|picnic|venue|party|holiday)\b)",
        r"\bi know (?:exactly )?(?:how|where|when)\b.{0,25}\b(?:end (?:it|my)|do it|die|kill)\b",
        r"\b(?:standing|sitting|stood|sat|i'?m|i am) (?:on|at|near|by) (?:the |a )?(?:edge|ledge|roof|bridge|tracks?|cliff|railing)\b(?!.{0,20}\b(?:photo|view|picnic|of my seat)\b)",
        r"\b(?:before|after|once) i (?:do (?:this|it)|go through with)\b",
        yes=(
            "My plan is to do it when my flatmate leaves for work on Tuesday.",
            "I'm standing on the bridge",
        ),
        no=("We picked a date for the wedding",),
    ),
    risk(
        "risk.means",
        CRISIS,
        "Has the means at hand.",
        rf"\b(?:have|got|bought|sav(?:ed|ing)(?: up)?|stockpil\w*|collect(?:ed|ing)|lined up|counted|hav)\b.{{0,22}}\b(?:a rope|the rope|a noose|noose|gun|rifle|pistol|bullets|razor ?blades?|helium|(?:enough|all)(?: my| the)?(?: \w+)? {MEDS})\b(?!.{{0,60}}\b(?:pharmac|handed|gave|away|safe|prescri|morning)\w*)",
        rf"\b(?:bought|sav(?:ed|ing)(?: up)?|stockpil\w*|collect(?:ed|ing)|lined up|counted|hoard\w*)\b.{{0,22}}\b(?:the|my)(?: \w+)? {MEDS}\b(?!.{{0,60}}\b(?:pharmac|handed|gave|away|safe|prescri|morning)\w*)",
        r"\b(?:gun|pistol|rifle|barrel)\b.{0,60}\b(?:(?:up )?to|in|against) my (?:mouth|head|temple|chest)\b",
        r"\b(?:tempted|thinking|going|about|trying|started|went) (?:to |of |about )?(?:look(?:ing)?|search(?:ing)?|find(?:ing)?|get(?:ting)?|buy(?:ing)?|fetch(?:ing)?) (?:for )?(?:my |a |the )?(?:\w+ )?(?:guns?|pistol|rifle|noose|rope)\b(?!.{0,20}\b(?:swing|climb|boat|tent)\w*)",
        r"\bif (?:this|it|that) (?:doesn'?t|does not) work\b.{0,20}\b(?:rope|gun|knife|bridge|train|pills|blade)s? will\b",
        r"\bi (?:have|hav|got) (?:the|my|enough) (?:pills|pils|tablets) (?:ready|redy)\b|\b(?:pills|pils|tablets|meds|gun|rope|knife|blade)s?\b.{0,20}\b(?:are |is )?(?:ready|lined up|loaded|in front of me|next to me|beside me)\b",
        r"\b(?:pills|tablets|gun|rope|knife)s? (?:right )?here\b|\b(?:i have|got) the (?:tablets|pills|rope|gun|knife)\b|\btook the blades? out\b",
        yes=(
            "I've been saving up my tablets for weeks and I have enough now.",
            "the pills are lined up in front of me",
        ),
        no=(
            "I collected my tablets from the pharmacy this morning",
            "I have hopes for the pills I am taking",
            "Have you been on the same meds for years?",
        ),
    ),
    risk(
        "risk.attempt",
        CRISIS,
        "Something has happened, or is happening now.",
        rf"\b(?:took|taken|swallowed|swallowing|downed|ate|popped|taking)\b.{{0,30}}\b(?:all|whole|entire|every|too many|way too|handful|\d{{2,}})\b.{{0,35}}\b{MEDS}\b(?!.{{0,20}}\b(?:prescri|as told|years? ago)\b)",
        r"\b(?:took|taken|swallowed|downed)\b.{0,15}\b(?:the whole (?:bottle|pack|box|lot|thing)|all of them|everything in the|them all|too (?:much|many))\b",
        rf"\b(?:took|swallowed|taking) all (?:the|my)(?: \w+)? {MEDS}\b",
        r"\b(?:i(?:'?ve| have)?(?: just)?|just) (?:over ?dosed|od'?d|od)\b(?!.{0,30}\b(?:years?|when i was|back in)\b)|\btook an over ?dose\b(?!.{0,30}\b(?:years?|when i was|back in)\b)",
        r"\b(?:tried|attempted) (?:to )?(?:kill myself|hang myself|end (?:it|my life)|take my (?:own )?life|overdose)\b.{0,40}\b(?:last night|today|yesterday|this (?:morning|week|evening)|an hour|hours? ago|days? ago|just now)\b|\battempted (?:again )?(?:last night|today|yesterday|this morning)\b",
        r"\b(?:pills?|tablets|overdose|od) (?:just |only )?(?:cause[sd]?|gave me|made me)\b.{0,30}\b(?:cramps?|sick|chills|vomit\w*)\b|\bi failed (?:at )?(?:to (?:die|kill)|suicide|again at (?:dying|it))\b|\bmy (?:suicide )?attempt (?:failed|didn'?t work)\b",
        r"\b(?:noose|rope|belt)\b.{0,15}\b(?:around|round) my neck\b|\bgun (?:in|to|at) my (?:mouth|head)\b|\bblood everywhere\b|\bblood all over me\b|\bwon'?t stop bleeding\b|\bisn'?t stopping\b.{0,10}\bi did it\b|\bcut my wrists\b",
        r"\b(?:engine|car) (?:is )?(?:on|running)\b.{0,40}\b(?:garage|hose)\b|\bhe took pills\b|\bshe took pills\b|\b(?:says|said) (?:he|she|they)(?:'?s|'?ve| has| have)? (?:took|taken|swallowed) (?:pills|tablets|an overdose|all)\b",
        yes=(
            "I've just taken the whole bottle.",
            "I swallowed all my sleeping tablets an hour ago.",
            "I have the noose around my neck while typing this",
        ),
        no=("I took my tablets as prescribed", "I overdosed when I was 19, years ago"),
    ),
    risk(
        "risk.goodbye",
        CRISIS,
        "Says goodbye in a final way.",
        r"\b(?:goodbye|good ?bye|farewell|so long)\b.{0,20}\b(?:everyone|everybody|forever|world|all of you|all|cruel)\b(?!.{0,40}\b(?:see you|until|next (?:week|time)|thursday|monday|tomorrow|have a)\b)",
        r"\bthis is (?:my )?(?:goodbye|farewell|the end(?: of me)?|my last (?:post|message))\b|\bmy (?:last|final) (?:post|message|words|goodbye)\b(?!.{0,12}\b(?:week|month|year|group|was)\b)",
        r"\b(?:by the time|when) (?:you|anyone|someone|they)\b.{0,20}\b(?:read|see|find)s? this\b.{0,20}\b(?:gone|dead|won'?t be)\b",
        r"\b(?:when|after|once) i'?(?:m| am) (?:gone|dead|not here (?:any ?more))\b",
        r"\b(?:look after|take care of) (?:my|each other|him|her)\b.{0,40}\b(?:i'?m gone|without me|not here)\b",
        r"\b(?:wrote|written|writing|finished|left)\b.{0,20}\b(?:suicide|goodbye|farewell) (?:note|letter)s?\b|\b(?:suicide|goodbye) (?:note|letter)s? (?:is|are) (?:written|done|ready)\b",
        r"\btell my (?:\w+ )?(?:daughter|son|kids?|mum|mom|dad|wife|husband|family|children)\b.{0,20}\b(?:loved?|sorry)\b|\b(?:bye|goodbye) forever\b|\bi won'?t (?:be able to )?see (?:it|your repl\w+)\b|\bdon'?t blame yoursel(?:f|ves)\b|\bi'?m sorry i wasn'?t stronger\b|\bforgive me for what i'?m (?:about|going) to\b",
        r"\b(?:leave|leaving|write|writing) (?:a|my|the|no|any) (?:last )?(?:note|letter)\b.{0,25}\b(?:yet or not|or not|behind|for (?:my|them)|probably (?:won'?t|wont|not)|when i)\b(?!.{0,25}\b(?:postman|neighbou?r|teacher|fridge|boss)\b)",
        yes=(
            "Goodbye everyone. You were all kind to me.",
            "By the time you read this I'll be gone.",
        ),
        no=("Goodbye everyone, see you next week!",),
    ),
    risk(
        "risk.method_seeking",
        CRISIS,
        "Asks how one could die. Others should not read an answer.",
        r"\b(?:least painful|painless|quick(?:est)?|easi(?:est|er)|peaceful|best|fastest|surest|reliable)\b.{0,20}\b(?:way|method|means)\b.{0,25}\b(?:to die|kill (?:my|your)self|end (?:it|my|your)|suicide|to go\b|that doesn'?t hurt|without pain)",
        rf"\bhow (?:many|much)\b.{{0,35}}\b(?:{MEDS}|mg|dose)\b.{{0,45}}\b(?:die|kill|fatal|lethal|not wake|overdose|to end|never wake)\b",
        r"\bhow (?:do|can|could|would) (?:i|one|you|people) (?:best )?(?:kill (?:my|your|them)sel|die without|end (?:my|your) life|hang)\b|\b(?:which|what) (?:of my )?(?:meds|pills|tablets|medication)\b.{0,40}\b(?:dangerous|together|kill|deadly)\b|\b(?:partner|someone|buddy) to (?:go|die) with\b|\blethal dose of\b|\bhow (?:high|long|deep|fast|cold)\b.{0,40}\bto die\b",
        yes=(
            "What's the least painful way to die?",
            "does anyone know a quick method that doesn't hurt",
        ),
        no=("What's the quickest way to the clinic?",),
        hold=True,
        firm=True,
    ),
    risk(
        "risk.ideation",
        RED,
        "Speaks of killing themselves or wanting to be dead.",
        rf"\b(?:want(?:ed|s|ing)?|wanna|wish(?:ing)?|need|ready|going|gonna|might|should|could just|will|feel like|thoughts? (?:of|about)|thinking|think (?:of|about)|thnking|thinkin|considering|plan(?:ning)?|dream(?:ing)? of|urge to|about|abt|just|must|have to|had to|tempted to|before i|until i|rather|ready|commit to|brink of|feel like)\b.{{0,25}}{KILL}",
        r"\bi (?:\w+ ){0,3}(?:would|should|could|will|must|can'?t|cannot) (?:\w+ ){0,2}(?:have )?(?:committed|commit|kill(?:ed)?|end(?:ed)?) (?:suicide|myself|my life|it all)\b",
        r"\bfantasi[sz]\w* (?:of|about) (?:death|dying|my (?:own )?(?:death|funeral)|being dead|suicide)\b|\bimagin\w+ my (?:own )?(?:death|funeral)\b|\bwish to die\b",
        r"\b(?:suicid(?:e|al)|self[ -]?harm) and (?:suicid|self[ -]?harm)\w*(?: \w+)? thoughts?\b|\bsuicid(?:e|al) and self[ -]?harm\b",
        r"\b(?:haven'?t|have not|hadn'?t|didn'?t|don'?t|never|just|if i) (?:just )?(?:had|have|got|find|found) the (?:balls|courage|guts|nerve|strength|bottle) to (?:just )?(?:pick up|pull|swallow|take|do it|jump|go through|end|kill|cut deep|use)\b",
        r"\b(?:i|just|really|only|part of me|kinda|still|jus|and|so) (?:\w+ ){0,2}(?:wants?|wanna|wnat|wana|need|wish|hope|pray|long)(?: to| 2| i(?: could| would| was| were)?)? (?:\w+ ){0,2}(?:die|dead|not (?:exist|be here|be alive|wake up)|never wake up|cease to exist|stop existing)\b",
        r"\b(?:want|wnat|wana|wanna|wan) (?:2|to|too)? ?(?:die|be dead)\b|\bwanttodie\b|\bkillmyself\b|\bwannadie\b|\biwanttodie\b|\benditall\b|\bendmylife\b",
        r"\bi(?:'?m| am| feel|'?ve been|'?ve felt)? (?:\w+ ){0,2}(?:suicidal|sucidal|suicdal|suidical)\b|\bfeel(?:ing?|in) (?:suicidal|suicdal|sucidal)\b|\bsuicid(?:e|al) (?:\w+ )?(?:thoughts?|ideation|urges?|feelings?|again|keeps)\b|(?<!asking )\babout suicid(?:e|al)\b|\bsuicide (?:is|keeps|seems|looks)\b|\bsi is (?:bad|back|loud)\b",
        r"\b(?:kms|ctb|catch(?:ing)? the bus|sewer ?sli?de\w*|kermit sewer\w*|self[ -]?delet\w+|unaliv\w*|toaster bath|forever (?:sleep|nap|box)|sleep(?:ing)? forever|no more me|kick the bucket|end my (?:suffering|pain|misery))\b",
        r"\bkill(?:in|ing)? (?:my|me) ?s(?:elf|lef|efl)\b|\bmyslef\b|\bki(?:ll|11|l1) (?:my|me)[ -]?self\b|\bkil(?:l|in|ing|ling)? (?:my|me) ?self\b",
        r"\bi(?:'?ve| have) (?:\w+ )?wanted to (?:die|be dead|kill myself)\b.{0,40}\b(?:for|since)\b",
        r"\btaking all the pills\b|\bgo(?:ing)? to sleep forever\b|\bbridge\b.{0,12}\bno more pain\b|\bknife on my wrist\b",
        yes=(
            "I want to die.",
            "I've been thinking about killing myself a lot this week.",
            "might just self delete tbh",
        ),
        no=("I wanted to kill the engine",),
    ),
    risk(
        "risk.passive",
        RED,
        "Wishes not to be alive, without an act.",
        r"\b(?:fall|go(?:ing)? to|be) (?:a)?sleep\b.{0,15}\b(?:and )?(?:not|never) wak\w+\b|\b(?:wish|hope|hoping|wished) i (?:\w+ )?(?:wouldn'?t|won'?t|didn'?t|don'?t|never) (?:wake|woke|have to wake)\b",
        r"\b(?:don'?t|do not|no longer|can'?t|dont|didn'?t) (?:really |even )?(?:want|wanna|wana|wish)(?: to)? (?:live|exist|be (?:here|alive|around)|go on|continue|wake up)\b(?: any ?more| anymroe| any longer)?",
        r"\bnot sure i want to be (?:around|here|alive)\b|\bidw2 (?:live|be)\b|\bidk if i want to (?:live|be here)\b",
        r"\bwouldn'?t mind if\b.{0,25}\b(?:hit me|died|killed me|didn'?t wake)\b|\b(?:hit by|in front of|under) a (?:bus|car|train|truck|lorry)\b.{0,20}\b(?:would|relief|fine|problem|tomorrow)?",
        r"\bbetter off (?:dead|without me|if i (?:was|were|wasn'?t|weren'?t))\b|\b(?:easier|happier|better) (?:for everyone )?(?:without me|if i (?:was|were) (?:gone|dead|not here))\b|\bif i (?:was|were) (?:gone|dead|never born)\b|\bwish i (?:was|were) (?:dead|never born|gone|not alive)\b|\bi'?d rather be dead\b|\bhonestly i'?d rather be dead\b",
        r"\b(?:tired|sick|done) (?:of|with) (?:being alive|living|life|existing)\b|\b(?:no|any|see a|see any|what'?s the|whats the) (?:reason|point)\b.{0,12}\b(?:to live|living|being alive|in living|being here|of life|going on|to go on)\b",
        r"\b(?:disappear|vanish|be erased|cease|gone) from (?:existence|this (?:world|earth|planet)|the (?:world|earth|planet))\b|\b(?:can'?t|don'?t|do not|cannot)(?: want to)? hang (?:in there|on) (?:any ?more|any longer|much longer)\b",
        r"\b(?:no|not an?|any|a) (?:\w+ )?reason (?:left )?(?:not to|why i should(?: not|n'?t)) (?:just )?(?:die|do it|end|kill|say)\b|\b(?:nobody|no ?one) (?:will|would|wld) (?:even )?(?:care|notice|miss me|cry|mourn)\b.{0,12}\b(?:when|if|once) (?:i'?m|i am|i was|i were) (?:gone|dead)\b",
        r"\b(?:it'?s|its|it is) time for me to (?:go|leave|end)\b(?! (?:to (?:bed|work|sleep|school|the)|home|and (?:cook|sleep|get))\b)(?!.{0,30}\b(?:tomorrow|see you|later|next week|bye for now)\b)|\bmust end my (?:life|story)\b",
        r"\bcheck(?:ing)? out of (?:life|this world)\b|\bleave (?:this|the) (?:world|planet|earth)\b|\bdon'?t deserve to (?:live|be alive)\b|\bshouldn'?t be alive\b|\bgo(?:ing)? to be an angel\b|\bbe with (?:him|her|them) in heaven\b",
        yes=("I wish I could fall asleep and not wake up.", "They would be better off without me."),
        no=(),
    ),
    risk(
        "risk.ambivalent",
        RED,
        "Is held only by a condition, or cannot promise to be safe.",
        r"\b(?:if it (?:wasn'?t|weren'?t)|weren'?t it) (?:for )?.{0,30}\b(?:i'?d be (?:gone|dead)|i would (?:be (?:gone|dead)|have done))\b|\bonly (?:reason|thing) (?:that'?s |i'?m |that |keeping )?.{0,20}\b(?:alive|here|keeping me)\b",
        r"\bif this\b.{0,25}\b(?:fails|doesn'?t work|goes wrong)\b.{0,25}\b(?:not sticking around|i'?m (?:gone|done|out)|end (?:it|my)|won'?t be here)\b|\bnot sticking around\b",
        r"\b(?:can'?t|cannot|won'?t) (?:promise|guarantee|say)\b.{0,25}\b(?:safe|won'?t|not)\b|\bnot sure i (?:won'?t|can keep)\b|\bdon'?t (?:feel|think i'?m) safe (?:with|alone|from) (?:myself)?\b|\bnot safe (?:with|from|around) myself\b",
        r"\bi(?:'?m| am| do not feel| don'?t feel) not safe\b|\bi(?: know i)?'?(?:m| am) (?:really |just )?not safe\b|\b(?:were it|was it|if it were|if it was) not for\b.{0,50}\b(?:suicide|kill|dead|gone|ended)\b|\bonly reason i (?:haven'?t|have not|don'?t|didn'?t|can'?t)\b.{0,30}\b(?:this far|yet|done it|killed|ended|do it|commit\w*)\b|\bdon'?t think i(?:'?m| am)? (?:going to |gonna |will )?change my mind\b.{0,30}",
        r"\bonly thing stopping me\b|\bstopping me from (?:ending|doing|killing)\b|\bcoward to do it\b|\btoo scared to (?:do it|go through)\b",
        yes=("If it weren't for my kids I'd be gone already.", "I can't promise I'm not suicidal"),
    ),
    risk(
        "risk.self_harm",
        RED,
        "Hurts themselves, or feels a strong urge to.",
        r"\b(?:i|i'?ve|been|started|keep|kept|relaps\w+(?: and)?|just|am)\b(?: \w+){0,3} (?:cut|cutting|burn(?:ed|ing|t)?|slic(?:ed|ing)|scratch(?:ed|ing)|harm(?:ed|ing)|hurt(?:ing)?|punch(?:ed|ing)?|bang(?:ed|ing)?|carv\w+)\b.{0,16}\b(?:myself|my (?:arm|leg|wrist|thigh|skin|stomach|head|body|knuckle|hand)s?)\b",
        r"\bi (?:punch|hit|cut|burn|scratch|slice|bang)\b.{0,20}\b(?:wall|myself|my (?:arm|leg|wrist|thigh|skin|head)s?)\b.{0,40}",
        r"\b(?:started|start|been|keep|back to|relapsed (?:into|with)|urges? (?:to|for)|want to|wanna|need to|fighting)\b.{0,18}\b(?:self ?-?harm\w*|sh\b|cut(?:ting)?\b|burn(?:ing)? myself|hurt(?:ing)? myself)",
        r"\b(?:been|keep|kept|still|am|started) cutting (?:every|again|myself|my|lately|more|a lot|tonight)\b|\b(?:went|cut|cutting) too deep\b|\b(?:cut|cutting)\b.{0,12}\b(?:again|last night|too deep|deeper|every (?:day|night))\b|\bself ?-?harm(?:ed|ing)? (?:again|last night|today|yesterday)\b|\bknife\b.{0,10}\b(?:on )?my (?:wrist|arm)\b",
        r"\bblades?\b.{0,40}\b(?:can'?t put|in my hand|out of the)\b",
        yes=(
            "I've been burning my arms and hiding it under sleeves.",
            "I started self-harming again",
        ),
        no=("I cut my finger chopping onions",),
    ),
    risk(
        "risk.voices",
        RED,
        "Hears or believes something that tells them to die or hurt themselves.",
        r"\b(?:voices?|he|she|they|it|tv|radio|someone|god|devil)\b.{0,30}\b(?:tell(?:s|ing)?|say(?:s|ing)?|order(?:s|ing)?|command\w*|whisper\w*|want(?:s)?)\b.{0,15}\b(?:me )?(?:to )?(?:jump|hurt myself|kill myself|cut\b(?! (?:it|off|down|back|ties|contact|the|my hair))|walk into|harm myself|i have to die|i must die|me dead)\b",
        r"\bhear\b.{0,25}\b(?:say|saying|telling)\b.{0,15}\b(?:cut|die|jump|kill)\b",
        yes=(
            "He's in my head again telling me to jump.",
            "The TV says I have to die to save my family.",
        ),
        no=("He told me to kill it with the hammer",),
    ),
    risk(
        "risk.past_unclear",
        RED,
        "Speaks of an attempt without saying that it is long over.",
        r"\bi (?:tried|attempted)(?: to)? (?:kill myself|suicide|hang myself|end (?:it|my life)|take my (?:own )?life)\b",
        yes=("I tried to kill myself.",),
        no=("Ten years ago I tried to take my own life. Today I ran a half marathon.",),
    ),
    risk(
        "risk.other_person",
        CRISIS,
        "Somebody else may be in danger now.",
        r"\b(?:my|a|our|her|his) (?:\w+ ){0,2}(?:friend|brother|sister|mate|daughter|son|partner|flatmate|mum|dad|boyfriend|girlfriend)\b.{0,40}\b(?:posted goodbye|said goodbye|is going to kill|wants to (?:die|kill)|says (?:he|she|they)(?:'?s|'?re)? going to (?:kill|end)|took (?:pills|an overdose|tablets)|took all|is suicidal|not answering)\b",
        yes=("My friend just posted goodbye, she's in this group",),
        no=("My brother killed himself last year.",),
    ),
    risk(
        "risk.es",
        RED,
        "Spanish: speaks of dying or hurting themselves.",
        r"\b(?:quiero|quisiera|ganas de|pensando en|pienso en) (?:morir(?:me)?|matarme|suicidarme|desaparecer|quitarme la vida)\b|\bme (?:quiero|voy a|quisiera) (?:morir|matar|suicidar|quitar la vida)\b|\bsuicid(?:arme|io)\b|\bno quiero (?:seguir )?(?:viv\w+|existi\w+)|\bme (?:corte|corto|hice cortes|hago dano)\b|\bojala (?:no despertara|me muera|estuviera muert\w)",
        yes=("Quiero morirme, ya no puedo más.",),
        no=("Me muero de risa",),
    ),
    risk(
        "risk.es_now",
        CRISIS,
        "Spanish: says they will act, or have the means.",
        r"\b(?:esta noche|hoy|manana|ahora)\b.{0,25}\b(?:me voy a matar|me mato|me suicido|voy a suicidarme)\b|\bme voy a matar\b.{0,20}\b(?:esta noche|hoy|manana|ahora)\b|\bya tengo las pastillas\b|\bme (?:tome|he tomado) todas\b",
        yes=("Esta noche me voy a matar, ya tengo las pastillas.",),
    ),
    risk(
        "risk.fr",
        RED,
        "French: speaks of dying or hurting themselves.",
        r"\b(?:envie de|voudrais|veux|pense a|penser a) (?:mourir|me tuer|en finir|crever|me suicider|la mort)\b|\b(?:me |pensees? |idees? |envies? )suicid(?:er|aires?)\b|\b(?:au|du|mon|le) suicide\b|\bplus (?:envie de )?vivre\b|\bje me (?:suis )?(?:encore )?(?:scarifi|coup)e\w*\b|\bme faire du mal\b",
        yes=("J'ai envie de mourir.", "Je pense au suicide tous les jours."),
        no=("On est morts de rire",),
    ),
    risk(
        "risk.fr_now",
        CRISIS,
        "French: says they will act, or have acted.",
        r"\bje vais (?:me (?:tuer|suicider|pendre)|en finir)\b|\b(?:avale|pris) (?:toute|tous|toutes)\b.{0,20}\b(?:boite|cachets|medicaments|comprimes|pilules)\b",
        yes=("Je vais me tuer ce soir.",),
    ),
    risk(
        "risk.de",
        RED,
        "German: speaks of dying or hurting themselves.",
        r"\b(?:will|mochte|wollte|kann) (?:\w+ )?(?:nicht mehr leben|sterben|tot sein|mich umbringen|nicht mehr)\b(?: leben)?|\bum(?:zu)?bringen\b|\b(?:suizid|selbstmord)\w*|\b(?:mich|wieder) (?:\w+ ){0,2}(?:geritzt|geschnitten)\b|\bmich ritzen\b|\bmir wehtun\b|\bware? (?:lieber )?tot\b",
        yes=("Ich will nicht mehr leben.", "Ich habe mich gestern wieder geritzt."),
        no=("Ich kann das sofort machen",),
    ),
    risk(
        "risk.de_now",
        CRISIS,
        "German: says they will act, or have acted.",
        r"\bbringe? (?:ich )?mich (?:\w+ )?um\b|\balle (?:tabletten|pillen) (?:genommen|geschluckt)\b|\b(?:heute|morgen)\b.{0,15}\b(?:bringe ich mich um|springe ich)\b",
        yes=("Heute Nacht bringe ich mich um.",),
    ),
    risk(
        "risk.pt",
        RED,
        "Portuguese: speaks of dying or hurting themselves.",
        r"\b(?:quero|queria|vontade de|pensando em) (?:morrer|me matar|sumir|desaparecer|me suicidar)\b|\bsuicid(?:io|ar|ei)\b|\bnao quero (?:mais )?viver\b|\bme (?:cortei|corto|machucar|machuquei)\b",
        yes=("Eu me cortei de novo ontem.", "Quero morrer"),
        no=("Morri de rir com essa história.",),
    ),
    risk(
        "risk.pt_now",
        CRISIS,
        "Portuguese: says they will act, or have acted.",
        r"\bvou me matar\b|\btomei todos os\b|\b(?:hoje|amanha)\b.{0,15}\b(?:me mato|vou acabar com)\b",
        yes=("Vou me matar hoje",),
    ),
    risk(
        "risk.eating",
        AMBER,
        "Signs of an eating disorder.",
        r"\b(?:haven'?t|have not|not) eaten\b.{0,20}\b(?:days?|since|all day|anything)\b|\bma(?:d|k)e myself (?:throw up|sick|vomit)\b|\bpurg(?:e|ed|ing)\b|\bbing(?:e|ed|ing)\b.{0,15}\b(?:purg\w+|again|whole|guilt\w*)|\bstarv(?:e|ed|ing) myself\b|\bcalorie\w*\b.{0,20}\b(?:under|only|count\w*|limit)\b|\blaxatives?\b|\bone (?:\w+ )?(?:apple|meal|yoghurt|cracker)s? a day\b|\b(?:eat|eating) so little\b|\bneed to be (?:smaller|thinner|skinnier)\b|\bterrified of (?:eating|food|gaining)\b|\bfeel (?:so )?fat\b|\bfasting for\b.{0,12}\bdays\b|\bafraid (?:of|to) eat\w*\b",
        yes=(
            "I haven't eaten in four days and I feel proud of it.",
            "I made myself throw up after dinner again.",
        ),
        no=("I haven't eaten yet, what's for lunch?",),
    ),
    risk(
        "risk.abuse",
        AMBER,
        "Speaks of violence or abuse against them.",
        r"\b(?:hit|hits|beat|beats|punched|slapped|kicked|choked|strangled|raped|assaulted|molested|touche[sd]?|abused?|abuses|hurts?)\b(?: \w+)? me\b|\bused to touch me\b|\bscared to go home\b|\blocks? me (?:out|in)\b|\bi was (?:raped|abused|assaulted|molested)\b|\bhe (?:forced|forces) me\b|\bafraid of (?:my (?:husband|boyfriend|wife|partner|dad|stepdad|father))\b",
        yes=("My boyfriend hit me again last night and I'm scared to go home.",),
        no=(),
    ),
    risk(
        "risk.distress",
        AMBER,
        "Is in distress.",
        r"\b(?:invisible|gutted|very sad|so sad|triste y sol[oa]|relapsed|drank again|used again)\b|\bnobody (?:ever )?(?:replies|listens|talks to me)\b",
        r"\b(?:hopeless|worthless|unbearable|can'?t cope|can'?t go on|can'?t do this|can'?t breathe|panic attacks?|breaking down|falling apart|so alone|so lonely|desperate|numb inside|empty inside|exhausted by life|overwhelmed)\b",
        r"\bi (?:fucking |really |just )?hate (?:myself|my (?:\w+ ){0,3}(?:life|brain|body|head|self))\b|\bhate myself\b|\bmy life is (?:a |an )?(?:\w+ )?(?:disaster|mess|hell|over|joke|ruined)\b|\bi'?m (?:such )?(?:a |an )?(?:\w+ )?(?:failure|burden|waste of space|idiot)\b|\bnobody (?:would|will) (?:miss|care)\b|\bpanic\b.{0,12}\b(?:again|is back|won'?t stop)\b|\bcrying (?:all|every|for|again|and)\b|\bcan'?t stop crying\b|\bcan'?t leave the house\b|\bcan'?t stop\b.{0,10}\bcrying\b",
        r"\bgeht es (?:\w+ ){0,2}schlecht\b|\bich weine\b|\bje n'?en peux plus\b|\bya no puedo mas\b|\bnao aguento mais\b|\bme siento (?:muy )?(?:mal|sol[oa]|vaci[oa])\b",
        yes=("I feel so hopeless today, nothing is working.", "I hate my stupid fucking brain."),
        no=("I hate my new phone",),
    ),
)
