"""What the layout may have is put into Grafana's words by tables; what they do not know is an error."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from dashboards.builder.grafana import UnmappedError, dashboard
from dashboards.builder.grafana.field_overrides import properties
from dashboards.builder.grafana.grid import Sized, columns, place
from dashboards.builder.grafana.lint import findings, panels
from dashboards.builder.grafana.references import Kinds, in_kql, in_words
from dashboards.builder.grafana.units import UNITS, numbered, sign
from dashboards.builder.inputs import ChoiceInput, Input, OneInput, OptionsInput, TextInput, TimeInput
from dashboards.builder.visualizations import HIDDEN, TIME, Chart, Column, Table, bar, heat, icons, number
from dashboards.builder.workbook import Group, Item, Parameters, Query, Tabs, Text, When
from foundry_telemetry.local.page import supported

TIME_RANGE = TimeInput(name="TimeRange", label="Time", description="", minutes=(60,), first=60)
DEPLOYMENT = ChoiceInput(name="Deployment", label="Deployment", description="", query="deployment_names")
MODEL = ChoiceInput(name="Model", label="Model", description="", query="model_names")
SERVICE = ChoiceInput(name="Service", label="Service", description="", query="service_names")
VERSION = ChoiceInput(name="Version", label="Version", description="", query="version_names")
TAG = OneInput(name="TagKey", label="Tag", description="", query="tag_keys", first="tenant")
TAG_VALUE = ChoiceInput(name="TagValue", label="Tag value", description="", query="tag_values")
ALL_FILTERS = (TIME_RANGE, DEPLOYMENT, MODEL, SERVICE, VERSION, TAG, TAG_VALUE)
KINDS: Kinds = {"TimeRange": "time", "Deployment": "many", "Id": "one"}


def step(look: Any, query: str = "by_deployment", **keys: Any) -> Query:
    """A step of some look."""
    return Query(
        **(
            {
                "name": "one step",
                "query": query,
                "title": "One",
                "visualization": look,
                "empty": "Nothing. So.",
                "brush": "TimeRange",
            }
            | keys
        )
    )


def made(*items: Item, filters: tuple[Input, ...] = ALL_FILTERS) -> dict[str, Any]:
    """The dashboard of a layout."""
    return dashboard((Parameters(name="filters", inputs=filters), *items))


def drawn(look: Any, **keys: Any) -> Any:
    """The panel of a look."""
    [panel] = [panel for panel in panels(made(step(look, **keys))) if panel["type"] not in ("row", "traces")]
    return panel


# --- references --------------------------------------------------------------------------------------------

REFERENCES = {
    "{TimeRange:start}": "$__timeFrom()",
    "{TimeRange:end}": "$__timeTo()",
    "{TimeRange:grain}": "$__interval",
    "where t {TimeRange}": "where t between ($__timeFrom() .. $__timeTo())",
    "x in ({Deployment})": "x in (${Deployment:singlequote})",
    "'{Id}'": "'${Id:raw}'",
    "base64_decode_tostring('{Id:base64}')": "url_decode('${Id:percentencode}')",
    'base64_decode_tostring( "{Id:base64}" )': "url_decode('${Id:percentencode}')",
    "a{6,126} on $left.x == $right.y": "a{6,126} on $left.x == $right.y",
}


@pytest.mark.parametrize("written", REFERENCES)
def test_references_are_put_as_grafana_replaces_them(written: str) -> None:
    """Each kind and format of a reference has its variable or macro; all else stays as it is."""
    assert in_kql(written, KINDS) == REFERENCES[written]


@pytest.mark.parametrize(
    "written",
    ["{Nope}", "{TimeRange:fortnight}", "{Deployment:base64}", "{Id:escapejson}", "strlen('{Id:base64}')"],
)
def test_a_reference_without_counterpart_is_an_error(written: str) -> None:
    """Nothing is left in a query that Grafana would not replace."""
    with pytest.raises(UnmappedError, match="no counterpart in Grafana"):
        in_kql(written, KINDS)


def test_words_have_references_too() -> None:
    """Titles and texts show what is chosen."""
    assert in_words("{Deployment:label}, {Id}", KINDS) == "${Deployment:text}, ${Id:text}"
    assert in_words("{TimeRange:label}", KINDS) == "${__from:date:iso} to ${__to:date:iso}"


# --- cells -------------------------------------------------------------------------------------------------


def reported(kind: str) -> list[Any]:
    """What the local page draws of a key, such as ``rule.formatter``."""
    first, _, second = kind.partition(".")
    values = supported.table()["kinds"][first][second]
    assert isinstance(values, list)
    return values


@pytest.mark.parametrize("formatter", reported("rule.formatter"))
def test_every_formatter_of_the_page_is_known(formatter: int) -> None:
    """What the layout may use, because the page draws it, comes out here without a change."""
    assert properties(Column("x", "X", {"formatter": formatter}))["displayName"] == "X"


@pytest.mark.parametrize("unit", reported("numberFormat.unit"))
def test_every_unit_of_the_page_is_known(unit: int) -> None:
    """A number has a unit in Grafana too."""
    assert numbered({"unit": unit})["unit"] == UNITS[unit]


@pytest.mark.parametrize(
    "representation", [each for each in reported("threshold.representation") if each not in ("", "Blank")]
)
def test_every_sign_of_the_page_is_known(representation: str) -> None:
    """An icon or a colour has a colour in Grafana too."""
    _, colour = sign(representation)
    assert colour


@pytest.mark.parametrize("palette", reported("formatOptions.palette"))
def test_every_palette_of_the_page_is_known(palette: str) -> None:
    """A bar has a colour or a scale, a heat map a scale; one without any colour is no heat map."""
    assert properties(Column("x", "X", bar(palette)))["color"]
    if palette != "none":
        assert properties(Column("x", "X", heat(palette, "")))["color"]


@pytest.mark.parametrize("operator", reported("threshold.operator"))
def test_every_operator_of_the_page_is_known_or_told(operator: str) -> None:
    """A threshold becomes a mapping; those that Grafana has not are an error that names them."""
    look = thresholds(
        {"operator": operator, "thresholdValue": "1", "representation": "error", "text": "{0}{1}"}
    )
    if operator in ("!=", "notContains", "notStartsWith", "notEndsWith"):
        with pytest.raises(UnmappedError, match=f"operator '{operator}' has no counterpart"):
            properties(Column("x", "X", look))
    else:
        assert properties(Column("x", "X", look))["mappings"]


def thresholds(*grid: dict[str, Any], options: str = "icons") -> Any:
    """A formatter with thresholds."""
    return {"formatter": 18, "formatOptions": {"thresholdsOptions": options, "thresholdsGrid": list(grid)}}


def test_a_known_text_gets_its_sign() -> None:
    """The text stays readable, with the icon's sign before it and in its colour."""
    shown = properties(Column("x", "X", icons(recovered="success")))
    assert shown["mappings"] == [
        {"type": "value", "options": {"recovered": {"color": "green", "index": 0, "text": "✓ recovered"}}}
    ]
    assert shown["custom.cellOptions"] == {"type": "color-text"}


