"""Settings: every knob of upscore, with its unit, bounds and default. The README's table is generated from here."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from schemas.currencies import EXPONENTS
from streams.errors import SettingsError

PREFIX = "UPSCORE_"


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


class Settings(BaseModel):
    """What a worker or a command runs with. Unknown or invalid values are errors at the start, never a silent default."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    broker: str = Field(
        "127.0.0.1:9092",
        pattern=r"^[^\s,]+:\d+(,[^\s,]+:\d+)*$",
        description="Kafka, `host:port`, several with commas.",
    )
    redis_url: str | None = Field(
        None,
        description="Redis for latest scores and leaderboards, `redis://…` or `unix://…`. Unset: the worker's memory.",
    )
    http_host: str = Field("127.0.0.1", description="Address on which a worker serves /metrics, the API and the board.")
    http_port: int = Field(6066, ge=0, le=65535, description="Its port; 0 takes any free one.")
    app: str = Field(
        "upscore",
        pattern=r"^[a-zA-Z0-9][a-zA-Z0-9._-]{0,99}$",
        description="Name of this installation: group, internal topics, transactional ids and Redis keys begin with it.",
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
        ge=366,
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
        5_000,
        ge=1,
        le=1_000_000,
        description="Records that one transaction takes at most. Larger: faster backlogs, longer transactions.",
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="How much a worker logs.")

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
            first = error.errors()[0]
            name = f"{PREFIX}{str(first['loc'][0]).upper()}"
            raise SettingsError(f"{name} is {first['input']!r}: {_lower_first(first['msg'])}") from error


def _hint(name: str) -> str:
    near = get_close_matches(name, Settings.model_fields, n=1)
    if near:
        return f"did you mean {PREFIX}{near[0].upper()}?"
    return "expected one of " + ", ".join(PREFIX + field.upper() for field in Settings.model_fields)


def _lower_first(message: str) -> str:
    return message[:1].lower() + message[1:]
