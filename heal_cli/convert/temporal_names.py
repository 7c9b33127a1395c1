"""Names of months and days, in English, German, French, Spanish, Italian, Portuguese and Dutch."""

from __future__ import annotations

from typing import Final

MONTH_NAMES: Final = (
    "jan january januar januari janv janvier ene enero gen gennaio janeiro jän jänner",
    "feb february februar februari fév févr février fevrier febrero febbraio fev fevereiro",
    "mar march mär märz maerz mrz mars marzo março marco mrt maart",
    "apr april avr avril abr abril aprile",
    "may mai mayo mag maggio maio mei",
    "jun june juni juin junio giu giugno junho",
    "jul july juli juil juillet julio lug luglio julho",
    "aug august août aout ago agosto augustus",
    "sep sept september septembre septiembre set settembre setembro",
    "oct october okt oktober octobre octubre ott ottobre out outubro",
    "nov november novembre noviembre novembro",
    "dec december dez dezember déc décembre decembre dic diciembre dicembre dezembro",
)
"""One line a month; no word stands in two of them, whatever the language."""

MONTH_NUMBERS: Final = {
    name: number for number, names in enumerate(MONTH_NAMES, start=1) for name in names.split()
}
"""Lower-case name or abbreviation -> 1 to 12."""

MONTHS: Final = "(?:" + "|".join(sorted(MONTH_NUMBERS, key=len, reverse=True)) + ")"
"""A regular expression for any of them, without regard to case."""

DAY_NUMBERS: Final = {"mon": 1, "tue": 2, "wed": 3, "thu": 4, "fri": 5, "sat": 6, "sun": 7}
DAYS: Final = r"(?:Mon(?:day)?|Tue(?:s(?:day)?)?|Wed(?:nesday)?|Thu(?:r(?:s(?:day)?)?)?|Fri(?:day)?|Sat(?:urday)?|Sun(?:day)?)"

OF: Final = r"(?:(?:of|de|del|di|do) +)"
"""What stands between day, month and year: 12 de marzo de 2024."""
