"""deploy/kubernetes: valid by Kubernetes' own schemas, and what they say of each other and of a worker is so."""

from __future__ import annotations

from functools import cache
from typing import Any

import kubernetes_validate
import pytest
import yaml

from streams.errors import SettingsError
from streams.settings import PREFIX, SECRETS, Settings
from tests.compose_file import ROOT, services

FOLDER = ROOT / "deploy" / "kubernetes"
VERSIONS = ("1.30", "1.37")
"""The oldest that we say it works with, and the newest whose schemas there are."""
OPERATOR = {"PodMonitor", "Kustomization", "Component"}
"""Kinds that are not Kubernetes' own."""


@cache
def manifests() -> dict[str, dict[str, Any]]:
    """Each file has one object."""
    return {
        str(path.relative_to(FOLDER)): yaml.safe_load(path.read_text("utf-8"))
        for path in sorted(FOLDER.rglob("*.yaml"))
    }


def of_kind(kind: str) -> dict[str, Any]:
    (found,) = [each for each in manifests().values() if each["kind"] == kind]
    return found


def pods() -> list[dict[str, Any]]:
    return [of_kind(kind)["spec"]["template"] for kind in ("Deployment", "Job")]


def worker() -> dict[str, Any]:
    (container,) = of_kind("Deployment")["spec"]["template"]["spec"]["containers"]
    return container


def settings() -> dict[str, str]:
    return of_kind("ConfigMap")["data"]


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("name", [name for name, each in manifests().items() if each["kind"] not in OPERATOR])
def test_each_is_valid_by_the_schemas_of_kubernetes(name: str, version: str) -> None:
    kubernetes_validate.validate(manifests()[name], version, strict=True)


def test_everything_that_is_there_is_applied() -> None:
    for folder, kind in ((FOLDER, "Kustomization"), (FOLDER / "prometheus-operator", "Component")):
        listed = yaml.safe_load((folder / "kustomization.yaml").read_text("utf-8"))
        assert listed["kind"] == kind
        assert set(listed["resources"]) == {path.name for path in folder.glob("*.yaml")} - {"kustomization.yaml"}


def test_all_are_in_one_namespace_which_asks_for_restricted_pods() -> None:
    namespaced = [
        each for each in manifests().values() if each["kind"] not in {"Namespace", "Kustomization", "Component"}
    ]
    name = of_kind("Namespace")["metadata"]["name"]
    assert {each["metadata"]["namespace"] for each in namespaced} == {name}
    assert of_kind("Kustomization")["namespace"] == name
    assert of_kind("Namespace")["metadata"]["labels"] == {"pod-security.kubernetes.io/enforce": "restricted"}


@pytest.mark.parametrize("pod", pods(), ids=lambda pod: pod["metadata"]["labels"]["app.kubernetes.io/component"])
def test_pods_are_restricted_and_have_no_rights(pod: dict[str, Any]) -> None:
    spec = pod["spec"]
    assert spec["automountServiceAccountToken"] is False
    assert spec["serviceAccountName"] == of_kind("ServiceAccount")["metadata"]["name"]
    context = spec["securityContext"]
    assert context["runAsNonRoot"] is True
    assert f"USER {context['runAsUser']}:{context['runAsGroup']}" in (ROOT / "deploy/Dockerfile").read_text("utf-8")
    assert context["seccompProfile"] == {"type": "RuntimeDefault"}
    (container,) = spec["containers"]
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert {"cpu", "memory"} == container["resources"]["requests"].keys()
    assert "memory" in container["resources"]["limits"]
    assert [mount["mountPath"] for mount in container["volumeMounts"]] == ["/tmp"]  # noqa: S108 - a mount of the pod


@pytest.mark.parametrize("pod", pods(), ids=lambda pod: pod["metadata"]["labels"]["app.kubernetes.io/component"])
def test_variables_that_kubernetes_makes_of_services_do_not_reach_our_settings(pod: dict[str, Any]) -> None:
    service = of_kind("Service")["metadata"]["name"].upper().replace("-", "_")
    assert service.startswith(PREFIX)
    with pytest.raises(SettingsError):
        Settings.from_env({f"{service}_SERVICE_HOST": "10.0.0.1"})
    assert pod["spec"]["enableServiceLinks"] is False


