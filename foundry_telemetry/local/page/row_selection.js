/* The selection of a row: the parameters that it sets for the items after it, by the two ways of a workbook. */
// @ts-check

import { plainText } from './format.js';
import { TEXT } from './parameters.js';

/**
 * @import { Origin, Parameter, Place, Scope } from './scope.js'
 * @import { Row } from './table.js'
 * @import { ExportJson, ExportedParameterJson } from './workbook.js'
 */

/**
 * @param {ExportJson} settings
 * @returns {ExportedParameterJson[]}
 */
function exportsOf({ exportParameterName, exportFieldName, exportDefaultValue, exportedParameters = [] }) {
  if (!exportParameterName) return exportedParameters;
  const first = {
    parameterName: exportParameterName,
    fieldName: exportFieldName,
    defaultValue: exportDefaultValue,
  };
  return [first, ...exportedParameters];
}

/**
 * A column's value as text, or the whole row as JSON where no column is named.
 * @param {Row} row
 * @param {string | undefined} field
 */
function valueOf(row, field) {
  return field ? plainText(row[field]) : JSON.stringify(row);
}

export class RowSelection {
  #scope;
  /** @type {{field: string | undefined, parameter: Parameter}[]} */
  #parts;

  /**
   * Declares the parameters that a query item exports, for the items after `place`.
   * @param {ExportJson} settings
   * @param {Place} place
   * @param {Scope} scope
   */
  constructor(settings, place, scope) {
    this.#scope = scope;
    this.#parts = exportsOf(settings).map(({ parameterName: name, fieldName, defaultValue, ...rest }) => {
      const { quote, delimiter } = rest;
      const parameter = { name, type: TEXT, title: name, value: defaultValue, quote, delimiter };
      return { field: fieldName, parameter: scope.declare(parameter, place) };
    });
  }

  /** Whether rows of the item can be selected. */
  get isOffered() {
    return this.#parts.length > 0;
  }

  /**
   * Whether this row is selected, or exports the same.
   * @param {Row} row
   */
  has(row) {
    return this.#parts.every(
      ({ field, parameter }) =>
        parameter.value !== parameter.initial && valueOf(row, field) === parameter.value,
    );
  }

  /**
   * Selects a row, or none.
   * @param {Row | null} row
   * @param {Origin} [by]
   */
  set(row, by = 'reader') {
    for (const { field, parameter } of this.#parts)
      this.#scope.set(parameter, row ? valueOf(row, field) : parameter.initial, by);
  }

  /**
   * Clears a selection that the rows no longer have.
   * @param {Row[]} rows
   */
  keepWithin(rows) {
    const isMade = this.#parts.some(({ parameter }) => parameter.value !== parameter.initial);
    if (isMade && !rows.some((row) => this.has(row))) this.set(null, 'item');
  }
}
