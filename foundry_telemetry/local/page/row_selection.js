/* The choice of a row: what it sets for the steps after, by the two ways a workbook says it. */

import { plainText } from './format.js';
import { TEXT } from './parameters.js';

function named({ exportParameterName, exportFieldName, exportDefaultValue, exportedParameters = [] }) {
  if (!exportParameterName) return exportedParameters;
  const first = {
    parameterName: exportParameterName,
    fieldName: exportFieldName,
    defaultValue: exportDefaultValue,
  };
  return [first, ...exportedParameters];
}

/** A column's value as text, or the whole row as JSON where no column is named. */
function valueOf(row, field) {
  return field ? plainText(row[field]) : JSON.stringify(row);
}

export class Choice {
  /** Declares what a query step hands on, for the steps after `place`. */
  constructor(settings, place, scope) {
    this.scope = scope;
    this.parts = named(settings).map(({ parameterName, fieldName, defaultValue, quote, delimiter }) => {
      const parameter = {
        name: parameterName,
        type: TEXT,
        title: parameterName,
        value: defaultValue,
        quote,
        delimiter,
      };
      return { field: fieldName, parameter: scope.declare(parameter, place) };
    });
  }

  /** Whether rows of the step can be chosen. */
  get isOffered() {
    return this.parts.length > 0;
  }

  /** Whether this row is the one chosen, or hands on the same. */
  has(row) {
    return this.parts.every(
      ({ field, parameter }) =>
        parameter.value !== parameter.initial && valueOf(row, field) === parameter.value,
    );
  }

  /** Chooses a row, or none. */
  set(row, by = 'reader') {
    for (const { field, parameter } of this.parts) {
      this.scope.set(parameter, row ? valueOf(row, field) : parameter.initial, { by });
    }
  }

  /** Gives up a choice that the rows no longer have. */
  keepWithin(rows) {
    const isMade = this.parts.some(({ parameter }) => parameter.value !== parameter.initial);
    if (isMade && !rows.some((row) => this.has(row))) this.set(null, 'step');
  }
}