def test_the_settings_are_such_and_hold_no_secret() -> None:
    made = Settings.from_env(settings())
    assert made.replication == 3
    assert not [name for name in settings() if name.removeprefix(PREFIX).lower() in SECRETS]
    assert "@" not in settings()["UPSCORE_REDIS_URL"]
    for pod in pods():
        (container,) = pod["spec"]["containers"]
        assert container["envFrom"] == [
            {"configMapRef": {"name": of_kind("ConfigMap")["metadata"]["name"]}},
            {"secretRef": {"name": "upscore", "optional": True}},
        ]
    assert "Secret" not in {each["kind"] for each in manifests().values()}


def test_no_more_workers_are_started_than_there_are_partitions() -> None:
    scaling = of_kind("HorizontalPodAutoscaler")["spec"]
    assert scaling["maxReplicas"] == Settings.from_env(settings()).partitions
    assert scaling["minReplicas"] >= 2
    deployment = of_kind("Deployment")
    assert scaling["scaleTargetRef"] == {
        "apiVersion": deployment["apiVersion"],
        "kind": "Deployment",
        "name": deployment["metadata"]["name"],
    }
    assert "replicas" not in deployment["spec"]


def test_what_selects_workers_finds_them_and_nothing_else() -> None:
    spec = of_kind("Deployment")["spec"]
    labels = spec["template"]["metadata"]["labels"]
    selectors = [
        spec["selector"]["matchLabels"],
        of_kind("Service")["spec"]["selector"],
        of_kind("PodDisruptionBudget")["spec"]["selector"]["matchLabels"],
        of_kind("PodMonitor")["spec"]["selector"]["matchLabels"],
    ]
    assert selectors == [labels] * 4
    assert of_kind("Job")["spec"]["template"]["metadata"]["labels"] != labels
    for pod in pods():
        guarded = of_kind("NetworkPolicy")["spec"]["podSelector"]["matchLabels"]
        assert guarded.items() <= pod["metadata"]["labels"].items()


def test_ports_agree() -> None:
    port = Settings.from_env(settings()).http_port
    (http,) = worker()["ports"]
    assert http == {"name": "http", "containerPort": port}
    (service,) = of_kind("Service")["spec"]["ports"]
    assert (service["port"], service["targetPort"]) == (port, "http")
    assert of_kind("Deployment")["spec"]["template"]["metadata"]["annotations"]["prometheus.io/port"] == str(port)
    assert of_kind("NetworkPolicy")["spec"]["ingress"][0]["ports"] == [{"port": port, "protocol": "TCP"}]
    (endpoint,) = of_kind("PodMonitor")["spec"]["podMetricsEndpoints"]
    assert (endpoint["port"], endpoint["path"]) == ("http", "/metrics")


def test_workers_may_reach_the_kafka_and_the_redis_of_the_settings() -> None:
    open_ports = {
        number
        for rule in of_kind("NetworkPolicy")["spec"]["egress"]
        for port in rule["ports"]
        for number in range(port["port"], port.get("endPort", port["port"]) + 1)
    }
    made = Settings.from_env(settings())
    redis = (made.redis_url or "").partition("//")[2].split("/")[0].rpartition(":")[2]
    assert {53, int(made.broker.rpartition(":")[2]), int(redis)} <= open_ports


def test_a_worker_that_recovers_is_not_killed_for_it() -> None:
    asked = {name: worker()[name]["httpGet"]["path"] for name in ("startupProbe", "livenessProbe", "readinessProbe")}
    assert asked == {"startupProbe": "/healthz", "livenessProbe": "/healthz", "readinessProbe": "/readyz"}
    for name in asked:
        assert worker()[name]["httpGet"]["port"] == "http"
    startup = worker()["startupProbe"]
    assert startup["periodSeconds"] * startup["failureThreshold"] >= 120
    assert of_kind("Deployment")["spec"]["template"]["spec"]["terminationGracePeriodSeconds"] >= 30


def test_the_job_of_the_metrics_is_the_one_that_rules_and_boards_name() -> None:
    monitor = of_kind("PodMonitor")["spec"]
    assert of_kind("Deployment")["spec"]["template"]["metadata"]["labels"][monitor["jobLabel"]] == "upscore"


def test_the_image_is_the_one_that_compose_builds() -> None:
    (image,) = of_kind("Kustomization")["images"]
    assert {container["image"] for pod in pods() for container in pod["spec"]["containers"]} == {image["name"]}
    assert services()["worker"]["image"] == f"{image['name']}:{image['newTag']}"
    assert worker()["args"] == services()["worker"]["command"]
    (topics,) = of_kind("Job")["spec"]["template"]["spec"]["containers"]
    assert topics["args"] == services()["topics"]["command"]
