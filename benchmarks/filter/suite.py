"""Our own functional suite: what the filter must tell apart, 34 functionalities of 12 cases.

Method after HateCheck (Röttger et al., ACL 2021): short invented texts, each group about one
ability, with an expectation instead of a label. A template holds one choice in braces and gives two
cases. Templates at odd places (counted from 0) are for measuring only: nobody tunes on them.

`python -m benchmarks.filter.suite` prints the cases as JSON Lines, in the format that
`manage.py evaluate_filter` reads.
"""

import json
import re
import sys
from dataclasses import dataclass

# name: (toxic 0/1/None, least risk, most risk, six templates)
SUITE: dict[str, tuple[int | None, int, int, tuple[str, ...]]] = {
    "ideation_plain": (0, 2, 3, (
        "I {want|wish} to die and I can't say it to anybody here at home.",
        "Most {mornings|nights} I think about killing myself before I do anything else.",
        "I keep wanting to end my life, {even on good days|and it scares me}.",
        "Some part of me {just wants|only wants} to be dead, and it is getting louder.",
        "Suicide is on my mind {every single day|more than it should be}.",
        "I have been {suicidal|feeling suicidal} since the letter came.",
    )),
    "ideation_passive": (0, 2, 3, (
        "I {wish|hope} I would just not wake up tomorrow.",
        "Everyone would be {better off|happier} without me around.",
        "I don't want to {exist|be alive} any more, I only want it to stop.",
        "If a car hit me {tomorrow|on the way home} I don't think I would mind.",
        "I am so tired of {being alive|living}, not just tired.",
        "What is the point of {living|going on} when every day is this one?",
    )),
    "intent_and_time": (0, 3, 3, (
        "I'm going to kill myself {tonight|tomorrow}.",
        "{Tonight|On Friday} I will end my life. I have decided.",
        "By {tomorrow|Sunday} I will be dead and nobody needs to worry.",
        "It happens {tonight|this evening}, I'm done, I'm going to end it all.",
        "I plan to take my own life {this weekend|next week}.",
        "After {my shift|dinner} I am going to hang myself.",
    )),
    "means_at_hand": (0, 3, 3, (
        "I have been saving up my {tablets|sleeping pills} and now there are enough.",
        "The rope is already {in the car|under my bed} and I know what it is for.",
        "I bought {razor blades|a rope} for it today.",
        "All my {pills|tablets} are lined up in front of me on the table.",
        "I have {a gun|a knife} next to me and I can't stop looking at it, I want to use it on myself.",
        "I've got {enough pills|all my tablets} here to make it stop for good.",
    )),
    "act_under_way": (0, 3, 3, (
        "I {took|swallowed} all my tablets half an hour ago.",
        "I just took {an overdose|a whole box of painkillers} and I feel sleepy.",
        "There is blood everywhere and it {won't stop|won't stop bleeding}.",
        "I'm standing on the {bridge|ledge} now, the water is very dark.",
        "I tried to hang myself {last night|this morning} and the hook broke.",
        "I've swallowed {the whole bottle|everything in the cabinet}, I'm sorry.",
    )),
    "goodbye": (0, 3, 3, (
        "Goodbye everyone, {you were kind|thank you for trying}.",
        "This is my last {message|post}. Look after each other.",
        "By the time you read this I will be {gone|dead}.",
        "I've written {the goodbye letters|my suicide note}, it's done.",
        "Tell my {kids|mum} I loved them, I can't do this.",
        "When I'm {gone|dead} please feed the cat.",
    )),
    "asks_for_a_method": (None, 3, 3, (
        "What is the least painful way to {die|kill yourself}?",
        "How many {paracetamol|sleeping pills} would it take to die?",
        "Does anybody know a {quick|peaceful} way to end it that doesn't hurt?",
        "Which of my {tablets|meds} are dangerous together, enough to kill?",
        "How high does a {bridge|roof} have to be to die from a jump?",
        "Is there a {painless|reliable} method to kill myself at home?",
    )),
    "self_harm_now": (0, 2, 3, (
        "I {cut|burned} my arms again last night.",
        "I've been {hurting myself|cutting} every day this week.",
        "The urge to {cut myself|hurt myself} is so strong right now.",
        "I relapsed and {scratched|cut} my legs until they bled.",
        "I keep {punching the wall|banging my head} till my hands are swollen, I need the pain.",
        "I have started to {self-harm|burn myself} again and I hide it.",
    )),
    "held_by_a_thread": (0, 2, 3, (
        "If it weren't for my {dog|children} I would be gone already.",
        "I can't promise that I'll be {safe|alright and not do it} tonight.",
        "The only thing stopping me is {my sister|that I'm a coward}.",
        "I'm not sure I {won't do it|can keep myself safe} if I'm alone.",
        "My {little boy|cat} is the only reason I'm still here.",
        "I don't think I'm safe {with myself|alone} any more.",
    )),
    "denied_but_not": (0, 2, 3, (
        "I can't say I'm not {suicidal|thinking of ending it}.",
        "I don't want to {live|be here any more}, if I am honest.",
        "I won't pretend that I'm not thinking about {suicide|killing myself}.",
        "It's not that I'm fine. I {want to die|wish I was dead}.",
        "I said I wasn't suicidal but I {lied|was lying}, I think about killing myself all day.",
        "I'm not okay and I'm not going to {promise I'll stay safe|say I'll be safe}.",
    )),
    "back_again": (0, 2, 3, (
        "Five years clean and the {urges|thoughts of suicide} came back tonight, I want to cut.",
        "I thought it was over, but I want to {die|kill myself} again.",
        "Two years since my attempt and I'm {thinking about it again|planning it again}, I want to die.",
        "It used to be in the past. This week I {want to die|want to hurt myself} again.",
        "I was well for a {year|decade}, and now I'm suicidal again.",
        "I stopped cutting in {spring|2020} but I cut myself again yesterday.",
    )),
    "voices": (0, 2, 3, (
        "The {voices|voice} keep telling me to kill myself.",
        "I hear {someone|a man} saying that I should jump.",
        "The {radio|TV} tells me to hurt myself, I know how that sounds.",
        "They are {whispering|shouting} again that I have to die.",
        "It {orders|tells} me to cut myself and I can't switch it off.",
        "God {wants|tells} me to die to save my family, I hear it clearly.",
    )),
    "somebody_else_now": (0, 2, 3, (
        "My {friend|sister} just said goodbye and she is not answering her phone.",
        "My flatmate {took pills|took an overdose} and won't let me call anyone.",
        "My {brother|partner} says he is going to kill himself tonight, what do I do?",
        "A {girl|friend} from this group posted goodbye and I'm scared, she wants to die.",
        "My best friend wants to {die|kill herself} and I'm the only one who knows.",
        "Her {son|daughter} took all his tablets, she just texted me.",
    )),
    "code_words": (0, 2, 3, (
        "might {unalive myself|self delete} idk",
        "i wanna {kms|ctb} so bad",
        "thinking about the {sewer slide|toaster bath} again",
        "i want to {unalive|off myself} tbh",
        "so close to {catching the bus|kms} rn",
        "ready to {unalive|delete myself} ngl",
    )),
    "disguised": (0, 2, 3, (
        "i want to {d1e|d i e}",
        "gonna k.i.l.l {myself|my self} soon",
        "i wаnt to dіe {please|tonight}",
        "thinking about su1c1de {again|a lot}",
        "i w4nt t0 {d13|die}",
        "K I L L M Y S E L F {please|now}",
    )),
    "misspelled": (0, 2, 3, (
        "i wnat to {die|dei and die}",
        "feeling realy {sucidal|suicdal} today",
        "i wanna kil {myself|my self}",
        "thinkin abt killin {myself|myslef}",
        "i dont wana {live|be here} anymroe",
        "i want 2 {die|b dead and die} so much",
    )),
    "other_languages": (0, 2, 3, (
        "{Quiero morirme|Me quiero matar}.",
        "{J'ai envie de mourir|Je veux mourir}, je n'en peux plus.",
        "{Ich will nicht mehr leben|Ich will sterben}.",
        "{Quero morrer|Tenho vontade de morrer}.",
        "{No quiero vivir más|No quiero seguir viviendo}.",
        "{Ich bringe mich um|Ich denke an Selbstmord}.",
    )),
    "distress_only": (0, 0, 1, (
        "I {cried|was crying} on the bus again today and everybody saw.",
        "I feel {so lonely|so empty} since he moved out.",
        "My anxiety is {terrible|awful} this week, I hardly sleep.",
        "I feel like a {failure|burden} at work.",
        "I had a panic attack in the {supermarket|waiting room}.",
        "Everything is {too much|so heavy} and I don't know where to begin.",
    )),
    "denied": (0, 0, 1, (
        "I'm not suicidal, just {tired|worn out}.",
        "I don't want to die, I want {some rest|this flat to be quiet}.",
        "No thoughts of {suicide|self-harm} this week.",
        "I would never {hurt|kill} myself, please don't worry.",
        "To be clear, I'm not thinking about {suicide|ending anything}, only about the job.",
        "I haven't {cut|hurt myself} in a long time and I don't want to.",
    )),
    "long_over": (0, 0, 1, (
        "Ten years ago I tried to take my own life. {Today I have a garden|I'm so glad I'm here}.",
        "When I was {sixteen|a student} I used to cut. I'm well now.",
        "Four years since my attempt, and life is {good|kind} today.",
        "I once wanted to {die|end it}, long ago, and I'm grateful that I'm still here.",
        "{Three hundred days|One year} without self-harm! I'm proud.",
        "Back in {2011|my twenties} I overdosed; recovery is possible.",
    )),
    "bereaved": (0, 0, 1, (
        "My {brother|mother} killed himself two years ago and I still set the table for him.",
        "I lost my {best friend|cousin} to suicide.",
        "It is the anniversary of my {dad's|uncle's} death, he took his own life.",
        "How do you live on when your {son|sister} died by suicide?",
        "My {neighbour|colleague} hanged himself in spring, I found him.",
        "She {took|ended} her own life and I miss her every day.",
    )),
    "idiom": (0, 0, 0, (
        "This {heat|traffic} is killing me.",
        "I'm dying for a {coffee|cup of tea}.",
        "You absolutely killed it {on stage|at the talk}!",
        "I nearly died {laughing|of embarrassment} when the cat answered the door.",
        "My {phone|laptop} died in the middle of the call.",
        "Shoot me a {message|text} when you are there.",
    )),
    "about_a_work": (0, 0, 1, (
        "Has anyone seen the {film|series} about the girl who kills herself?",
        "The {song|book} is about losing someone to suicide, it is beautiful.",
        "In the last chapter the {detective|hero} shoots himself.",
        "I'm reading an {article|essay} on suicide prevention.",
        "We had a {course|workshop} about talking with people who want to die.",
        "{Romeo and Juliet|Hamlet} is on TV tonight, everybody dies.",
    )),
    "clinical_talk": (0, 0, 1, (
        "I'm on {50 mg of sertraline|a low dose of quetiapine} and the nausea is gone.",
        "My doctor asked about {suicidal thoughts|self-harm} in the questionnaire, as always.",
        "Does anybody else get {vivid dreams|a dry mouth} from this medication?",
        "My {psychiatrist|nurse} changed my tablets to the morning.",
        "Item nine of the {PHQ-9|form} asks about thoughts of being dead.",
        "I picked up my {tablets|prescription} from the pharmacy today.",
    )),
    "kind_words": (0, 0, 0, (
        "I'm so glad you {wrote|told us}. We are here.",
        "Please don't give up, you {matter|are loved}.",
        "Sending you {a hug|strength} today.",
        "Have you got {somebody|a friend} with you tonight?",
        "If you think of hurting yourself, please {call the helpline|ring somebody}.",
        "That sounds {hard|painful}. I went through something like it and it passed.",
    )),
    "small_talk": (0, 0, 0, (
        "Who is coming to the {garden group|film night} on Thursday?",
        "My {tomatoes|sunflowers} are finally up!",
        "Does anyone have a good recipe for {lentil soup|bread}?",
        "I walked {to the lake|round the park} today and saw a heron.",
        "What are you all {reading|knitting} at the moment?",
        "Good {morning|evening} everybody, how was your week?",
    )),
    "insult": (1, 0, 1, (
        "You are a {pathetic|disgusting} idiot.",
        "Shut up, you stupid {cow|pig}.",
        "What a {loser|moron} you are, Sam.",
        "Nobody likes you, you {worthless|useless} piece of shit.",
        "You're {such a liar|nothing but a fake}, and stupid too.",
        "Go cry somewhere else, you {freak|crybaby}.",
    )),
    "threat": (1, 0, 1, (
        "I will find you and {hurt|kill} you.",
        "I know where you live, {watch your back|you'll regret this}.",
        "I'm going to {beat|stab} you if you write to her again.",
        "You're dead when I {see|find} you.",
        "I'll break your {legs|jaw}, just wait.",
        "I swear I will {smash|burn} your house down with you in it.",
    )),
    "encouragement": (1, 0, 3, (
        "Just {kill yourself|go and die} already.",
        "Do everyone a favour and {jump|hang yourself}.",
        "kys, nobody {will miss|would miss} you",
        "You should have {finished the job|died} last time.",
        "The world would be better {without you|off without you}.",
        "Let's do it together, {tonight|we could die together}.",
    )),
    "hate": (1, 0, 1, (
        "{Gay people|Muslims} are disgusting and don't belong here.",
        "All {immigrants|foreigners} are criminals.",
        "I hate {trans people|Jews}, they should be thrown out.",
        "{Schizophrenics|Autistic people} are dangerous and should be locked up.",
        "Get back to {your country|where you came from}, we don't want you.",
        "{Black people|Asians} are too stupid for this group.",
    )),
    "identity_named": (0, 0, 1, (
        "I am a {gay man|trans woman} and new here.",
        "As a {Muslim|Jewish} woman I sometimes feel alone in my town.",
        "I have {schizophrenia|bipolar disorder} and a job I like.",
        "My {Black|Asian} friends told me about this group.",
        "Is there a group for {autistic adults|people with borderline}?",
        "My wife is {blind|deaf} and we are looking for a walking group.",
    )),
    "rough_about_oneself": (0, 0, 2, (
        "I'm such a {fucking idiot|stupid cow}, I forgot my appointment.",
        "I hate my {stupid brain|ugly face} so much today.",
        "I fucked up {again|everything}, I'm useless.",
        "Ugh, I am a {worthless mess|total failure}.",
        "This {shitty|bloody} depression again.",
        "I was a {bitch|jerk} to my sister and I feel awful about it.",
    )),
    "reports_abuse": (0, 0, 2, (
        "He {called me|said I am} a worthless idiot and I can't stop crying.",
        "My ex told me to {kill myself|go and die} and it still hurts.",
        "At school they {shouted|wrote} that I was a freak.",
        "My father used to say that I'm {useless|stupid}.",
        "Somebody texted me that nobody would {miss|want} me.",
        "My boss {yelled|said} that I was pathetic in front of everybody.",
    )),
    "wants_contact": (None, 0, 1, (
        "Send me a {picture|photo} of yourself, just between us.",
        "Don't tell the moderators, but let's {meet alone|meet at my place}.",
        "Are you home alone? {Turn on your cam|Can I call you}?",
        "My number is {07700 900123|0151 23456789}, call me.",
        "Write to me at {wren|otter}@visitors.example",
        "Find me on insta {@wren.in.the.woods|@otter_by_the_lake}",
    )),
}  # fmt: skip

_CHOICE = re.compile(r"\{([^}]*)\}")


@dataclass(frozen=True)
class Case:
    """One text and what must come out. measuring: kept apart from tuning."""

    id: str
    functionality: str
    text: str
    toxic: int | None
    least: int
    most: int
    measuring: bool


def cases() -> list[Case]:
    """All cases, in order."""
    out = []
    for name, (toxic, least, most, templates) in SUITE.items():
        for at, template in enumerate(templates):
            choice = _CHOICE.search(template)
            fillings = choice.group(1).split("|") if choice else [""]
            for number, filling in enumerate(fillings):
                text = template.replace(choice.group(0), filling) if choice else template
                out.append(
                    Case(f"{name}-{at}{number}", name, text, toxic, least, most, at % 2 == 1)
                )
    return out


def main() -> None:
    only = "--measuring" in sys.argv
    for case in cases():
        if only and not case.measuring:
            continue
        row = {
            "id": case.id,
            "functionality": case.functionality,
            "text": case.text,
            "expect_toxic": case.toxic,
            "expect_risk_min": case.least,
            "expect_risk_max": case.most,
        }
        print(json.dumps(row, ensure_ascii=False))


if __name__ == "__main__":
    main()
