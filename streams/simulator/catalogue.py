"""What the simulated company sells, where, and to whom: names, prices, frequencies."""

from __future__ import annotations

from typing import NamedTuple

from streams.simulator.dice import Weighted


class Territory(NamedTuple):
    """A region: its hours of work in UTC (they never cross midnight), its currencies and its fixed public holidays."""

    opens: int
    currencies: Weighted[str]
    holidays: frozenset[tuple[int, int]]


TERRITORIES = {
    "emea": Territory(
        opens=7 * 3600,
        currencies=Weighted({"EUR": 0.55, "GBP": 0.30, "USD": 0.15}),
        holidays=frozenset({(1, 1), (5, 1), (12, 25), (12, 26)}),
    ),
    "americas": Territory(
        opens=13 * 3600,
        currencies=Weighted({"USD": 0.96, "EUR": 0.04}),
        holidays=frozenset({(1, 1), (7, 4), (12, 25)}),
    ),
    "apac": Territory(
        opens=1800,
        currencies=Weighted({"USD": 0.70, "EUR": 0.20, "GBP": 0.10}),
        holidays=frozenset({(1, 1), (5, 1), (12, 25)}),
    ),
}
HOURS_SECONDS = 8 * 3600 + 1800

BASE_CURRENCY = "USD"
CURRENCIES = {"EUR": 1.08, "GBP": 1.27}


class Product(NamedTuple):
    """Something on the price list: what an order usually lists at, in any currency, and how orders spread around it."""

    name: str
    price: float
    spread: float


PRODUCTS = Weighted(
    {
        Product("starter", 1_500.0, 0.35): 0.30,
        Product("team", 5_200.0, 0.45): 0.34,
        Product("business", 14_500.0, 0.50): 0.21,
        Product("enterprise", 48_000.0, 0.60): 0.05,
        Product("onboarding", 2_800.0, 0.30): 0.10,
    }
)

LEAD_SOURCES = Weighted({"web": 0.34, "event": 0.16, "campaign": 0.22, "partner": 0.12, "referral": 0.16})
DIRECT_SOURCES = Weighted({"outbound": 0.62, "referral": 0.38})

STAGES = ("qualification", "proposal", "negotiation")

FIRST_NAMES = (
    "Amelia", "Zoë", "Mateo", "Priya", "Jonas", "Łucja", "Hiroshi", "Fatima", "Søren", "Chloé", "Diego", "Aisha",
    "Viktor", "Mei", "Oluwaseun", "Ingrid", "Rafael", "Nadia", "Tomasz", "Leilani", "Björn", "Camila", "Arjun", "Yuki",
    "Eoin", "Zainab", "Marek", "Sofia", "Kwame", "Elif", "Noah", "Hana", "Luís", "Greta", "Samir", "Ivy", "Paolo",
    "Thandiwe", "Oskar", "Renée",
)  # fmt: skip
LAST_NAMES = (
    "Novak", "García", "Okafor", "Lindqvist", "Tanaka", "Müller", "Haddad", "O'Brien", "Silva", "Kowalski", "Nguyen",
    "Petrov", "Johansen", "Mensah", "Rossi", "Patel", "Dubois", "Kim", "Fernández", "Wójcik", "Schäfer", "Almeida",
    "Çelik", "Larsen", "Chen", "Moreau", "Abebe", "Costa", "Hughes", "Sato", "Ivanova", "Reyes", "Brandt", "Castro",
    "Nakamura", "Öberg", "Walsh",
)  # fmt: skip
MANAGERS = (
    "grace.hall",
    "omar.aziz",
    "linda.ek",
    "paul.stone",
    "maria.lopez",
    "ken.mori",
    "ruth.adler",
    "ben.carter",
    "ines.vidal",
)

PRAISE = (
    "Quick answers, and they knew our business.",
    "Très bon suivi, merci !",
    "Listened first, then proposed what we needed.",
    "Alles wie besprochen geliefert.",
    "Would buy again.",
)
COMPLAINTS = (
    "We had to ask three times before anyone called back.",
    "The offer did not match what we had discussed.",
    "Zu viele Rückfragen, zu wenig Antworten.",
    "Felt rushed at the end of the quarter.",
    "Onboarding started two weeks late.",
)
