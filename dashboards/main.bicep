// Dashboards, alerts and queries for Claude in Microsoft Foundry: azuredeploy.json as a module.
// Built by `python -m dashboards.builder build`; change the queries and the layout, not this file.

targetScope = 'resourceGroup'

@description('Resource id of the Log Analytics workspace of your Application Insights resource. Empty: creates a new workspace with an Application Insights resource.')
param workspaceId string = ''

@description('Prefix of the names of new resources: a letter, then letters, digits and hyphens. Another prefix creates a second set in the same resource group.')
@minLength(1)
@maxLength(20)
param namePrefix string = 'foundry'

@description('Region of new resources.')
param location string = resourceGroup().location

@description('Tags of new resources.')
param tags object = {}

@description('Name of the new workspace, if one is created.')
param workspaceName string = format('log-{0}-{1}', namePrefix, uniqueString(resourceGroup().id))

@description('Retention of the tables of the new workspace, in days; the ledger has its own.')
@minValue(30)
@maxValue(730)
param retentionInDays int = 30

@description('Table that ledger events reach: AppEvents by the Azure exporter, AppTraces by a Collector, OTelLogs by native OTLP ingestion. Alert rules read it alone.')
@allowed([
  'AppEvents'
  'OTelLogs'
  'AppTraces'
])
param ledgerTable string = 'AppEvents'

@description('Interactive retention of the ledger\'s table in the new workspace, in days; 90 days of AppEvents and AppTraces are free.')
@minValue(30)
@maxValue(730)
param ledgerRetentionInDays int = 90

@description('Total retention of the ledger in the new workspace, in days, archive included; never shorter than the interactive retention.')
@allowed([
  30
  60
  90
  180
  365
  730
  1095
  1460
  1826
  2191
  2556
  2922
  3288
  3653
  4018
  4383
])
param ledgerTotalRetentionInDays int = 90

@description('Whether to create an Application Insights resource for the workspace.')
param createApplicationInsights bool = empty(workspaceId)

@description('Name of the new Application Insights resource, if one is created.')
param applicationInsightsName string = format('appi-{0}', namePrefix)

@description('Title of the workbook.')
@minLength(1)
param workbookName string = 'Claude in Foundry'

@description('Whether to deploy the query pack: saved queries for incidents in the query picker of the portal.')
param deployQueryPack bool = true

@description('Whether to deploy the Grafana dashboard (Azure preview; not in every region and cloud).')
param deployGrafana bool = false

@description('Whether to deploy the alert rules.')
param deployAlerts bool = true

@description('Resource ids of the action groups that alerts notify.')
param actionGroupIds array = []

@description('Email address for alerts; creates an action group. Empty: no email.')
param alertEmail string = ''

@description('Monthly budget in US dollars at list price. 0: no budget and no spend alerts.')
@minValue(0)
param monthlyBudgetUsd int = 0

@description('Target success rate of calls, in percent; the rest is the error budget.')
@allowed([
  '95'
  '97'
  '98'
  '99'
  '99.5'
  '99.9'
  '99.95'
])
param successTarget string = '99'

@description('Minimum number of calls, attempts or streams in a window before a rate can raise an alert.')
@minValue(1)
param minimumCalls int = 20

@description('Short window of the fast burn rate, in minutes: the burn rate must exceed the threshold in it too.')
@minValue(1)
@maxValue(60)
param errorBudgetFastShortMinutes int = 5

@description('Short window of the slow burn rate, in minutes.')
@minValue(1)
@maxValue(360)
param errorBudgetSlowShortMinutes int = 30

@description('Minimum number of failed calls in the window of the rule for a deployment that fails.')
@minValue(1)
param minimumFailedCalls int = 4

@description('Minutes that are compared with the same hours of the day before: latency, time to first token and stop reasons.')
@minValue(15)
@maxValue(360)
param recentMinutes int = 60

@description('Minimum spend above the baseline within the hour, in US dollars at list price, before a change of spend raises an alert.')
@minValue(0)
param spendChangeMinimumUsd int = 1

@description('Whether to enable the alert rule: Foundry: a deployment fails.')
param deploymentFailingEnabled bool = true

@description('Threshold: percent of the calls within the window. Higher values raise an alert.')
@minValue(1)
@maxValue(99)
param deploymentFailingThreshold int = 40

@description('Look-back window; evaluated every PT5M.')
@allowed([
  'PT10M'
  'PT15M'
  'PT30M'
  'PT45M'
  'PT1H'
])
param deploymentFailingWindow string = 'PT10M'

