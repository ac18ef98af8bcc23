"""Who a call is made for: tags the application gives, that every record of the calls inside will carry.

*Block*: one ``with attribute(...)``. *Tags in force*: those of all blocks a piece of code runs in, merged.

========================  ==========================================================================
``attribute``             a block, or a decorator for a function, a coroutine or a generator
``set_tags``              which tags go on metrics, which values are hashed
``carry_tags``            in ``.threads``: takes the tags into a thread, an executor or a process
``AsgiAttribution``       in ``.web``: tags of a web request from a resolver; ``WsgiAttribution`` too
``carry_through_celery``  in ``.celery``: takes the tags from where a task is sent to where it runs
========================  ==========================================================================
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextvars import ContextVar
from types import TracebackType
from typing import Final, NamedTuple, ParamSpec, TypeVar

from foundry_telemetry.attribution.tags import check_key, clean, is_untouched, metric_tags, set_tags
from foundry_telemetry.observation import NO_TAGS

__all__ = ["attribute", "block_of", "current_tags", "is_untouched", "metric_tags", "set_tags"]

P = ParamSpec("P")
R = TypeVar("R")

_MAX_TAGS: Final = 8


class _Scope(NamedTuple):
    """The blocks a piece of code runs in, outermost first, and their tags merged."""

    blocks: tuple[attribute, ...]
    tags: Mapping[str, str]


_NO_SCOPE: Final = _Scope((), NO_TAGS)
_scope: ContextVar[_Scope] = ContextVar("foundry_telemetry.attribution", default=_NO_SCOPE)


class attribute:  # noqa: N801 - used as a verb: `with attribute(tenant="acme"):`
    """Tag every call made inside the block: ``with attribute(tenant="acme", feature="search"):``.

    Inner tags are added to the outer ones and win over them; an empty value takes an outer tag away. The tags
    follow the context: tasks started inside have them, other tasks and plain threads do not. As a decorator
    it is a block around each call of a function, sync or async; of a generator, around each step that it
    takes, and not around what its consumer does in between.

    Args:
        **tags: At most 8 in force at a time. Keys are ``[a-z][a-z0-9_]{0,31}``. Values lose what is not
            printable and are cut at 128 characters; those of ``user``, ``email`` and other keys that name a
            person are hashed, see `set_tags`.

    Raises:
        TypeError: A value is not a string.
        ValueError: A key does not fit, or the block would have more than 8 tags.
    """

    __slots__ = ("_alone", "_given")

    def __init__(self, /, **tags: str) -> None:
        self._given: Mapping[str, str] = {check_key(key): clean(key, value) for key, value in tags.items()}
        if len(self._given) > _MAX_TAGS and len(list(filter(None, self._given.values()))) > _MAX_TAGS:
            raise _too_many(self._given)
        self._alone: _Scope | None = None  # with no other block around it; nearly always so

    def __call__(self, function: Callable[P, R], /) -> Callable[P, R]:
        """Put a block around each call of `function`.

        Raises:
            TypeError: It is no function.
        """
        # Imported where it is needed: `inspect` and four wrappers are nothing to a plain `with`.
        from foundry_telemetry.attribution.wrapping import wrapped  # noqa: PLC0415

        return wrapped(self, function)

    def __enter__(self) -> None:
        outer = _scope.get()
        if outer is _NO_SCOPE:
            if self._alone is None:
                self._alone = _merge((self,))
            _scope.set(self._alone)
            return
        scope = _merge((*outer.blocks, self))
        if len(scope.tags) > _MAX_TAGS:
            raise _too_many(scope.tags)
        _scope.set(scope)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
        /,
    ) -> None:
        # Not `ContextVar.reset`: it raises in a context other than the one entered (generator dependencies of
        # web frameworks), and when a generator ends inside a younger block of its consumer it would bring
        # the generator's tags back at the end of that block. So take out this block, wherever it is.
        scope = _scope.get()
        if scope is self._alone:
            _scope.set(_NO_SCOPE)
            return
        blocks = scope.blocks
        for index in reversed(range(len(blocks))):
            if blocks[index] is self:
                left = blocks[:index] + blocks[index + 1 :]
                _scope.set(_merge(left) if left else _NO_SCOPE)
                return


def current_tags() -> Mapping[str, str]:
    """Return the tags in force here, read-only; `observation.NO_TAGS` when there are none."""
    return _scope.get().tags


class _Carried(attribute):
    """A block that nobody wrote here, so nobody here is to catch what it raises."""

    __slots__ = ()


def block_of(tags: Mapping[str, str] | attribute) -> attribute:
    """A block with tags from elsewhere, already cleaned and hashed. Entering it never raises.

    Args:
        tags: As they were in force, at most 8; or a block that was made but not entered.
    """
    block = _Carried()
    block._given = tags._given if isinstance(tags, attribute) else tags  # noqa: SLF001 - its own module
    return block


def _too_many(tags: Mapping[str, str]) -> ValueError:
    return ValueError(f"attribute(): tags {sorted(tags)!r}; expected at most {_MAX_TAGS}")


def _merge(blocks: tuple[attribute, ...]) -> _Scope:
    tags = _tags(blocks)
    if len(tags) > _MAX_TAGS:
        # What was carried here meets tags that nobody there knew of: these stand back until it ends.
        carried = [index for index, block in enumerate(blocks) if isinstance(block, _Carried)]
        tags = _tags(blocks[carried[-1] :]) if carried else tags
    return _Scope(blocks, tags or NO_TAGS)


def _tags(blocks: tuple[attribute, ...]) -> dict[str, str]:
    merged: dict[str, str] = {}
    for block in blocks:
        merged |= block._given  # noqa: SLF001 - its own module
    return {key: value for key, value in merged.items() if value}
