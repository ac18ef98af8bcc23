"""The address: each wrong form is found, with the right one; what might be a secret is not shown."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from foundry_telemetry.investigate.doctor import address
from tests.investigate.doctor.scenes import ADDRESS, named, scene

HOST = "https://my-resource.services.ai.azure.com"


def look(url: str = "", resource: str = "") -> list[address.Finding]:
    """The findings for these two variables."""
    variables = {"ANTHROPIC_FOUNDRY_BASE_URL": url, "ANTHROPIC_FOUNDRY_RESOURCE": resource}
    return list(address.check(scene(variables=variables)))


@pytest.mark.parametrize(
    "url",
    [
        ADDRESS,
        f"{ADDRESS}/",
        "https://my-resource.openai.azure.com/anthropic",
        "https://my-resource.cognitiveservices.azure.us/anthropic",
        f" {ADDRESS}\n",
    ],
)
def test_right_forms(url: str) -> None:
    """Every host of Azure with /anthropic at its end is well."""
    found = named(look(url), "base URL")
    assert (found.state, found.seen) == ("ok", url.strip())


@pytest.mark.parametrize(
    ("url", "words", "right"),
    [
        (HOST, "/anthropic is missing at the end", ADDRESS),
        (f"{HOST}/", "/anthropic is missing at the end", ADDRESS),
        (f"{HOST}/anthropic/anthropic", "contains /anthropic twice", ADDRESS),
        (f"{HOST}/anthropic/v1", "remove /v1 from the path", ADDRESS),
        (f"{HOST}/anthropic/v1/messages", "remove /v1 from the path", ADDRESS),
        (f"{HOST}/openai/deployments/x", "expected /anthropic", ADDRESS),
        (f"{HOST}/api/projects/x", "expected /anthropic", ADDRESS),
        (
            "https://gw.example.com/claude/v1/messages",
            "remove /v1 from the path",
            "https://gw.example.com/claude",
        ),
        ("http://my-resource.services.ai.azure.com/anthropic", "are sent unencrypted", ADDRESS),
    ],
)
def test_wrong_paths(url: str, words: str, right: str) -> None:
    """A path that is missing, doubled or too long is a 404 in every call; the fix is the right URL."""
    found = named(look(url), "base URL")
    assert found.state == "failure"
    assert words in found.seen
    assert found.fix == f"export ANTHROPIC_FOUNDRY_BASE_URL={right}"


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("https://api.anthropic.com", "Anthropic's own API"),
        ("https://ai.azure.com/build", "the portal"),
        ("https://x.eastus2.inference.ai.azure.com/anthropic", "other models"),
        ("https://x.models.ai.azure.com/anthropic", "other models"),
        ("https://eastus2.api.cognitive.microsoft.com/anthropic", "of a region"),
        ("https://x.privatelink.services.ai.azure.com/anthropic", "private endpoint"),
    ],
)
def test_wrong_hosts(url: str, words: str) -> None:
    """Hosts that never serve Claude of Foundry are told apart."""
    found = named(look(url), "base URL")
    assert found.state == "failure"
    assert words in found.seen


def test_gateways() -> None:
    """A gateway is well, but other clients than the SDK's must be told that it counts."""
    found = named(look("https://gw.example.com/claude"), "base URL")
    assert (found.state, found.fix) == ("warning", 'configure(hosts=["gw.example.com"])')
    assert look("http://127.0.0.1:8000/anthropic")[0].state == "warning"


@pytest.mark.parametrize(
    "url",
    [
        "my-resource",
        "ftp://CANARY/anthropic",
        "https://CANARY:CANARY@gw.example.com/anthropic",
        f"{ADDRESS}?api-key=CANARY",
        f"{ADDRESS}#CANARY",
        "https://[CANARY/",
        "https://gw.example.com:CANARY/",
        "https://gw.example.com/CANARY\x1b[31m/v1",
        "sk-ant-CANARY",
        "\x1b]0;CANARY\x07",
    ],
)
def test_nothing_that_may_be_a_secret(url: str) -> None:
    """What is no plain URL is not shown, nor user, query and fragment of one."""
    (found,) = look(url)
    assert found.state == "failure"
    assert "CANARY" not in f"{found}"
    assert "\x1b" not in found.seen


@given(st.text(max_size=80).map(lambda text: "https://gw.example.com/" + text) | st.text(max_size=80))
@example("https://gw.example.com/$(reboot)/v1")
def test_any_text(text: str) -> None:
    """Whatever is set, the check finds something to say, in printable characters and safe for a shell."""
    for found in look(text):
        assert found.seen.isprintable()
        assert not set(str(found.fix)) & set("$`|&;\n\x1b")


@pytest.mark.parametrize("key", ["0123456789abcdef0123456789abcdef", "A1" * 42])
def test_a_key_in_the_wrong_place(key: str) -> None:
    """A key that stands where a resource or a host should is not asked for in the DNS, and not shown."""
    for variables in (
        {"ANTHROPIC_FOUNDRY_RESOURCE": key},
        {"ANTHROPIC_FOUNDRY_BASE_URL": f"https://{key}.services.ai.azure.com/anthropic"},
        {"ANTHROPIC_FOUNDRY_BASE_URL": key},
    ):
        asked = scene(variables=variables)
        assert asked.address is None
        assert key not in f"{list(address.check(asked))}".replace(key.lower(), key)


@pytest.mark.parametrize(
    "url", ["my-resource", "ftp://x", "https://[x", "https://x:y/", "https://x:0/", "https://"]
)
def test_no_address(url: str) -> None:
    """What is no URL is no address, so that nobody is asked."""
    assert scene(base_url=url).address is None


def test_resource() -> None:
    """A resource is a name; a host is cut to it, and a key is not shown."""
    assert named(look(resource="my-resource"), "resource").state == "ok"
    assert named(look(resource="my-resource"), "base URL").state == "ok"
    for whole in ("my-resource.services.ai.azure.com", f"{ADDRESS}/"):
        found = named(look(resource=whole), "resource")
        assert (found.state, found.fix) == ("failure", "export ANTHROPIC_FOUNDRY_RESOURCE=my-resource")
    for key in ("0123456789abcdef0123456789abcdef", "A1" * 42):
        found = named(look(resource=key), "resource")
        assert found.state == "failure"
        assert key not in f"{found}"


def test_both_and_neither() -> None:
    """Both variables are an error of the SDK; without either nothing is known, which is no failure."""
    assert "ValueError" in named(look(ADDRESS, "my-resource"), "resource").seen
    (found,) = look()
    assert found.state == "skipped"
    asked = scene(base_url=HOST, variables={"ANTHROPIC_FOUNDRY_RESOURCE": "my-resource"})
    assert "is missing at the end" in named(address.check(asked), "base URL").seen


def test_the_sdk_agrees(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the SDK makes of both variables is what is said of them."""
    from anthropic import AnthropicFoundry

    monkeypatch.setenv("ANTHROPIC_FOUNDRY_RESOURCE", "my-resource")
    asked = scene(variables={"ANTHROPIC_FOUNDRY_RESOURCE": "my-resource"})
    assert str(AnthropicFoundry(api_key="x").base_url).rstrip("/") == asked.address
    monkeypatch.setenv("ANTHROPIC_FOUNDRY_BASE_URL", ADDRESS)
    with pytest.raises(ValueError, match="exclusive"):
        AnthropicFoundry(api_key="x")