def test_a_number_over_a_threshold_is_coloured() -> None:
    """The number itself stays, and a bound that is not met by equality is left out."""
    above = {"operator": ">", "thresholdValue": "0", "representation": "red", "text": "{0}{1}"}
    shown: Any = properties(Column("x", "X", thresholds(above, options="colors")))
    [mapping] = shown["mappings"]
    assert mapping["options"]["from"] > 0
    assert "to" not in mapping["options"], "Grafana takes a null for 0"
    assert mapping["options"]["result"] == {"color": "red", "index": 0}
    assert shown["custom.cellOptions"]["type"] == "color-background"


CELLS: dict[str, tuple[Column, dict[str, Any]]] = {
    "number": (Column("x", "X", {"formatter": 0} | number(1, "ms")), {"unit": "ms", "decimals": 1}),
    "money": (
        Column("x", "X", {"numberFormat": {"options": {"style": "currency", "currency": "USD"}}}),
        {"unit": "currencyUSD"},
    ),
    "hidden": (Column("x", "X", HIDDEN), {"custom.hidden": True}),
    "time": (Column("x", "X", TIME), {}),
    "width": (Column("x", "X", width="20ch"), {"custom.width": 172}),
    "heat": (Column("x", "X", heat("red", "percent")), {"color": {"mode": "continuous-reds"}, "min": 0}),
    "link": (
        Column("x", "X", {"formatter": 7, "formatOptions": {"linkTarget": "Url", "linkColumn": "url"}}),
        {"links": [{"title": "Open", "url": "${__data.fields.url}", "targetBlank": True}]},
    ),
    "link in itself": (
        Column("x", "X", {"formatter": 7, "formatOptions": {"linkTarget": "Url", "linkLabel": "Trace"}}),
        {
            "links": [{"title": "Trace", "url": "${__value.raw}", "targetBlank": True}],
            "mappings": [
                {"type": "regex", "options": {"pattern": "/^.+$/", "result": {"text": "Trace", "index": 0}}}
            ],
        },
    ),
    "details": (
        Column("x", "X", {"formatter": 7, "formatOptions": {"linkTarget": "CellDetails"}}),
        {"custom.inspect": True, "custom.width": 120},
    ),
}


