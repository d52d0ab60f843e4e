"""Keys and passwords: those that stand in a text are taken out of it, and those of this process go to no other."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, MutableMapping
from functools import cache
from typing import Any

from hipwright.finding import HipwrightError

MARK = "[secret removed]"
_SHORTEST = 8  # letters of a secret
# Names of environment variables that hold what a model's provider wants.
_VARIABLE = re.compile(
    r"(?:^|_)(?:API_?KEYS?|KEY|TOKEN|SECRET|PASSWORD|CREDENTIALS?)(?:_|$)|^AWS_(?!REGION|DEFAULT)", re.I
)
# Detectors of detect-secrets that know a form. Those that measure entropy take tables of constants for keys.
_DETECTORS = (
    "ArtifactoryDetector", "AWSKeyDetector", "AzureStorageKeyDetector", "BasicAuthDetector", "CloudantDetector",
    "DiscordBotTokenDetector", "GitHubTokenDetector", "GitLabTokenDetector", "IbmCloudIamDetector",
    "IbmCosHmacDetector", "JwtTokenDetector", "MailchimpDetector", "NpmDetector", "OpenAIDetector",
    "PrivateKeyDetector", "PypiTokenDetector", "SendGridDetector", "SlackDetector", "SoftlayerDetector",
    "SquareOAuthDetector", "StripeDetector", "TelegramBotTokenDetector", "TwilioKeyDetector",
)  # fmt: skip
_BLOCK = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.S)
# Forms that the detectors lack.
_OWN = re.compile(r"\b(?:sk-(?:ant-|proj-)?[\w-]{20,}|hf_[A-Za-z0-9]{30,}|AIza[\w-]{35}|github_pat_\w{40,})")
# What every form of the detectors has: a long word with a digit or in capitals, or an address. It spares most lines.
_WORTH = re.compile(r"://|[A-Z0-9]{16}|(?=[\w+/=.:-]*\d)[\w+/=.:-]{16}")
_ASSIGNED = re.compile(
    r"""(?i)\b(?:api_?key|secret_?key|access_?token|auth_?token|passw(?:or)?d|client_?secret)\w*["']?\s*[:=]\s*["']([^"'\s]{8,})["']"""
)


def take_keys(environment: MutableMapping[str, str] = os.environ) -> frozenset[str]:
    """Remove what looks like a key from the environment, and return the values: no compiler and no program gets them.

    To be called once the model's client has read its key.
    """
    names = [name for name in environment if _VARIABLE.search(name)]
    return frozenset(value for name in names if len(value := environment.pop(name)) >= 6)


def cleaned(text: str, keys: Iterable[str] = ()) -> str:
    """A text without secrets: each has `MARK` in its place. `keys` are values that must not be there either."""
    for key in keys:
        text = text.replace(key, MARK)
    text = _BLOCK.sub(MARK, text)
    text = _OWN.sub(MARK, text)
    text = _ASSIGNED.sub(lambda match: match.group().replace(match[1], MARK), text)
    for secret in _found(text):
        text = text.replace(secret, MARK)
    return text


def _found(text: str) -> set[str]:
    """What a detector's pattern finds: its longest group, or all of it where the groups are only parts of a prefix."""
    lines = [line for line in text.splitlines() if len(line) < 2000 and _WORTH.search(line)]
    found: set[str] = set()
    for match in (match for line in lines for pattern in _patterns() for match in pattern.finditer(line)):
        group = max((each for each in match.groups() if each), key=len, default="")
        found.add(group if len(group) >= _SHORTEST else match.group())
    return {secret for secret in found if len(secret) >= _SHORTEST}


@cache
def _patterns() -> tuple[re.Pattern[str], ...]:
    """The patterns of detect-secrets' detectors, without its filters: those pass over what looks like an example."""
    try:
        from detect_secrets.core.plugins.initialize import from_plugin_classname
    except ImportError as error:
        raise HipwrightError("detect-secrets is not installed", "pip install 'hipwright[agent]'", 2) from error
    detectors: list[Any] = [from_plugin_classname(name) for name in _DETECTORS]
    return tuple(pattern for each in detectors for pattern in each.denylist)
