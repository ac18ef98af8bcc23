/* The workbook format, Notebook/1.0, as far as this page draws it (see supported.json): its types, and its
   title. */
// @ts-check

import { TEXTS } from './texts.js';

/**
 * @import { DatePattern, TimeRange } from './time.js'
 * @import { ParameterValue } from './parameters.js'
 */

/**
 * @typedef {object} ConditionJson  When an item is shown.
 * @property {string} parameterName
 * @property {string} [comparison]
 * @property {string | null} [value]
 *
 * @typedef {object} StyleJson
 * @property {string} [margin]
 * @property {string} [padding]
 * @property {string} [maxWidth]
 * @property {boolean} [showBorder]
 *
 * @typedef {object} CommonJson  What all items share.
 * @property {string} [name]
 * @property {string} [customWidth]
 * @property {StyleJson} [styleSettings]
 * @property {ConditionJson} [conditionalVisibility]
 * @property {ConditionJson[]} [conditionalVisibilities]
 *
 * @typedef {CommonJson & {type: 1, content: TextJson}} TextItemJson
 * @typedef {CommonJson & {type: 3, content: QueryJson}} QueryItemJson
 * @typedef {CommonJson & {type: 9, content: ParametersJson}} ParametersItemJson
 * @typedef {CommonJson & {type: 11, content: LinksJson}} LinksItemJson
 * @typedef {CommonJson & {type: 12, content: GroupJson}} GroupItemJson
 * @typedef {TextItemJson | QueryItemJson | ParametersItemJson | LinksItemJson | GroupItemJson} ItemJson
 * @typedef {{items?: ItemJson[]}} WorkbookJson
 */

/**
 * @typedef {{json?: string, style?: string}} TextJson
 *
 * @typedef {object} GroupJson
 * @property {string} [title]
 * @property {string} [loadType]
 * @property {string} [loadButtonText]
 * @property {boolean} [exportParameters]
 * @property {ItemJson[]} [items]
 *
 * @typedef {object} LinkJson
 * @property {string} [cellValue]
 * @property {string} [linkTarget]
 * @property {string} [subTarget]
 * @property {string} [linkLabel]
 * @property {string} [preText]
 * @property {string} [postText]
 * @property {string} [style]
 *
 * @typedef {{style?: string, tabStyle?: string, links?: LinkJson[]}} LinksJson
 */

/**
 * @typedef {object} QuerySourceJson  A query and the time that limits it.
 * @property {string} [query]
 * @property {TimeRange} [timeContext]
 * @property {string} [timeContextFromParameter]
 *
 * @typedef {object} RuleJson  A regular expression for the value of a text parameter.
 * @property {string} regExp
 * @property {boolean} [match]
 * @property {string} [message]
 *
 * @typedef {object} ParameterSettingsJson
 * @property {TimeRange[]} [selectableValues]
 * @property {boolean} [allowCustom]
 * @property {string[]} [additionalResourceOptions]
 * @property {string} [selectAllValue]
 * @property {RuleJson[]} [paramValidationRules]
 *
 * @typedef {object} ParameterOnlyJson
 * @property {string} name
 * @property {number} type
 * @property {string} [label]
 * @property {string} [description]
 * @property {boolean} [isRequired]
 * @property {boolean} [isGlobal]
 * @property {boolean} [isHiddenWhenLocked]
 * @property {ParameterValue} [value]
 * @property {ParameterValue} [defaultValue]
 * @property {string} [jsonData]
 * @property {boolean} [multiSelect]
 * @property {string} [quote]
 * @property {string} [delimiter]
 * @property {ParameterSettingsJson} [typeSettings]
 *
 * @typedef {ParameterOnlyJson & QuerySourceJson} ParameterJson
 * @typedef {{style?: string, parameters?: ParameterJson[]}} ParametersJson
 */