@pytest.mark.parametrize("name", CELLS)
def test_a_column_looks_as_in_the_workbook(name: str) -> None:
    """Each formatter has its properties."""
    column, expected = CELLS[name]
    shown = properties(column)
    assert {key: shown.get(key) for key in expected} == expected


UNKNOWN: dict[str, tuple[Column, str]] = {
    "formatter": (Column("x", "X", {"formatter": 99}), "column 'x': formatter 99"),
    "unit": (Column("x", "X", {"formatter": 0, "numberFormat": {"unit": 99}}), "unit 99"),
    "colour": (Column("x", "X", bar("mauve")), "palette 'mauve'"),
    "scale": (Column("x", "X", heat("mauve", "")), "palette 'mauve'"),
    "icon": (Column("x", "X", icons(a="rocket")), "colour 'rocket'"),
    "link": (
        Column("x", "X", {"formatter": 7, "formatOptions": {"linkTarget": "ArmAction"}}),
        "column 'x': target of a link 'ArmAction'",
    ),
    "width": (Column("x", "X", width="20%"), "width '20%'"),
}


@pytest.mark.parametrize("name", UNKNOWN)
def test_an_unknown_formatter_is_an_error_that_names_it(name: str) -> None:
    """Whoever adds one to the layout learns what to add here."""
    column, expected = UNKNOWN[name]
    with pytest.raises(UnmappedError, match=expected):
        properties(column)


# --- looks -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Sketch:
    """A look that nobody knows."""

    json: dict[str, Any] = field(default_factory=lambda: {"visualization": "sketch"})


@dataclass(frozen=True, kw_only=True)
class Dotted(Chart):
    """A chart with a setting that is new."""

    dots: int = 0


def test_an_unknown_look_is_an_error_that_names_it() -> None:
    """Nothing of the workbook is left out in silence."""
    with pytest.raises(UnmappedError, match=r"step 'one step': look .*Sketch"):
        made(step(Sketch()))


def test_a_setting_that_is_new_is_an_error_once_it_is_used() -> None:
    """A chart may get new settings; whoever sets one learns that Grafana's is missing."""
    chart = {"kind": "piechart", "x": "deployment", "y": ("calls",)}
    with pytest.raises(UnmappedError, match=r"look .*Dotted"):
        made(step(Dotted(**chart)))
    from dashboards.builder.grafana.charts import chart as draw

    draw(Dotted(**chart))
    with pytest.raises(UnmappedError, match="'dots' of a chart"):
        draw(Dotted(**chart, dots=3))


@pytest.mark.parametrize(("kind", "x"), [("linechart", "deployment"), ("piechart", "TimeGenerated")])
def test_a_chart_that_cannot_be_is_an_error(kind: Any, x: str) -> None:
    """A line needs a time, a pie names."""
    with pytest.raises(UnmappedError, match=f"'{kind}' has no counterpart"):
        made(step(Chart(kind=kind, x=x, y=("calls",))))


