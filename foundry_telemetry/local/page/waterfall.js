/* A trace: a table whose rows are a tree, and whose bars stand on one axis of time. */
// @ts-check

import { numberText } from './format.js';
import { Grid } from './grid.js';
import { lengthOf, treeOf } from './trace_rows.js';

/**
 * @import { GridServices } from './grid.js'
 * @import { ViewContent } from './views.js'
 * @import { GridJson } from './workbook.js'
 */

const MILLISECONDS = { unit: 23 };
const BAR = 'time_bar';

export class Waterfall extends Grid {
  #labels;

  /**
   * @param {GridJson} settings
   * @param {string} name  Of the item.
   * @param {GridServices} services
   */
  constructor(settings, name, services) {
    super({ ...settings }, name, services);
    this.#labels = settings.labelSettings ?? [];
    this.element.classList.add('waterfall');
  }

  /**
   * @override
   * @param {Pick<ViewContent, 'table'>} content
   */
  draw({ table }) {
    const length = numberText(lengthOf(table), MILLISECONDS);
    this.settings.labelSettings = this.#labels.map((each) =>
      each.columnId === BAR ? { ...each, label: `${each.label}, 0 to ${length}` } : each,
    );
    super.draw({ table: treeOf(table) });
  }
}