/**
 * @typedef {object} ExportedParameterJson
 * @property {string} parameterName
 * @property {string} [fieldName]
 * @property {string} [defaultValue]
 * @property {string} [quote]
 * @property {string} [delimiter]
 *
 * @typedef {object} ExportJson  The parameters that the selection of a row sets.
 * @property {string} [exportParameterName]
 * @property {string} [exportFieldName]
 * @property {string} [exportDefaultValue]
 * @property {ExportedParameterJson[]} [exportedParameters]
 *
 * @typedef {object} QueryOnlyJson
 * @property {number} [size]
 * @property {string} [title]
 * @property {string} [noDataMessage]
 * @property {number} [noDataMessageStyle]
 * @property {string} [timeBrushParameterName]
 * @property {boolean} [showExportToExcel]
 * @property {string} [visualization]
 * @property {GridJson} [gridSettings]
 * @property {TilesJson} [tileSettings]
 * @property {ChartJson} [chartSettings]
 * @property {SortJson[]} [sortBy]
 *
 * @typedef {QueryOnlyJson & QuerySourceJson & ExportJson} QueryJson
 */

/**
 * @typedef {{itemKey: string, sortOrder?: number}} SortJson
 *
 * @typedef {object} GridJson
 * @property {FormatterJson[]} [formatters]
 * @property {{columnId: string, label?: string}[]} [labelSettings]
 * @property {boolean} [filter]
 * @property {number} [rowLimit]
 * @property {SortJson[]} [sortBy]
 *
 * @typedef {'titleContent' | 'subtitleContent' | 'leftContent' | 'rightContent' | 'secondaryContent'} TilePart
 *
 * @typedef {object} TilesOnlyJson
 * @property {boolean} [showBorder]
 * @property {string} [size]
 * @property {string} [sortCriteriaField]
 * @property {number} [sortOrderField]
 *
 * @typedef {TilesOnlyJson & {[part in TilePart]?: FormatterJson}} TilesJson
 *
 * @typedef {object} AxisJson
 * @property {string} [label]
 * @property {number} [min]
 * @property {number} [max]
 * @property {number} [unit]
 * @property {NumberFormatJson} [numberFormatSettings]
 *
 * @typedef {object} ChartJson
 * @property {string} [xAxis]
 * @property {string | string[]} [yAxis]
 * @property {string} [group]
 * @property {number} [createOtherGroup]
 * @property {boolean} [showLegend]
 * @property {{seriesName: string, label?: string, color?: string}[]} [seriesLabelSettings]
 * @property {AxisJson} [ySettings]
 * @property {string | number | null} [customThresholdLine]
 */

/**
 * @typedef {object} FormatterJson
 * @property {string} columnMatch
 * @property {number} [formatter]
 * @property {FormatOptionsJson} [formatOptions]
 * @property {NumberFormatJson} [numberFormat]
 * @property {DateFormatJson} [dateFormat]
 * @property {{tooltip?: string}} [tooltipFormat]
 *
 * @typedef {object} FormatOptionsJson
 * @property {string} [palette]
 * @property {number} [min]
 * @property {number} [max]
 * @property {string} [customColumnWidthSetting]
 * @property {string} [linkTarget]
 * @property {string} [linkLabel]
 * @property {string} [linkColumn]
 * @property {string} [thresholdsOptions]
 * @property {ThresholdJson[]} [thresholdsGrid]
 * @property {{labelText?: string, columnSettings?: {columnName: string, color: string}[]}} [compositeBarSettings]
 *
 * @typedef {object} ThresholdJson
 * @property {string} operator
 * @property {string | number | null} [thresholdValue]
 * @property {string | null} [representation]
 * @property {string} [text]
 *
 * @typedef {object} NumberOptionsJson
 * @property {string} [style]
 * @property {string} [currency]
 * @property {boolean} [useGrouping]
 * @property {number} [minimumIntegerDigits]
 * @property {number} [minimumFractionDigits]
 * @property {number} [maximumFractionDigits]
 * @property {number} [minimumSignificantDigits]
 * @property {number} [maximumSignificantDigits]
 *
 * @typedef {{unit?: number, options?: NumberOptionsJson, emptyValCustomText?: string}} NumberFormatJson
 * @typedef {{formatName?: DatePattern, showUtcTime?: boolean}} DateFormatJson
 */

/**
 * The workbook's title: its first heading.
 * @param {WorkbookJson} workbook
 */
export function titleOf(workbook) {
  const texts = (workbook.items ?? []).map((item) => (item.type === 1 ? (item.content?.json ?? '') : ''));
  return texts.map((text) => /^#\s+(.+)$/m.exec(text)?.[1]).find(Boolean) ?? TEXTS.title;
}