CHARTS: dict[str, tuple[Chart, str, str]] = {
    "line": (Chart(kind="linechart", y=("a",)), "timeseries", "line"),
    "area": (Chart(kind="areachart", y=("a",)), "timeseries", "line"),
    "bars over time": (Chart(kind="barchart", y=("a",)), "timeseries", "bars"),
    "bars over names": (Chart(kind="barchart", x="deployment", y=("calls",)), "barchart", ""),
    "bars of categories": (Chart(kind="categoricalbar", x="deployment", y=("calls",)), "barchart", ""),
    "pie": (Chart(kind="piechart", x="deployment", y=("calls",)), "piechart", ""),
}


@pytest.mark.parametrize("name", CHARTS)
def test_a_chart_has_its_panel(name: str) -> None:
    """What has a time is a time series, all else bars or a pie; and only the columns named are drawn."""
    chart, kind, style = CHARTS[name]
    panel = drawn(chart)
    assert panel["type"] == kind
    assert panel["fieldConfig"]["defaults"].get("custom", {}).get("drawStyle", "") == style
    [kept] = panel["transformations"]
    assert kept["options"]["include"]["names"] == [chart.x, *chart.y]
    assert panel["targets"][0]["azureLogAnalytics"]["resultFormat"] == (
        "time_series" if kind == "timeseries" else "table"
    )


def test_bars_of_other_times_are_no_time_series() -> None:
    """A time series draws the time shown alone: a chart of the month has bars, which say their days.

    Lines are bars side by side.
    """
    panel = drawn(Chart(kind="barchart", y=("calls",)), brush=None)
    assert panel["type"] == "barchart"
    [_, day] = panel["fieldConfig"]["overrides"]
    assert day["properties"] == [{"id": "unit", "value": "time:MM-DD"}]
    line = drawn(Chart(kind="linechart", y=("calls",)), brush=None)
    assert (line["type"], line["options"]["stacking"]) == ("barchart", "none")


def test_labels_have_references_too() -> None:
    """A column may be called by what is chosen."""
    panel = drawn(Table(columns=(Column("deployment", "{Service:label}"),)))
    assert {"id": "displayName", "value": "${Service:text}"} in panel["fieldConfig"]["overrides"][1][
        "properties"
    ]


def test_bars_of_names_parted_by_other_names() -> None:
    """Rows of names, columns of the others: Grafana's bars need a column each."""
    panel = drawn(Chart(kind="categoricalbar", x="deployment", y=("calls",), group="model"))
    [step_of] = panel["transformations"]
    assert step_of["options"] == {"columnField": "model", "rowField": "deployment", "valueField": "calls"}


def test_a_series_is_called_by_its_name() -> None:
    """Not "failed quota" but "quota", before its colour is looked up by that name."""
    panel = drawn(Chart(kind="barchart", y=("failed",), group="error_owner", colours={"quota": "purple"}))
    _, called, coloured = panel["fieldConfig"]["overrides"]
    assert called["properties"] == [{"id": "displayName", "value": "${__field.labels.error_owner}"}]
    assert coloured["matcher"]["options"] == "quota"


def test_a_line_that_must_not_be_crossed_is_dashed() -> None:
    """A target among other series, and the limit of each group; what is measured is not."""
    for chart, matcher in (
        (Chart(kind="linechart", y=("calls", "target_percent")), "target_percent"),
        (Chart(kind="linechart", y=("calls",), group="deployment"), "/ limit$/"),
    ):
        dashed = [
            rule["matcher"]["options"]
            for rule in drawn(chart)["fieldConfig"]["overrides"]
            if any(one["id"] == "custom.lineStyle" for one in rule["properties"])
        ]
        assert dashed == [matcher]
    assert "lineStyle" not in str(drawn(Chart(kind="barchart", y=("calls",), group="deployment")))


# --- the whole ---------------------------------------------------------------------------------------------


def test_groups_in_groups_are_laid_flat() -> None:
    """Half of a half is a quarter; what does not fit goes to the next line."""
    table = Table(columns=(Column("deployment", "Deployment"),))
    halves = [step(table, name=f"half {n}", title=f"half {n}", width=50) for n in range(3)]
    inner = Group(name="inner", width=50, items=tuple(halves))
    words = Text(name="words", markdown="Some.", width=50)
    shown = made(
        Tabs(name="tabs", parameter="Tab", labels={"a": "First"}),
        Group(name="tab", when=When("Tab", "a"), items=(words, inner)),
    )
    assert [*findings(shown)] == []
    places = {panel["title"]: panel["gridPos"] for panel in panels(shown) if panel["type"] == "table"}
    assert [(place["x"], place["w"]) for place in places.values()] == [(12, 6), (18, 6), (0, 6)]


