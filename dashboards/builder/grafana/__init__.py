"""The Grafana dashboard, made of the workbook's own layout and queries (Azure Monitor data source).

*Panel*: a rectangle on the grid of 24 columns; each query or text of the layout becomes one. *Row*: a
heading that panels fold under; each tab becomes one, and asks nothing while it is folded. *Variable*: what a
reader can set; each parameter becomes one. *Data link*: a cell that opens an address; where a row that is
clicked sets a parameter in the workbook, a cell opens this same dashboard with the variable set. *Macro*: a
word such as ``$__timeFrom()`` that the data source replaces before it asks Azure.

Tables by look, formatter, unit and kind of parameter do all of it, so what is new in the layout comes out by
itself; what no table knows is an `UnmappedError` that names it.
"""

from dashboards.builder.grafana.dashboard import dashboard
from dashboards.builder.grafana.errors import UnmappedError

__all__ = ["UnmappedError", "dashboard"]
