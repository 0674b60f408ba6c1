"""Settings: every knob of upscore, with its unit, bounds and default. The README's table is generated from here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, ValidationError, model_validator

from schemas.currencies import EXPONENTS
from streams.errors import SettingsError
from streams.redis_address import without_password

PREFIX = "UPSCORE_"
SECRETS = frozenset({"broker_password", "http_token"})
"""Fields that are never shown, and are no flags: whoever lists the processes of a machine would read them."""

_OF_SASL = ("broker_sasl_mechanism", "broker_user", "broker_password")
_OF_TLS = ("broker_ca_file", "broker_certificate_file", "broker_key_file")
_TOKEN_CHARACTERS = 16
_URL = r"^https?://[^\s@?#]+$"


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise ValueError("expected a time zone such as UTC or Europe/Berlin") from error
    return name


def _known_currency(code: str) -> str:
    if code not in EXPONENTS:
        raise ValueError("expected an ISO 4217 currency code such as USD")
    return code


def _bearer_token(token: SecretStr) -> SecretStr:
    text = token.get_secret_value()
    if len(text) < _TOKEN_CHARACTERS or not all("!" <= character <= "~" for character in text):
        raise ValueError(f"expected at least {_TOKEN_CHARACTERS} letters, digits and signs of ASCII, no spaces")
    return token


class Settings(BaseModel):
    """What a worker or a command runs with. Unknown or invalid values are errors at the start, never a silent default.

    Its text (`repr`) holds no password and no token.
    """

    # A validation error's own text would repeat passwords, also in tracebacks.
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    broker: str = Field(
        "127.0.0.1:9092",
        pattern=r"^[^\s,]+:\d+(,[^\s,]+:\d+)*$",
        description="Kafka, `host:port`, several with commas.",
    )
    broker_security: Literal["plaintext", "ssl", "sasl_plaintext", "sasl_ssl"] = Field(
        "plaintext", description="How Kafka is spoken to: with TLS (`ssl`), with a user and password (`sasl`), or both."
    )
    broker_ca_file: str | None = Field(
        None, description="Certificates (PEM) that Kafka's must be signed by. Unset: those that this machine trusts."
    )
    broker_certificate_file: str | None = Field(
        None, description="Our own certificate (PEM), where Kafka asks its clients for one."
    )
    broker_key_file: str | None = Field(
        None, description="Its private key (PEM, no passphrase). Unset: it is in the certificate's file."
    )
    broker_sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] | None = Field(
        None, description="How user and password are proved. Unset: `PLAIN`."
    )
    broker_user: str | None = Field(None, description="User of Kafka.")
    broker_password: SecretStr | None = Field(None, description="Its password.")
    redis_url: str | None = Field(
        None,
        description="Redis for latest scores and leaderboards, `redis://…`, `rediss://…` (TLS) or `unix://…`; "
        "user and password as `redis://user:password@host`. Unset: the worker's memory.",
    )
    redis_ca_file: str | None = Field(
        None, description="Certificates (PEM) that Redis's must be signed by. Unset: those that this machine trusts."
    )
    http_host: str = Field("127.0.0.1", description="Address on which a worker serves /metrics, the API and the board.")
    http_port: int = Field(6066, ge=0, le=65535, description="Its port; 0 takes any free one.")
    http_token: Annotated[SecretStr, AfterValidator(_bearer_token)] | None = Field(
        None,
        description="Where set, all but /healthz, /readyz and the board's empty pages ask for it, as `Authorization: Bearer …`. "
        "16 characters or more.",
    )
    http_url: str | None = Field(
        None,
        pattern=_URL,
        description="Address at which other workers reach this one. Unset: its host (where that is all addresses, the one from "
        "which it reaches Kafka) and port.",
    )
    alertmanager_url: str | None = Field(
        None, pattern=_URL, description="Address of Alertmanager: the board shows which alerts are silenced there."
    )
    grafana_url: str | None = Field(
        None, pattern=_URL, description="Address of Grafana: the board links to its boards."
    )
    app: str = Field(
        "upscore",
        pattern=r"^[a-zA-Z0-9][a-zA-Z0-9._-]{0,99}$",
        description="Name of this installation: group, internal topics, transactional ids and Redis keys begin with it.",
    )
    generation: int = Field(
        1,
        ge=1,
        le=999,
        description="Generation of the state. Another one is built beside the one that speaks, and silent until "
        "`upscore rebuild switch`.",
    )
    topic_prefix: str = Field(
        "", pattern=r"^[a-zA-Z0-9._-]{0,100}$", description="Goes before the names of input and output topics."
    )
    partitions: int = Field(
        8,
        ge=1,
        le=256,
        description="Partitions of every topic. 4 to 8 a worker; cannot change without a rebuild of the state.",
    )
    replication: int = Field(1, ge=1, le=10, description="Copies of each topic on the brokers. 3 in production.")
    partitioner: Literal["murmur2", "crc32"] = Field(
        "murmur2",
        description="How producers place records: murmur2 (Java) or crc32 (librdkafka). The other is right too, but slower.",
    )
    time_zone: Annotated[str, AfterValidator(_known_zone)] = Field(
        "UTC", description="The organisation's time zone: it decides the date of a fact. Fixed once there is state."
    )
    base_currency: Annotated[str, AfterValidator(_known_currency)] = Field(
        "USD", description="Currency in which money is shown."
    )
    scorecard: str | None = Field(None, description="A scorecard file. Unset: the default scorecard.")
    retention_days: int = Field(
        800,
        ge=480,
        le=36_500,
        description="Days back from `as_of` for which new records are taken in. Not applied with the `events` clock.",
    )
    clock: Literal["wall", "events"] = Field(
        "wall",
        description="What `as_of` is: today (`wall`), or the newest business date that has come in (`events`, for history).",
    )
    publish_seconds: float = Field(
        1.0, gt=0, le=3600, description="How often changed scores go out at most. Smaller: fresher, more traffic."
    )
    session_seconds: float = Field(
        10.0,
        ge=6,
        le=300,
        description="How long a silent worker keeps its partitions. Smaller: faster take-over, more false alarms.",
    )
    transaction_records: int = Field(
        20_000,
        ge=1,
        le=1_000_000,
        description="Records that one transaction takes at most. Larger: faster backlogs, longer transactions.",
    )
    most_series: int = Field(
        400_000,
        ge=1_000,
        description="Series of subjects that a worker exports at most; 10,000 reps have 330,000 or less. Beyond it, the least "
        "important families are left out.",
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="How much a worker logs.")

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        """Refuse what would silently not be used, and what is missing beside it."""
        for name, needed, why in (
            *[(name, self._with_sasl, f"{PREFIX}BROKER_SECURITY=sasl_ssl") for name in _OF_SASL],
            *[(name, self._with_tls, f"{PREFIX}BROKER_SECURITY=ssl or sasl_ssl") for name in _OF_TLS],
            ("broker_key_file", self.broker_certificate_file, f"{PREFIX}BROKER_CERTIFICATE_FILE"),
            ("redis_ca_file", (self.redis_url or "").startswith("rediss:"), f"{PREFIX}REDIS_URL=rediss://…"),
        ):
            if getattr(self, name) is not None and not needed:
                raise ValueError(
                    f"{PREFIX}{name.upper()} is set, but is of no use without {why}: set that, or unset it"
                )
        for name in ("broker_user", "broker_password"):
            if self._with_sasl and getattr(self, name) is None:
                security = f"{PREFIX}BROKER_SECURITY is {self.broker_security}"
                raise ValueError(f"{PREFIX}{name.upper()} is not set, but {security}: set it, or change that")
        return self

    @property
    def state_name(self) -> str:
        """What the names of everything that is one generation's begin with: its group, topics and transactional ids.

        >>> Settings().state_name, Settings(generation=2).state_name
        ('upscore', 'upscore-g2')
        """
        return self.app if self.generation == 1 else f"{self.app}-g{self.generation}"

    def of_generation(self, generation: int) -> Self:
        """The same for another generation."""
        return self.model_copy(update={"generation": generation})

    @property
    def _with_sasl(self) -> bool:
        return self.broker_security.startswith("sasl")

    @property
    def _with_tls(self) -> bool:
        return self.broker_security.endswith("ssl")

    def stated(self) -> dict[str, str]:
        """What differs from the defaults, by variable, fit to be shown: without passwords and tokens.

        >>> Settings(redis_url="redis://:hush@cache:6379/0", partitions=4).stated()
        {'UPSCORE_REDIS_URL': 'redis://***@cache:6379/0', 'UPSCORE_PARTITIONS': '4'}
        """
        return {
            PREFIX + name.upper(): self._shown(name)
            for name, field in type(self).model_fields.items()
            if getattr(self, name) != field.default
        }

    def _shown(self, name: str) -> str:
        if name in SECRETS:
            return "(hidden)"
        value = getattr(self, name)
        return without_password(value) if name == "redis_url" else str(value)

    def __repr_args__(self) -> Iterable[tuple[str | None, object]]:
        return list(self.stated().items())

    @classmethod
    def from_env(cls, env: Mapping[str, str], **flags: object) -> Self:
        """The settings that the environment states, overridden by `flags` that are not None.

        Args:
            env: variables by name; those that begin with `UPSCORE_` are settings.
            flags: values from the command line, by field name.

        Raises:
            SettingsError: a variable is unknown or its value invalid; the message names it and what was expected.

        >>> Settings.from_env({"UPSCORE_PARTITIONS": "4"}, app="demo").partitions
        4
        >>> Settings.from_env({"UPSCORE_PARTITION": "4"})
        Traceback (most recent call last):
            ...
        streams.errors.SettingsError: UPSCORE_PARTITION: unknown setting; did you mean UPSCORE_PARTITIONS?
        """
        values: dict[str, object] = {
            name.removeprefix(PREFIX).lower(): value for name, value in env.items() if name.startswith(PREFIX)
        }
        for name in values:
            if name not in cls.model_fields:
                raise SettingsError(f"{PREFIX}{name.upper()}: unknown setting; {_hint(name)}")
        values = {name: value for name, value in values.items() if value != ""}  # set to nothing: not set
        values |= {name: value for name, value in flags.items() if value is not None}
        try:
            return cls.model_validate(values)
        except ValidationError as error:
            raise SettingsError(_refusal(error)) from None  # its text and its values may be secrets


def _refusal(error: ValidationError) -> str:
    first = error.errors(include_url=False)[0]
    message = first["msg"].removeprefix("Value error, ")
    if not first["loc"]:
        return message
    name = str(first["loc"][0])
    value = "cannot be used" if name in {*SECRETS, "redis_url"} else f"is {first['input']!r}"
    return f"{PREFIX}{name.upper()} {value}: {_lower_first(message)}"


def _hint(name: str) -> str:
    near = get_close_matches(name, Settings.model_fields, n=1)
    if near:
        return f"did you mean {PREFIX}{near[0].upper()}?"
    return "expected one of " + ", ".join(PREFIX + field.upper() for field in Settings.model_fields)


def _lower_first(message: str) -> str:
    return message[:1].lower() + message[1:]
