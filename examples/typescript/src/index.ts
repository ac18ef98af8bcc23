/** The ledger of calls to Claude in Microsoft Foundry, for services in TypeScript. */

export { instrumentCredentials } from "./credentials.js";
export { azureExporter, countLosses } from "./exporters.js";
export { instrumentFetch } from "./fetch.js";
export type { Fetch, Options } from "./fetch.js";
export { losses } from "./losses.js";
export { attribute } from "./tags.js";