@description('Whether to enable the alert rule: Foundry: authentication failures.')
param authFailuresEnabled bool = true

@description('Threshold: failed calls per cause within the window. Higher values raise an alert.')
@minValue(0)
@maxValue(1000000)
param authFailuresThreshold int = 4

@description('Look-back window; evaluated every PT5M.')
@allowed([
  'PT5M'
  'PT10M'
  'PT15M'
  'PT30M'
  'PT45M'
  'PT1H'
  'PT2H'
  'PT3H'
  'PT4H'
  'PT5H'
  'PT6H'
])
param authFailuresWindow string = 'PT15M'

@description('Whether to enable the alert rule: Foundry: throttling (429).')
param throttledEnabled bool = true

@description('Threshold: percent of the attempts within the window. Higher values raise an alert.')
@minValue(0)
@maxValue(100)
param throttledThreshold int = 10

@description('Look-back window; evaluated every PT5M.')
@allowed([
  'PT5M'
  'PT10M'
  'PT15M'
  'PT30M'
  'PT45M'
  'PT1H'
  'PT2H'
  'PT3H'
  'PT4H'
  'PT5H'
  'PT6H'
])
param throttledWindow string = 'PT15M'

@description('Whether to enable the alert rule: Foundry: fast error budget burn.')
param errorBudgetFastEnabled bool = true

@description('Threshold: times the sustainable burn rate. Higher values raise an alert.')
@minValue(1)
@maxValue(1000)
param errorBudgetFastThreshold int = 14

@description('Look-back window; evaluated every PT5M.')
@allowed([
  'PT30M'
  'PT45M'
  'PT1H'
  'PT2H'
  'PT3H'
  'PT4H'
  'PT5H'
  'PT6H'
])
param errorBudgetFastWindow string = 'PT1H'

@description('Whether to enable the alert rule: Foundry: slow error budget burn.')
param errorBudgetSlowEnabled bool = true

@description('Threshold: times the sustainable burn rate. Higher values raise an alert.')
@minValue(1)
@maxValue(1000)
param errorBudgetSlowThreshold int = 6

@description('Look-back window; evaluated every PT15M.')
@allowed([
  'PT1H'
  'PT2H'
  'PT3H'
  'PT4H'
  'PT5H'
  'PT6H'
  'P1D'
])
param errorBudgetSlowWindow string = 'PT6H'

@description('Whether to enable the alert rule: Foundry: slower than the day before.')
param slowerEnabled bool = true

@description('Threshold: percent above the 95th percentile of the same hours of the day before. Higher values raise an alert.')
@minValue(1)
@maxValue(10000)
param slowerThreshold int = 50

@description('Whether to enable the alert rule: Foundry: high time to first token.')
param firstTokenEnabled bool = true

@description('Threshold: milliseconds at the 95th percentile. Higher values raise an alert.')
@minValue(1)
@maxValue(600000)
param firstTokenThreshold int = 10000

@description('Look-back window; evaluated every PT15M.')
@allowed([
  'PT15M'
  'PT30M'
  'PT45M'
  'PT1H'
  'PT2H'
  'PT3H'
  'PT4H'
  'PT5H'
  'PT6H'
])
param firstTokenWindow string = 'PT30M'

@description('Whether to enable the alert rule: Foundry: more answers stop early.')
param stopReasonsEnabled bool = true

@description('Threshold: percentage points above the share of the same hours of the day before. Higher values raise an alert.')
@minValue(1)
@maxValue(99)
param stopReasonsThreshold int = 10

@description('Whether to enable the alert rule: Foundry: spend above the day before.')
param spendChangeEnabled bool = true

@description('Threshold: percent above the baseline: the same hours of the day before. Higher values raise an alert.')
@minValue(1)
@maxValue(100000)
param spendChangeThreshold int = 100

@description('Whether to enable the alert rule: Foundry: spend spike within an hour.')
param spendHourEnabled bool = true

@description('Threshold: percent of the monthly budget. Higher values raise an alert.')
@minValue(1)
@maxValue(100)
param spendHourThreshold int = 2

@description('Look-back window; evaluated every PT15M.')
@allowed([
  'PT15M'
  'PT30M'
  'PT45M'
  'PT1H'
  'PT2H'
  'PT3H'
  'PT4H'
  'PT5H'
  'PT6H'
])
param spendHourWindow string = 'PT1H'

@description('Whether to enable the alert rule: Foundry: daily spend above budget.')
param spendDayEnabled bool = true

