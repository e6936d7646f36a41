"""Whose words, when, and how meant: what turns a frightening phrase into an ordinary one.

Each pattern is looked for in one sentence of folded text. Bounded gaps keep all of them linear.
"""

import re

FLAGS = re.ASCII


def any_of(*patterns: str) -> "re.Pattern[str]":
    """One pattern out of several."""
    return re.compile("|".join(f"(?:{pattern})" for pattern in patterns), FLAGS)


# "not" that comforts: the thing itself is denied.
NEGATED = any_of(
    r"\b(?:i'?m|i am|i was|was|am) (?:not|no longer) (?:\w+ ){0,2}(?:suicidal|thinking (?:of|about)|going to (?:kill|hurt|harm|end|do)|in danger|planning|gonna)\b",
    r"\bnot (?:\w+ )?(?:suicidal|gonna kill|going to kill|thinking about suicide)\b",
    r"\b(?:never|not once) (?:\w+ ){0,2}(?:been suicidal|wanted to|thought (?:of|about)|kill myself|self ?-?harmed|want to|cut|hurt)\b",
    r"\b(?:would|could|will) never\b.{0,20}\b(?:kill|hurt|harm|end|do (?:it|that))\b",
    r"\b(?:don'?t|do not|didn'?t|no longer|doesn'?t mean i) (?:\w+ ){0,2}(?:want|wanna|wish|intend|plan|feel like|think about)(?:ing)? (?:to )?(?:die|dying|kill|killing|hurt|harm|end(?:ing)? (?:it|my)|be dead|suicid)",
    r"\b(?:don'?t|do not|never|didn'?t) (?:\w+ ){0,2}want (?:you|him|her|them|anyone|anybody|people|my \w+) to (?:die|kill|hurt|be dead|end)\b",
    r"\bno (?:\w+ )?(?:thoughts?|urges?|plans?|intention|ideation) (?:of|to|about)\b",
    r"\bwithout (?:self|hurting|cutting|harming)",
    r"\b(?:haven'?t|have not|hasn'?t|didn'?t|did not) (?:\w+ ){0,2}(?:cut|self|hurt|harm|burn|thought|tried|purged|overdose|had an urge|had urges|had any)",
)
# "not" that does not: the safety itself is denied.
NOT_REASSURING = any_of(
    r"\b(?:can'?t|cannot|won'?t|couldn'?t|can not|not going to|wouldn'?t) (?:\w+ ){0,2}(?:say|promise|swear|guarantee|tell you|pretend|be sure)\b.{0,25}\b(?:not|won'?t|safe|suicidal|fine)\b",
    r"\bnot (?:sure|certain|convinced) (?:that )?i (?:won'?t|can|will|want)\b",
    r"\b(?:don'?t|do not|no longer|can'?t) (?:\w+ ){0,2}(?:want|wanna|wish)(?: to)? (?:live|exist|be (?:here|alive|around)|go on|continue|wake up)\b",
    r"\bnot (?:\w+ ){0,2}(?:safe|want to (?:live|be here|wake))\b",
)
LONG_AGO = any_of(
    r"\b(?:\w+|\d+) (?:years?|decades?)(?: ago| clean| since| free| later|'s?)?\b",
    r"\b(?:19|20)\d\d\b",
    r"\bwhen i was (?:a |an |at |in )?(?:\w+)\b",
    r"\b(?:used to|once|at one point|back then|in my (?:teens|twenties|thirties|20s|30s)|as a (?:teen\w*|child|kid)|for most of my)\b",
    r"\b(?:months?|days?|weeks?) (?:clean|free|without|sober)\b|\b(?:\d+|two|three|six|several) (?:months|days|weeks) since\b",
    r"\bday \d+\b|\blooking back\b|\bin the past\b|\bsince (?:january|february|march|april|may|june|july|august|september|october|november|december|last (?:year|spring|summer|autumn|winter))\b",
)
NOW_AGAIN = any_of(
    r"\b(?:again|still(?! here)|now|tonight|lately|today|this (?:morning|evening|week|afternoon)|(?<!looking )back|right now|came back|coming back|relaps\w+)\b",
    # "He died last year and I want to die": the wish is of today, whatever the year belongs to.
    r"(?:^\W*|\b(?:and|but|so|now|because),? )(?:\w+ )?i (?:just |really |also |only |still )?(?:want|wanna) (?:to )?(?:die|be dead|kill myself|end (?:it|my)|disappear|follow|join)\b",
    # "for three years" that have not ended
    r"\bi(?:'?ve| have) (?:\w+ )?(?:been (?:suicidal|thinking (?:of|about)|wanting)|wanted to)\b.{0,40}\b(?:for|since)\b",
)
RECOVERED = any_of(
    r"\b(?:glad|proud|grateful|happy|recover\w*|gets? better|can get better|still here|survived|life is good|ran a|doing (?:well|better|great|ok|okay)|stable|clean|free|sober|thank(?:s| you)|first in|better now)\b"
)
KIN = (
    r"(?:brother|sister|friend|best friend|uncle|aunt|auntie|dad|father|mum|mom|mother|cousin|neighbou?r|"
    r"boyfriend|girlfriend|son|daughter|colleague|husband|wife|flatmate|ex|teammate|roommate|partner|"
    r"gran\w*|nephew|niece|boss|teacher|mate|classmate|patient|client|someone|somebody|a girl|a boy|"
    r"a man|a woman|a lad|character|actor|singer|people|person|lad|he|she|they|parents|brothers|sisters|friends|kids|children|veterans|teenagers|both of (?:my|our) \w+)"
)
BEREAVED = any_of(
    rf"\b(?:my|our|his|her|their|a|the)? ?{KIN}\b.{{0,25}}\b(?:died|killed (?:him|her|them)sel(?:f|ves)|took (?:his|her|their) (?:own )?li(?:fe|ves)|hanged|passed|overdosed|committed|ended (?:his|her|their))\b",
    rf"\b(?:lost|losing|lose)\b.{{0,30}}\b{KIN}?\b.{{0,12}}\bto (?:suicide|an overdose|overdose)\b",
    r"\b(?:lost|losing) someone\b|\bbereave\w+\b|\bgriev\w+\b|\bfuneral of\b|\banniversary of (?:his|her|my|their)\b",
    r"\b(?:kills|killed|kill|hangs|hanged|shot|drowns?) (?:him|her|them)sel(?:f|ves)\b",
)
OTHERS_WORDS = any_of(
    r"\b(?:film|movie|series|novel|book|song|lyrics?|album|track|band|episode|drama|podcast|documentary|poem|memoir|netflix|watched|watching|hamlet|romeo|chapter|leaflet|article|study|research|workshop|course|training|first aid|practised|lesson|seminar|phq|questionnaire|house rules|our rules|dbt|psychoeducation|prevention|awareness|support line|headline|quote|speech|play at)\b"
)
SUPPORTING = any_of(
    r"\b(?:if|when) (?:you|anyone|somebody|someone)(?:'re| are| feels?| ever| or| starts?)?\b.{0,60}\b(?:call|ring|text|contact|reach out|helpline|hotline|crisis line|emergency|talk to|come here|write|there|better)",
    r"\b(?:please )?(?:don'?t|do not|never) (?:kill yourself|give up|hurt yourself|do it|do this|end your life|cut yourself|harm yourself)\b",
    r"\b(?:are|do|have) you (?:\w+ ){0,3}(?:safe|thinking of|thinking about|suicidal|someone|plan)\b|\bare you ok\b",
    r"\byou matter\b|\b(?:isn'?t|not|wouldn'?t be) better (?:off )?without you\b|\b(?:glad|happy) you(?:'re| are)\b|\bsending (?:a |you )?(?:hugs?|love|strength)\b|\bsorry (?:that |to hear |for )?(?:you|your)\b",
)
COPING = any_of(
    r"\b(?:asking about suicide|practised asking|safety plan|crisis (?:card|plan)|urges? (?:passed|surfing)|rode out|holding ice|ice cubes|gave my (?:\w+ )?(?:tablets|pills|meds|blades)|handed (?:my|in|over|them)|so (?:i'?m|they aren'?t|it'?s) safe|feeling safer|out of reach|small win|didn'?t (?:hurt|cut|harm)|without self|free of self|locked (?:away|up)|pharmacist|made (?:it|me) safe)\b"
)
NOT_MEANT = any_of(
    r"\bjaja\w*\b|\bme estas? matando\b|\b(?:lol|lmao|rofl|haha\w*|jk|hehe)\b",
    r"\b(?:literally|nearly|almost|just) died\b|\bi'?d rather die than\b|\bkill me now\b|\bdead tired\b|\bto die for(?! (?:\w+ ){0,2}(?:years|months|weeks|days|ages|long|while|time|decades?)\b)\b|\bover my dead body\b",
    r"\b(?:is|are|was|were|it'?s|that'?s)(?: absolutely| really| actually| just)? killing me\b|\bkilling (?:it|time)\b|\byou killed it\b|\bdress(?:ed)? to kill\b",
    r"\bdying (?:to|for|of|from|laughing) ?(?:hear|see|know|try|a|an|laugh\w*|embarrass\w*|hunger|thirst|boredom|heat|cringe)?\b|\bdied? of (?:happiness|laugh\w*|embarrass\w*|boredom|hunger|shame|cringe)\b",
    r"\b(?:will|would|going to|gonna) (?:murder|kill) me\b|\b(?:mum|mom|dad|boss|wife|husband|teacher) (?:is )?(?:going to|will|gonna) kill\b",
    r"\b(?:so bored|bored)\b.{0,40}\bslit my wrists\b|\bbreak a leg\b|\bshoot (?:me|you) an? (?:email|message|text|mail)\b|\bphone (?:is )?(?:dead|died|dying)\b|\bbattery\b|\bdeadline\b|\bmorir(?:me)? de (?:risa|hambre|sueno|calor|frio)\b|\bmorri de rir\b|\bmor(?:t|te|ts) de rire\b|\bmourir de rire\b|\btotlachen\b|\bmuero de (?:risa|hambre|sueno|ganas)\b",
    r"\bscream into\b|\bgonna scream\b",
)
# What shows that it is about the writer, whatever else the sentence says.
FIRST_PERSON = any_of(
    r"\bi (?:\w+ )?(?:want|wanna|wish|will|feel like|can'?t|am going|keep thinking|need|don'?t want|would be|did|took|cut|have|tried|hope)\b|\bi'?(?:ll|m|ve|d)\b|\b(?:kill|hurt|harm|cut|hang|off|burn\w*|end\w*|myself) (?:myself|my)\b|\bmyself\b"
)
# Spoken to somebody: a question or an answer, unless it also speaks of the writer.
SECOND_PERSON = any_of(r"\byou(?:r|rs|rself|'?re|'?ve|'?ll|'?d)?\b")
QUOTED_LINE = re.compile(r"^\s*>")
LINE = re.compile(r"[^\n]+")
SENTENCE = re.compile(r"[^.!?;\n…]+[.!?;\n…]*")
