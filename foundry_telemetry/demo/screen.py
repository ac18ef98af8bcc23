"""Standard output for what was asked for, standard error for progress."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final

from rich.console import Console, RenderableType
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn
from rich.table import Column
from rich.text import Text

from foundry_telemetry.demo import texts
from foundry_telemetry.demo.ledger import Row
from foundry_telemetry.demo.summary import Totals, summary
from foundry_telemetry.demo.table import FULL_WIDTH, LedgerTable
from foundry_telemetry.investigate.formatting import rounded, without_blanks

_NOT_A_TERMINAL: Final = FULL_WIDTH
"""Width of output that goes to a file or a pipe, so that nothing is cut."""


class Screen:
    """Shows a load while it runs.

    Args:
        as_json: Rows as JSON, one a line, and nothing else on standard output.
    """

    def __init__(self, *, as_json: bool) -> None:
        self._as_json = as_json
        self._out = _console()
        self._err = _console(stderr=True)
        self._table = LedgerTable(self._out)
        self._progress: Progress | None = None
        self._task = TaskID(0)
        self._started = False

    @contextmanager
    def working(self, seconds: float) -> Iterator[None]:
        """Show progress while the block runs, on a terminal only.

        Args:
            seconds: What a full bar stands for.
        """
        if not self._err.is_terminal or self._err.is_dumb_terminal:
            yield
            return
        # One line whatever the width: what is drawn over it could not be taken away whole.
        text = TextColumn("{task.description}", table_column=Column(no_wrap=True, overflow="ellipsis"))
        columns = (SpinnerColumn(), BarColumn(16), text)
        self._progress = Progress(*columns, console=self._err, transient=True, redirect_stdout=False)
        self._task = self._progress.add_task("", total=seconds)
        with self._progress:
            yield
        self._progress = None

    def show_progress(self, what: str, done: float | None = None) -> None:
        """Say what is being done.

        Args:
            what: A few words.
            done: Seconds of those given to `working`; without it the bar waits.
        """
        if self._progress is not None:
            # Drawn at once: what follows may take long, or hardly any time.
            self._progress.update(self._task, description=what, completed=done, refresh=True)

    def show(self, rows: Sequence[Row]) -> None:
        """Show rows that came in."""
        if not rows:
            return
        if self._as_json:
            with self._cleared():
                sys.stdout.write("".join(json.dumps(rounded(dict(row.fields))) + "\n" for row in rows))
                sys.stdout.flush()
            return
        if not self._started:
            self._started = True
            self._print(self._table.header())
        self._print(self._table.rows(rows))

    def show_page(self, url: str, link: str, *, opened: bool = False, stays: bool = False) -> None:
        """Show where the page is, on standard error, which is where a person looks when output is piped.

        Args:
            url: The address of its server.
            link: The address that opens it.
            opened: Whether it was opened in a browser.
            stays: Whether everything else is over.
        """
        words = texts.STAYS if stays else texts.OPENED if opened else ""
        with self._cleared():
            if stays:
                command = texts.INCIDENT.format(url=url)
                self._err.print(Text.assemble((f"{texts.NEXT_STEP:{texts.LABEL_WIDTH}}", "bold"), command))
            self._err.print(Text.assemble((f"{texts.WORKBOOK:{texts.LABEL_WIDTH}}", "bold"), link, words))

    def close(self, totals: Totals, verdict: RenderableType | None) -> None:
        """Show the summary, if anything came; with JSON on standard error, on a terminal only.

        Args:
            totals: Of all rows.
            verdict: What to say last.
        """
        console = self._err if self._as_json else self._out
        if not totals.rows or (self._as_json and not console.is_terminal):
            return
        console.print()
        for line in without_blanks(summary(totals, console), console):
            console.print(line, soft_wrap=True)
        if verdict is not None:
            console.print(verdict)

    def _print(self, what: RenderableType) -> None:
        with self._cleared():
            for line in without_blanks(what, self._out):
                self._out.print(line, soft_wrap=True)

    @contextmanager
    def _cleared(self) -> Iterator[None]:
        """Take the progress away while something is written: both may be the same terminal."""
        if self._progress is None or not self._out.is_terminal:
            yield
            return
        self._progress.stop()
        yield
        self._progress.start()


def _console(*, stderr: bool = False) -> Console:
    console = Console(stderr=stderr, highlight=False)
    if not console.is_terminal and "COLUMNS" not in os.environ:
        console.width = _NOT_A_TERMINAL
    return console
