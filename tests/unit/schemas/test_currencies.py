"""Currencies have the minor units of ISO 4217."""

import pytest

from schemas.currencies import EXPONENTS


def test_codes_are_three_capitals_and_exponents_small():
    assert all(len(code) == 3 and code.isascii() and code.isupper() for code in EXPONENTS)
    assert set(EXPONENTS.values()) == {0, 2, 3, 4}
    assert len(EXPONENTS) > 170


@pytest.mark.parametrize(
    ("exponent", "codes"),
    [
        (0, "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"),
        (2, "USD EUR GBP CHF CNY INR BRL MXN CAD AUD SEK PLN CZK HUF TRY ZAR MGA MRU IDR XCG ZWG"),
        (3, "BHD IQD JOD KWD LYD OMR TND"),
        (4, "CLF UYW"),
    ],
)
def test_minor_units_are_those_of_the_standard(exponent, codes):
    assert {EXPONENTS[code] for code in codes.split()} == {exponent}


@pytest.mark.parametrize("code", ["XXX", "XTS", "XAU", "XDR", "eur", "EURO", ""])
def test_what_has_no_minor_unit_is_no_currency_of_a_deal(code):
    assert code not in EXPONENTS
