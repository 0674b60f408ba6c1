"""docker-compose.yml, as far as it can be judged by reading; what the program makes of it: tests/whole/test_compose.py."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import PurePosixPath
from typing import Any

import pytest
import yaml

from streams.local.jars import KAFKA_VERSION
from streams.redis_store import create_score_store
from streams.settings import PREFIX, SECRETS, Settings
from tests.compose_file import COMPOSE_FILE, ONE_SHOT, OURS, ROOT, compose, environment, services, with_defaults

SERVICES = sorted(services())
LASTING = [name for name in SERVICES if name not in ONE_SHOT]
KAFKA_ENDS = ("INTERNAL", "HOST", "CONTROLLER")


def mounts() -> list[tuple[str, str, str]]:
    """Service, what is mounted, where, of everything that is no named volume."""
    of_all = [(name, *volume.split(":")) for name in SERVICES for volume in services()[name].get("volumes", [])]
    return [(name, source, ":".join(rest)) for name, source, *rest in of_all if source.startswith(".")]


def host_ports() -> list[tuple[str, str, range]]:
    """Service, address and ports of the host."""
    found = []
    for name in SERVICES:
        for port in services()[name].get("ports", []):
            address, published, _ = with_defaults(port).split(":")
            first, _, last = published.partition("-")
            found.append((name, address, range(int(first), int(last or first) + 1)))
    return found


def seconds(duration: str) -> int:
    number, unit = re.fullmatch(r"(\d+)(s|m)", duration).groups()
    return int(number) * {"s": 1, "m": 60}[unit]


def depends_on(name: str) -> dict[str, str]:
    return {other: wanted["condition"] for other, wanted in services()[name].get("depends_on", {}).items()}


def test_the_stack_is_whole() -> None:
    assert {"kafka", "redis", "topics", "worker", "prometheus", "alertmanager", "grafana", "crm"} == set(SERVICES)
    assert [name for name in SERVICES if "profiles" in services()[name]] == ["crm"]
    assert services()["crm"]["profiles"] == ["demo"]


@pytest.mark.parametrize("name", SERVICES)
def test_every_service_has_a_health_check_that_ends_in_time(name: str) -> None:
    check = services()[name]["healthcheck"]
    assert check["test"][0] in {"CMD", "CMD-SHELL"}
    assert seconds(check["timeout"]) <= seconds(check["interval"])
    assert check["retries"] >= 3


@pytest.mark.parametrize("name", SERVICES)
def test_every_service_is_hardened_bounded_and_logs_within_limits(name: str) -> None:
    service = services()[name]
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["logging"]["options"] == {"max-size": "10m", "max-file": "3"}
    assert set(service["deploy"]["resources"]["limits"]) == {"cpus", "memory"}
    assert service["restart"] == ("no" if name in ONE_SHOT else "unless-stopped")
    assert not {"privileged", "network_mode", "pid", "cap_add", "devices"} & service.keys()
    assert service.get("user", "some").split(":")[0] not in {"root", "0"}


def test_root_file_systems_are_read_only_but_kafkas() -> None:
    assert [name for name in SERVICES if not services()[name].get("read_only")] == ["kafka"]


@pytest.mark.parametrize("name", SERVICES)
def test_images_are_pinned(name: str) -> None:
    image, _, version = services()[name]["image"].partition(":")
    assert re.fullmatch(r"v?\d+\.\d+\.\d+(-alpine)?", version), f"{image} is not pinned: {version!r}"
    assert image != "grafana/grafana-oss"


def test_our_image_has_the_version_of_the_project_and_kafka_that_of_the_tests() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert {services()[name]["image"] for name in OURS} == {f"upscore:{project['version']}"}
    assert {json.dumps(services()[name]["build"]) for name in OURS} == {
        json.dumps({"context": ".", "dockerfile": "deploy/Dockerfile"})
    }
    assert services()["kafka"]["image"] == f"apache/kafka:{KAFKA_VERSION}"


@pytest.mark.parametrize(("name", "source", "target"), mounts())
def test_what_is_mounted_is_in_the_repository_and_read_only(name: str, source: str, target: str) -> None:
    assert (ROOT / source).exists(), f"{name} mounts {source}, which is not there"
    assert target.endswith(":ro"), f"{name} may write to {source}"


def test_named_volumes_are_declared_and_used() -> None:
    named = {volume.split(":")[0] for name in SERVICES for volume in services()[name].get("volumes", [])}
    assert {volume for volume in named if not volume.startswith(".")} == set(compose()["volumes"])


def test_host_ports_are_loopbacks_and_do_not_meet() -> None:
    assert {address for _, address, _ in host_ports()} == {"127.0.0.1"}
    taken = [port for _, _, ports in host_ports() for port in ports]
    assert len(taken) == len(set(taken))


def test_there_is_a_host_port_for_every_worker_that_may_do_work() -> None:
    (ports,) = [ports for name, _, ports in host_ports() if name == "worker"]
    partitions = int(environment("worker")["UPSCORE_PARTITIONS"])
    assert len(ports) >= 2 * partitions
    assert int(with_defaults(services()["worker"]["deploy"]["replicas"])) <= partitions


@pytest.mark.parametrize("name", OURS)
def test_the_environment_is_made_of_settings_that_a_worker_takes(name: str) -> None:
    stated = environment(name)
    settings = Settings.from_env(stated)
    assert set(stated) <= {PREFIX + field.upper() for field in Settings.model_fields}
    assert settings.broker == "kafka:19092"
    assert settings.redis_url == "redis://redis:6379/0"
    create_score_store(settings)


def test_our_services_agree_on_what_they_share() -> None:
    worker = environment("worker")
    for name in OURS:
        assert environment(name).items() <= worker.items()


def test_no_secret_is_written_down_and_no_variable_lacks_a_default() -> None:
    text = COMPOSE_FILE.read_text("utf-8")
    with_defaults(text)
    assert not re.search(r"(?i)(password|secret|token|api_?key)[A-Z_]*\s*[:=]\s*[^\s{$]", text)
    assert not [name for name in SECRETS if f"{PREFIX}{name.upper()}" in text]
    assert "env_file" not in text


def test_workers_and_the_crm_wait_until_the_topics_are_created() -> None:
    assert depends_on("topics") == {"kafka": "service_healthy"}
    for name in ("worker", "crm"):
        assert depends_on(name)["topics"] == "service_completed_successfully"
    assert depends_on("worker")["redis"] == "service_started", "a worker must not need a healthy Redis"


def test_clients_are_told_an_address_of_kafka_that_they_can_reach() -> None:
    kafka = environment("kafka")
    told = dict(end.split("://") for end in kafka["KAFKA_ADVERTISED_LISTENERS"].split(","))
    opened = dict(end.split("://") for end in kafka["KAFKA_LISTENERS"].split(","))
    assert told == {"INTERNAL": environment("worker")["UPSCORE_BROKER"], "HOST": "127.0.0.1:9092"}
    assert tuple(opened) == KAFKA_ENDS
    for end, address in told.items():
        assert opened[end] == ":" + address.rpartition(":")[2]
    assert services()["kafka"]["ports"] == ["127.0.0.1:9092:9092"]
    assert kafka["KAFKA_AUTO_CREATE_TOPICS_ENABLE"] == "false"


def test_a_worker_has_time_to_stop() -> None:
    assert seconds(services()["worker"]["stop_grace_period"]) >= 30


def test_prometheus_finds_its_configuration_rules_and_alertmanager() -> None:
    configuration = yaml.safe_load((ROOT / "deploy/prometheus/prometheus.yml").read_text("utf-8"))
    assert "--config.file=/etc/prometheus/prometheus.yml" in services()["prometheus"]["command"]
    for pattern in configuration["rule_files"]:
        inside = PurePosixPath("/etc/prometheus") / pattern
        assert list((ROOT / "deploy/prometheus").glob(str(inside.relative_to("/etc/prometheus")))), pattern
    (job,) = [job for job in configuration["scrape_configs"] if job["job_name"] == "upscore"]
    (found,) = job["dns_sd_configs"]
    assert found["names"] == ["worker"]
    assert found["type"] == "A"
    assert str(found["port"]) == environment("worker")["UPSCORE_HTTP_PORT"]
    interval = job.get("scrape_interval") or configuration["global"]["scrape_interval"]
    assert provisioned("datasources")["datasources"][0]["jsonData"]["timeInterval"] == interval
    (managers,) = configuration["alerting"]["alertmanagers"]
    assert managers["static_configs"] == [{"targets": ["alertmanager:9093"]}]


def test_templates_of_notifications_are_where_alertmanager_looks() -> None:
    configuration = yaml.safe_load((ROOT / "deploy/alertmanager/alertmanager.yml").read_text("utf-8"))
    placed = {
        PurePosixPath(target.removesuffix(":ro")): ROOT / source
        for name, source, target in mounts()
        if name == "alertmanager"
    }
    home = PurePosixPath("/etc/alertmanager")
    for pattern in configuration["templates"]:
        folder = PurePosixPath(*_normal(home / pattern).parts[:-1])
        assert folder in placed, f"{pattern} is in {folder}, where nothing is mounted"
        assert list(placed[folder].glob(PurePosixPath(pattern).name)), pattern


def test_grafana_is_given_the_data_source_and_the_folder_that_boards_name() -> None:
    (source,) = provisioned("datasources")["datasources"]
    assert (source["uid"], source["type"]) == ("upscore-prometheus", "prometheus")
    assert source["url"] == "$PROMETHEUS_URL"
    assert environment("grafana")["PROMETHEUS_URL"] == "http://prometheus:9090"
    (provider,) = provisioned("dashboards")["providers"]
    assert (provider["folder"], provider["allowUiUpdates"]) == ("upscore", False)
    boards = [target for name, source, target in mounts() if source == "./dashboards/generated"]
    assert boards == [f"{provider['options']['path']}:ro"]


def test_grafana_opens_on_a_board_that_exists() -> None:
    home = PurePosixPath(environment("grafana")["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"])
    board = json.loads((ROOT / "dashboards/generated" / home.name).read_text("utf-8"))
    assert board["uid"] == "upscore-company"


def provisioned(kind: str) -> dict[str, Any]:
    (file,) = (ROOT / "deploy/grafana/provisioning" / kind).glob("*.yaml")
    return yaml.safe_load(file.read_text("utf-8"))


def _normal(path: PurePosixPath) -> PurePosixPath:
    parts: list[str] = []
    for part in path.parts:
        parts = parts[:-1] if part == ".." else [*parts, part]
    return PurePosixPath(*parts)