def test_panels_of_one_line_are_equally_high() -> None:
    """So that nothing stands in the air."""
    placed, bottom = place([Sized({}, 12, 4), Sized({}, 12, 9), Sized({}, 24, 5)], 3)
    assert [panel["gridPos"] for panel in placed] == [
        {"x": 0, "y": 3, "w": 12, "h": 9},
        {"x": 12, "y": 3, "w": 12, "h": 9},
        {"x": 0, "y": 12, "w": 24, "h": 5},
    ]
    assert bottom == 17
    assert columns(33) == 8


def test_a_text_begins_with_what_it_began_with() -> None:
    """A field keeps its first value."""
    limit = TextInput(name="Limit", label="Limit", description="", first="9")
    [shown] = [
        each for each in made(filters=(*ALL_FILTERS, limit))["templating"]["list"] if each["name"] == "Limit"
    ]
    assert (shown["type"], shown["current"]["value"]) == ("textbox", "9")


@dataclass(frozen=True, kw_only=True)
class AnyInput(Input):
    """A parameter with whatever keys."""

    keys: dict[str, Any]

    def _kind(self) -> dict[str, Any]:
        return self.keys


def test_a_list_of_the_layout_is_a_drop_down() -> None:
    """Labels and values go in together; commas in them are escaped, and nothing else can be typed."""
    options = OptionsInput(name="By", label="By", description="", options={"a": "A, or so", "b": "B"})
    [shown] = [
        each for each in made(filters=(*ALL_FILTERS, options))["templating"]["list"] if each["name"] == "By"
    ]
    assert shown["type"] == "custom"
    assert shown["query"] == r"A\, or so : a, B : b"
    assert shown["current"] == {"selected": True, "text": "A, or so", "value": "a"}
    assert shown["allowCustomValue"] is False


def test_one_of_many_is_a_drop_down() -> None:
    """Its entries are asked for, and it begins with the layout's own."""
    one = OneInput(name="By", label="By", description="", query="deployment_names", first="all")
    [shown] = [
        each for each in made(filters=(*ALL_FILTERS, one))["templating"]["list"] if each["name"] == "By"
    ]
    assert (shown["type"], shown["multi"], shown["includeAll"]) == ("query", False, False)
    assert shown["current"]["value"] == "all"
    assert shown["allowCustomValue"] is False


def test_a_hidden_text_stays_hidden() -> None:
    """What only who edits sees is no field at the top."""
    reported = TextInput(name="Portal", label="Portal", description="", first="https://x", is_hidden=True)
    [shown] = [
        each
        for each in made(filters=(*ALL_FILTERS, reported))["templating"]["list"]
        if each["name"] == "Portal"
    ]
    assert (shown["type"], shown["hide"], shown["query"]) == ("textbox", 2, "https://x")


def test_unknown_parameters_are_errors_that_name_them() -> None:
    """A type that no table knows, and a second time, which Grafana has not."""
    resource = AnyInput(name="Place", label="Place", description="", keys={"type": 5})
    with pytest.raises(UnmappedError, match="parameter 'Place' has type 5"):
        made(filters=(*ALL_FILTERS, resource))
    second = TimeInput(name="Month", label="Month", description="", minutes=(60,), first=60)
    with pytest.raises(UnmappedError, match="parameter 'Month' is a second time"):
        made(filters=(*ALL_FILTERS, second))


def test_a_step_that_waits_says_for_what() -> None:
    """Grafana cannot hide a panel until something is chosen: its message says what to choose."""
    table = Table(columns=(Column("deployment", "Deployment"),))
    shown = drawn(table, when=When("Deployment"))
    assert shown["fieldConfig"]["defaults"]["noValue"] == "Set «Deployment» to show data. Nothing. So."
