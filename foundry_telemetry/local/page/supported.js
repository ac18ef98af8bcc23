/* What of a workbook this page does not draw, by the table in supported.json. The check of the dashboards
   reads the same table, so what is shown here as missing also fails there. */

/** Without these an item cannot be drawn at all. */
const ESSENTIAL = new Set(['type', 'version', 'queryType', 'visualization', 'groupType']);

/** One value that is not drawn. */
function problem(path, value) {
  const shown = typeof value === 'object' ? '' : ` ${JSON.stringify(value)}`;
  return { path, text: `${path}${shown}`, essential: ESSENTIAL.has(path) };
}

class Walk {
  constructor(kinds) {
    this.kinds = kinds;
    this.byItem = new Map();
  }

  /** Problems of an item are kept by the item, for the place where they show. */
  object(kind, value, path, report) {
    if (kind === 'item') return this.item(value);
    for (const [key, child] of Object.entries(value)) {
      if (child !== null && child !== undefined)
        this.value(this.kinds[kind][key], child, path ? `${path}.${key}` : key, report, value);
    }
    return report;
  }

  item(value) {
    const report = [];
    this.byItem.set(value, report);
    for (const [key, child] of Object.entries(value)) {
      if (child !== null && child !== undefined)
        this.value(this.kinds.item[key], child, key === 'content' ? '' : key, report, value);
    }
    return report;
  }

  value(rule, value, path, report, owner) {
    if (rule === 'drawn' || rule === 'ignored') return;
    if (rule === undefined) report.push(problem(path, value));
    else if (Array.isArray(rule)) this.listed(rule, value, path, report);
    else if (rule.by) this.byKey(rule, value, path, report, owner);
    else if (rule.items) this.items(rule.items, value, path, report);
    else this.nested(rule.object, value, path, report);
  }

  listed(allowed, value, path, report) {
    for (const each of Array.isArray(value) ? value : [value])
      if (!allowed.includes(each)) report.push(problem(path, each));
  }

  byKey(rule, value, path, report, owner) {
    const kind = rule.kinds[String(owner[rule.by])];
    if (kind) this.nested(kind, value, path, report);
  }

  items(kind, value, path, report) {
    if (!Array.isArray(value)) {
      report.push(problem(path, value));
      return;
    }
    value.forEach((each, i) =>
      this.nested(kind, each, `${path}[${each?.columnMatch ?? each?.name ?? i}]`, report),
    );
  }

  nested(kind, value, path, report) {
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      report.push(problem(path, value));
    else this.object(kind, value, path, report);
  }
}

/**
 * Compares a workbook with the table.
 * Gives the problems of the workbook itself and, by item, those of each item; a problem that is essential
 * means that the item cannot be drawn at all.
 */
export function unsupported(workbook, { root, kinds }) {
  const walk = new Walk(kinds);
  const top = walk.object(root, workbook, '', []);
  return { top, of: (item) => walk.byItem.get(item) ?? [] };
}
