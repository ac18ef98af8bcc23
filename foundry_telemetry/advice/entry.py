"""What an entry of the advice holds, and the words that entries share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal, NamedTuple, get_args

from msgspec import Struct

from foundry_telemetry.observation import Owner
from foundry_telemetry.schema import field_table as names
from foundry_telemetry.wire.causes import CLASSES

SupportChannel = Literal["Azure", "Anthropic", "Entra"]
"""Who takes a ticket."""

Tab = Literal["Incident", "Auth", "Limits", "Streams"]
"""The workbook's tab that shows most of the cause."""

IDS: Final[Mapping[SupportChannel, tuple[str, ...]]] = {
    "Azure": (names.AZURE_REQUEST_ID,),
    "Anthropic": (names.ANTHROPIC_REQUEST_ID,),
    "Entra": (names.ENTRA_CODE, names.ENTRA_TRACE_ID, names.ENTRA_CORRELATION_ID),
}
"""The ledger's fields that each channel asks for."""

OWNERS: Final[tuple[Owner, ...]] = get_args(Owner)


class Step(NamedTuple):
    """One thing to do."""

    text: str
    """Plain text: no double quotes, no Markdown, so that a query, a note and a page can hold it."""
    command: str | None = None
    """For a shell; what to fill in is one of ``PLACEHOLDERS``. None of them shows a key or a token."""


class Advice(Struct, frozen=True, kw_only=True):
    """What a failure means and what to do about it."""

    about: str
    """The failure class; in a fallback the owner, or ``unknown``."""
    meaning: str
    """One sentence."""
    next_step: str
    """What to do first, at most 110 characters; it fits a note and a string literal of KQL as it is."""
    steps: tuple[Step, ...]
    """In order: the likely before the rare, looking before changing."""
    relevant_fields: tuple[str, ...]
    """The ledger's fields with more about it."""
    tab: Tab = "Incident"
    retry: str
    """Whether, when and how another attempt helps."""
    ticket: str
    """When to open one, or why none can be opened; follows the name of the support channel."""
    support_channels: tuple[SupportChannel, ...] = ()
    """Whom to open it with; empty for nobody."""

    @property
    def owner(self) -> Owner | None:
        """Who has to act, from the table of classes."""
        if self.about in CLASSES:
            return CLASSES[self.about].owner
        return next((owner for owner in OWNERS if owner == self.about), None)

    @property
    def retryable(self) -> bool | None:
        """Whether another attempt can help, by its class; ``None`` where only the attempt can tell."""
        return CLASSES[self.about].retryable if self.about in CLASSES else None

    @property
    def ids(self) -> tuple[str, ...]:
        """The ledger's fields that go into the ticket."""
        return tuple(field for channel in self.support_channels for field in IDS[channel])


def by_name(*entries: Advice) -> Mapping[str, Advice]:
    """The entries by what they are about."""
    return {entry.about: entry for entry in entries}


SCOPE: Final = "https://ai.azure.com/.default"
"""The token scope of the current documentation; the service's own error text names its audience."""

DATA_ACTION: Final = "Microsoft.CognitiveServices/accounts/AIServices/providers/action"
"""What a role must allow before Claude may be called."""

ROLE_ID: Final = "53ca6127-db72-4b80-b1b0-d745d6d5456d"
"""Foundry User, formerly Azure AI User. The id outlived the renaming; either name may still be shown."""

USE_PROVIDER: Final = (
    "Pass azure_ad_token_provider=get_bearer_token_provider(credential, scope) of azure-identity to the "
    f"client, with the scope {SCOPE}."
)

_RESOURCE: Final = "-n <resource> -g <resource-group>"
SHOW: Final = f"az cognitiveservices account show {_RESOURCE} --query"
"""Begins a question about the resource."""
KEY_DIGEST: Final = f"az cognitiveservices account keys list {_RESOURCE} --query key1 -o tsv | sha256sum"
RULES: Final = f"az cognitiveservices account network-rule list {_RESOURCE}"
ADD_RULE: Final = f"az cognitiveservices account network-rule add {_RESOURCE} --ip-address <address>"
DEPLOYMENTS: Final = (
    f"az cognitiveservices account deployment list {_RESOURCE} --query "
    '"[].[name, properties.model.name, properties.model.version, properties.provisioningState]" -o tsv'
)
TOKEN: Final = f"az account get-access-token --scope {SCOPE} --query tenant -o tsv"
"""Gets a token and shows its tenant only."""
TENANT: Final = "az account show --subscription <subscription> --query tenantId -o tsv"
RESOLVE: Final = "nslookup <resource>.services.ai.azure.com"
REACH: Final = "curl -sSI https://<resource>.services.ai.azure.com/anthropic/v1/messages"


class Placeholder(NamedTuple):
    """Something to fill in."""

    meaning: str
    field: str | None = None
    """The ledger's field that holds it, where one does."""


PLACEHOLDERS: Final[Mapping[str, Placeholder]] = {
    "<address>": Placeholder("the public IP address, or range, of your service"),
    "<application-id>": Placeholder("the client ID of the application or identity", names.TOKEN_APPLICATION),
    "<location>": Placeholder("the region of the resource, such as eastus2"),
    "<principal-id>": Placeholder("the object ID of the calling identity"),
    "<resource>": Placeholder("the name of the Foundry resource", names.RESOURCE),
    "<resource-group>": Placeholder("the resource group of the resource"),
    "<resource-id>": Placeholder(
        "the full ID of the resource, as az cognitiveservices account list shows it"
    ),
    "<subscription>": Placeholder("the subscription of the resource: name or id"),
    "<tenant>": Placeholder("the tenant of that subscription"),
}
"""What may stand in a text or a command between angle brackets."""
