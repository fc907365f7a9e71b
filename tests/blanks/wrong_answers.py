"""Plausible wrong answers to the blanks of pages, and words of the sentence that must help.

`WRONG[page]` is a list of pairs: lines that stand in place of the solution, and the words. `RIGHT[page]` are other right answers.
"""

WRONG = {
    "derivatives/derivatives-and-slopes": [
        ("return 4 * math.log(slope / 15)", "the sign is wrong"),
        ("return math.log(15 / slope)", "Multiply by 4"),
        ("return math.log(15 / slope) / 4", "do not divide again"),
        ("return 4 * math.log10(15 / slope)", "to base 10"),
        ("return 15 * math.exp(-slope / 4)", "that is the slope after 5 hours"),
        ("return -4 * math.log(slope)", "divide by 15 first"),
        ("return 4 * math.log(15)", "does not count yet"),
        ("return 4 * math.log(3)", "the slope at the start"),
        ("return 4 * math.log(15 / slope", "Line 6: '(' was never closed"),
        ("return 4 * log(15 / slope)", "Line 6: NameError"),
        ("4 * math.log(15 / slope)", "is there a `return`?"),
    ],
}  # fmt: skip

RIGHT = {
    "derivatives/derivatives-and-slopes": ["return -4 * math.log(slope / 15)", "from cmath import log\nreturn (4 * log(15 / slope)).real"],
}  # fmt: skip