@description('Threshold: percent of the monthly budget. Higher values raise an alert.')
@minValue(1)
@maxValue(100)
param spendDayThreshold int = 5

@description('Look-back window; evaluated every PT1H.')
@allowed([
  'P1D'
  'P2D'
])
param spendDayWindow string = 'P1D'

@description('Whether to enable the alert rule: Foundry: no data from a service.')
param noDataEnabled bool = true

@description('Threshold: minutes since the last record. Higher values raise an alert.')
@minValue(10)
@maxValue(480)
param noDataThreshold int = 30

@description('Whether to enable the alert rule: Foundry: retry storm.')
param retryStormEnabled bool = true

@description('Threshold: retries per 100 calls. Higher values raise an alert.')
@minValue(0)
@maxValue(10000)
param retryStormThreshold int = 50

@description('Look-back window; evaluated every PT5M.')
@allowed([
  'PT5M'
  'PT10M'
  'PT15M'
  'PT30M'
  'PT45M'
  'PT1H'
  'PT2H'
  'PT3H'
  'PT4H'
  'PT5H'
  'PT6H'
])
param retryStormWindow string = 'PT15M'

module telemetry './azuredeploy.json' = {
  name: 'foundry-telemetry-${uniqueString(resourceGroup().id, namePrefix)}'
  params: {
    workspaceId: workspaceId
    namePrefix: namePrefix
    location: location
    tags: tags
    workspaceName: workspaceName
    retentionInDays: retentionInDays
    ledgerTable: ledgerTable
    ledgerRetentionInDays: ledgerRetentionInDays
    ledgerTotalRetentionInDays: ledgerTotalRetentionInDays
    createApplicationInsights: createApplicationInsights
    applicationInsightsName: applicationInsightsName
    workbookName: workbookName
    deployQueryPack: deployQueryPack
    deployGrafana: deployGrafana
    deployAlerts: deployAlerts
    actionGroupIds: actionGroupIds
    alertEmail: alertEmail
    monthlyBudgetUsd: monthlyBudgetUsd
    successTarget: successTarget
    minimumCalls: minimumCalls
    errorBudgetFastShortMinutes: errorBudgetFastShortMinutes
    errorBudgetSlowShortMinutes: errorBudgetSlowShortMinutes
    minimumFailedCalls: minimumFailedCalls
    recentMinutes: recentMinutes
    spendChangeMinimumUsd: spendChangeMinimumUsd
    deploymentFailingEnabled: deploymentFailingEnabled
    deploymentFailingThreshold: deploymentFailingThreshold
    deploymentFailingWindow: deploymentFailingWindow
    authFailuresEnabled: authFailuresEnabled
    authFailuresThreshold: authFailuresThreshold
    authFailuresWindow: authFailuresWindow
    throttledEnabled: throttledEnabled
    throttledThreshold: throttledThreshold
    throttledWindow: throttledWindow
    errorBudgetFastEnabled: errorBudgetFastEnabled
    errorBudgetFastThreshold: errorBudgetFastThreshold
    errorBudgetFastWindow: errorBudgetFastWindow
    errorBudgetSlowEnabled: errorBudgetSlowEnabled
    errorBudgetSlowThreshold: errorBudgetSlowThreshold
    errorBudgetSlowWindow: errorBudgetSlowWindow
    slowerEnabled: slowerEnabled
    slowerThreshold: slowerThreshold
    firstTokenEnabled: firstTokenEnabled
    firstTokenThreshold: firstTokenThreshold
    firstTokenWindow: firstTokenWindow
    stopReasonsEnabled: stopReasonsEnabled
    stopReasonsThreshold: stopReasonsThreshold
    spendChangeEnabled: spendChangeEnabled
    spendChangeThreshold: spendChangeThreshold
    spendHourEnabled: spendHourEnabled
    spendHourThreshold: spendHourThreshold
    spendHourWindow: spendHourWindow
    spendDayEnabled: spendDayEnabled
    spendDayThreshold: spendDayThreshold
    spendDayWindow: spendDayWindow
    noDataEnabled: noDataEnabled
    noDataThreshold: noDataThreshold
    retryStormEnabled: retryStormEnabled
    retryStormThreshold: retryStormThreshold
    retryStormWindow: retryStormWindow
  }
}

output connectionString string = telemetry.outputs.connectionString
output workspaceId string = telemetry.outputs.workspaceId
output workbookId string = telemetry.outputs.workbookId
output workbookUrl string = telemetry.outputs.workbookUrl
