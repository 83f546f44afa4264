"""What a profile may hold: who the athlete is, and in which time, units and language the coach speaks."""

from datetime import UTC, datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StringConstraints

from shared.platform.request_body import RequestBody
from shared.platform.text import NoNul

Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=150), NoNul]
Fact = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=300), NoNul]
Experience = Literal["beginner", "intermediate", "advanced"]
Units = Literal["metric", "imperial"]
Sex = Literal["female", "male", "other"]

# ISO 3166-1 alpha-2, as of 2026. https://www.iso.org/iso-3166-country-codes.html
_CODES = (
    "AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ CA "
    "CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR GA "
    "GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP "
    "KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS "
    "MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS "
    "RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW "
    "TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW"
)
COUNTRIES = frozenset(_CODES.split())
# A language, its script and its region, which is as much as an app sends.
# https://www.rfc-editor.org/rfc/rfc5646#section-2.1
LANGUAGE = r"^[a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|[0-9]{3}))?$"
# Of the IANA database's names those of places, and the offsets of Etc; not posix/, right/ or what a system adds.
ZONE = r"^(UTC|Etc/[A-Za-z0-9+-]+|[A-Z][A-Za-z]+(/[A-Za-z_-]+){1,2})$"


def _known_zone(name: str) -> str:
    from zoneinfo import ZoneInfo  # some 20 ms, which only a change of the profile pays

    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise ValueError("a name from the IANA time zone database is needed, such as Europe/Berlin") from None
    return name


def _known_country(code: str) -> str:
    if code not in COUNTRIES:
        raise ValueError("a country code of ISO 3166 is needed, such as DE")
    return code


def _past_year(year: int) -> int:
    if year > datetime.now(UTC).year:
        raise ValueError("nobody is born yet")
    return year


TimeZone = Annotated[str, StringConstraints(max_length=64, pattern=ZONE), AfterValidator(_known_zone)]
Language = Annotated[str, StringConstraints(max_length=35, pattern=LANGUAGE)]
Country = Annotated[
    str,
    StringConstraints(min_length=2, max_length=2),
    AfterValidator(_known_country),
    Field(json_schema_extra={"pattern": f"^({'|'.join(_CODES.split())})$"}),
]
BirthYear = Annotated[int, Field(ge=1900, le=2100), AfterValidator(_past_year)]


class ProfileFields(RequestBody):
    """What a profile may hold, each field of it possibly null; what that means is said where it is sent."""

    goals: list[Line] | None = Field(None, max_length=20)
    experience_level: Experience | None = None
    equipment: list[Line] | None = Field(None, max_length=20)
    time_availability: Annotated[str, Field(max_length=500), NoNul] | None = None
    injuries: Annotated[str, Field(max_length=2000), NoNul] | None = None
    time_zone: TimeZone | None = Field(None, description="IANA name.")
    units: Units | None = Field(None, description="imperial: pounds and miles.")
    language: Language | None = Field(None, description="BCP 47.")
    country: Country | None = Field(None, description="ISO 3166, two letters.")
    birth_year: BirthYear | None = None
    sex: Sex | None = None
    conditions: list[Line] | None = Field(None, max_length=20, description="Of health.")
    pregnant: bool | None = None
    medicines: list[Line] | None = Field(None, max_length=20)
