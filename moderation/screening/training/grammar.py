"""Our own sentences of danger and their safe look-alikes, for what public corpora hardly hold.

Public posts about danger are few, and the gravest are the rarest. These templates speak as people
do in answers and late posts: without the great words, with apostrophes left out. Invented here; no
text of anybody is in them, and none of the cases that measure the filter.
"""

import math
import random
import re

from moderation.screening.training.rows import Row, levels

SOURCE = "own-grammar-late"
_SLOTS: dict[str, tuple[str, ...]] = {
    "thanks": ("Thank you all for trying", "Thanks for your kind words", "You were good to me",
               "I read every answer", "It was nice of you to stay with me", "Thanks for today"),
    "soon": ("tonight", "in a few hours", "before the sun comes up", "when the house is asleep",
             "tomorrow", "this weekend", "later today", "after I post this"),
    "mean": ("the gun", "the rope", "the pills", "my fathers rifle", "the knife", "the belt",
             "the bottle of tablets", "the helium", "the bridge", "the tracks"),
    "die": ("die", "be dead", "end my life", "kill myself", "not exist", "be gone", "disappear for good",
            "stop existing", "leave this world", "end it"),
    "who": ("my kids", "my mother", "my sister", "my parents", "my dog", "my girlfriend", "my brother"),
    "why": ("the pain", "this", "the shame", "the noise in my head", "being a burden", "the emptiness"),
    "act": ("the choir", "the swimming group", "the art class", "my shift", "the pottery evening"),
    "small": ("I made soup", "I walked to the sea", "I slept five hours", "I answered a letter",
              "I called my aunt", "I watered the plants"),
    "low": ("lonely", "worthless", "numb", "ashamed", "worn out", "invisible", "scared", "hopeless"),
    "kin": ("brother", "friend", "cousin", "uncle", "neighbour", "dad", "sister"),
}  # fmt: skip
# level: templates
_TEMPLATES: dict[int, tuple[str, ...]] = {
    3: (
        "{thanks}. But its too late, I have made my choice and its {soon}.",
        "Im at the place now. Its quiet here. I will do it {soon}.",
        "I wont change my mind. {soon} it will be over.",
        "{thanks}. It makes the last hours easier.",
        "Ive already started. Nobody will find me in time.",
        "Im holding {mean} and my hands dont even shake.",
        "I put {mean} where I need it. {soon} then.",
        "If this doesnt work then {mean} will.",
        "It didnt work last night, I woke up sick. I will try again {soon}.",
        "Took them all an hour ago, its getting blurry.",
        "I have written to {who}. The letters are on the table. Goodbye.",
        "Ive given away my things and paid the rent. I go {soon}.",
        "I went looking for {mean} today and I found it. Im scared of what I do next.",
        "I dont think I can keep myself safe {soon}.",
        "Im not safe right now and I dont know who to call.",
        "Its already done. Im just waiting.",
        "Bless you all for listening. This was my last evening.",
        "I sat with {mean} for two hours and practised.",
        "Everything is ready. I just wanted somebody to know before I go {soon}.",
        "I know where and I know when. {soon}, with {mean}.",
        "Dont send anybody, I will be gone before they come.",
        "I cut deep and it wont stop, I think thats it.",
        "I only came to say sorry to {who}. I cant do another day, its {soon}.",
        "Once {who} left for work I will use {mean}.",
    ),
    2: (
        "I think about {mean} all the time lately.",
        "If I had {mean} I would not be here now.",
        "I just havent had the nerve to use {mean}.",
        "{who} would be sad for a week and then fine without me.",
        "Only {who} keeps me from it and I resent that.",
        "I want to {die}, every day a bit more.",
        "Ive wanted to {die} for years and I carry it like a stone.",
        "I imagine my own funeral and it calms me.",
        "I dont want to hang in there anymore because of {why}.",
        "Give me one reason not to {die}.",
        "I wish it was possible to {die} and take all memories of me along.",
        "Some nights I pray not to wake up.",
        "I planned it once and I think about doing it again.",
        "I hurt myself again because of {why}.",
        "I burn my arm when {why} gets too loud.",
        "Im too much of a coward to do it but I want to.",
        "I fantasize about {mean} when I cant sleep.",
        "Death is the only thing that would stop {why}.",
        "I feel the same, I want to {die} and cant tell {who}.",
        "I keep a note on my phone for when I {die}.",
        "There is no way out of {why} but to {die}.",
        "I go to bed hoping for a heart attack.",
        "Ive been suicidal since spring and nobody knows.",
        "I have no intention to do it, but I picture it often.",
    ),
    1: (
        "I feel so {low} since {who} stopped calling.",
        "Everything makes me {low} and I dont know how to say it at home.",
        "I cried in {act} today and everybody looked away.",
        "I cant see the light at the end of {why} right now.",
        "I had to leave {act} because I felt {low}.",
        "My {kin} took his own life and I miss him.",
        "I lost my {kin} to suicide and I feel {low}.",
        "I was in hospital years ago after an attempt. Today Im {low}, but not like then.",
        "Its hard to get out of bed when you are this {low}.",
        "I hate what {why} did to us.",
        "Im so tired of {why}, I just want a quiet week.",
        "I failed at {act} again and I feel {low}.",
        "I panic whenever I think of {act}.",
        "I dont want to die, I want {why} to stop.",
        "I used to hurt myself. It is over, but I still feel {low}.",
    ),
    0: (
        "{thanks}. See you at {act} tomorrow.",
        "{small} and it helped a little. {thanks}!",
        "Please call somebody {soon}, you matter to us.",
        "Do you have a plan to hurt yourself? You can tell us.",
        "I am sorry you feel {low}. We are here {soon} and after.",
        "I really dont want you to die. Stay with us.",
        "You said you want to {die}. Is anybody with you?",
        "If you think about {mean}, please give it to a friend to keep.",
        "Its time for me to go to bed, good night all.",
        "I have to go now, {act} starts soon.",
        "Today is my last day at work and there is cake.",
        "This was my last message about {act}, I promise!",
        "Its happening {soon}: {act} in the big room.",
        "I change my mind about {act} every week.",
        "The pills make me sleepy but {small}.",
        "My doctor gave me new tablets and I take them in the morning.",
        "We talked about suicide prevention in {act}.",
        "The book ends with a suicide, be careful when you read it.",
        "Im dying to know how {act} went.",
        "I killed it at {act} today!",
        "The bridge by the lake is lovely for a walk.",
        "I looked for the rope for the tent everywhere.",
        "Has anyone heard from her {soon}? I was thinking of her.",
        "When did you first think about suicide, if I may ask?",
        "My {kin} is coming to {act} and I am glad.",
        "I failed the test again, well, {small}.",
    ),
}  # fmt: skip
# Having, being or living with something is nobody's attack.
_NAMED = (
    "schizophrenia", "bipolar disorder", "borderline", "a personality disorder", "autism", "ADHD",
    "an eating disorder", "PTSD", "OCD", "psychosis", "epilepsy", "HIV", "diabetes", "depression",
    "a learning disability", "a wheelchair", "anxiety", "dementia", "Tourette syndrome", "bulimia",
    "an addiction", "dissociation", "panic attacks", "anorexia", "insomnia", "a stoma", "cancer",
    "chronic pain", "Down syndrome", "dyslexia", "a Muslim mother", "a Jewish father", "gay parents",
    "a trans sister", "Roma roots", "African parents", "Asian roots", "a refugee background",
    "a prison record", "no home", "a tall brother", "a small garden", "hearing loss", "blindness",
)  # fmt: skip
_NAMING = (
    "I have {}.", "I live with {} and work in a library.", "Living with {} is a daily thing.",
    "As someone with {} I like this group.", "I was a child with {}.", "We are people with {}.",
    "My friend is a woman with {}.", "There are many members with {}.",
)  # fmt: skip
_SLOT = re.compile(r"\{(\w+)\}")


def rows(seed: int = 0, each: int = 14) -> list[Row]:
    """Up to so many different sentences a template."""
    rng = random.Random(seed)
    out = []
    for level, templates in _TEMPLATES.items():
        for template in templates:
            made = {
                _SLOT.sub(lambda slot: rng.choice(_SLOTS[slot.group(1)]), template)
                for _ in range(each * 2)
            }
            out += [
                Row(_loosely(text, rng), 0.0, 0.0, levels(level), SOURCE)
                for text in sorted(made)[:each]
            ]
    for name in _NAMED:
        for template in _NAMING:
            text = _loosely(template.format(name), rng)
            out.append(Row(text, 0.0, 0.0, (math.nan,) * 3, SOURCE, 0.7))
    return out


def _loosely(text: str, rng: random.Random) -> str:
    """As it is, or without capitals, or without the last full stop."""
    kind = rng.random()
    if kind < 0.4:
        return text
    return text.lower() if kind < 0.75 else text.rstrip(".")
