"""The words of which `people` and `population` make names, titles and comments."""

from typing import Final

FIRST_NAMES: Final = """
Ada Alan Amelie Amir Anouk Astrid Bao Bela Carlos Chiara Chloe Dagny David Elif Elena Emil Fatima Finn Grace Hana
Hugo Ines Ivan Jana Jonas Kofi Lale Lars Leila Linus Lucia Maja Marek Mei Milan Nadia Nils Noor Olga Oskar Paula
Priya Rafael Rosa Samir Sofia Tariq Tove Viktor Yuki Zofia
""".split()  # noqa: SIM905 - easier to read and to extend
LAST_NAMES: Final = """
Adler Baker Becker Berg Brandt Castro Chen Costa Dubois Eriksen Fischer Garcia Haddad Hansen Hopper Ito Jansen Kaya
Keller Khan Kim Kovacs Larsen Lopez Lovelace Martin Meyer Moreau Nakamura Novak Okafor Olsen Papadakis Petrov
Popescu Ricci Rossi Sato Schmidt Silva Singh Smith Svensson Tanaka Turing Virtanen Wagner Weber Yilmaz Zhang
""".split()  # noqa: SIM905 - easier to read and to extend
WORDS: Final = """
above across aerobatic airfield airport ancient apron autumn balloon biplane blue calm canyon city cloud coast
cockpit cold crosswind dawn desert dusk early engine evening final first flight fog formation glider green hangar
harbour helicopter high hill hover ice island jet journey lake landing last late light long low meadow morning
mountain night north ocean over pilot plane propeller quiet radio rain rescue river road runway sea short silver sky
slow snow solo south spring storm summer sun sunset takeoff tower training under valley vintage walk warm water wide
wind wing winter world yellow
""".split()  # noqa: SIM905 - easier to read and to extend
TAGS: Final = """
flight landing takeoff glider balloon jet helicopter cockpit airport hangar training vintage airshow formation night
snow mountain coast desert island rescue engine propeller radio storm sunset travel review tutorial timelapse drone
model
""".split()  # noqa: SIM905 - easier to read and to extend
CATEGORIES: Final = ["Travel", "Education", "Technology", "Sport", "News", "Entertainment", "Music", "Documentary"]
LANGUAGES: Final = ["en", "de", "es", "fr", "pt-BR"]
SENTENCES: Final = [
    "Beautiful light on the wing.",
    "Which airport is this?",
    "The landing at the end is perfect.",
    "I flew the same route last summer.",
    "What a calm morning over the lake.",
    "Please show more of the cockpit.",
    "How strong was the crosswind?",
    "Thank you for the explanation.",
    "The sound of this engine never gets old.",
    "My first solo was on this runway.",
    "Great camera work, as always.",
    "The approach looked a little high to me.",
    "Filmed on a cold day in late autumn.",
    "Part two comes next week.",
    "Watch the flaps during the turn to final.",
    "I would not fly into that cloud.",
    "Well done, and safe flights!",
    "The fog lifted just in time.",
    "Who else waited for this video?",
    "This is why I want to learn to fly.",
]
