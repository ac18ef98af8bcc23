// Dashboards, alerts and queries for Claude in Microsoft Foundry: azuredeploy.json as a module.
// Built by `python -m dashboards.builder build`; change the queries and the layout, not this file.

targetScope = 'resourceGroup'

@description('Resource id of the Log Analytics workspace that your Application Insights resource sends to. Empty: a new workspace is made, and an Application Insights resource that sends to it.')
param workspaceId string = ''

@description('What names of new resources begin with: a letter, then letters, digits and hyphens. Another one makes a second set in the same resource group.')
@minLength(1)
@maxLength(20)
param namePrefix string = 'foundry'

@description('Region of new resources.')
param location string = resourceGroup().location

@description('Tags of new resources.')
param tags object = {}

@description('Name of the new workspace, where one is made.')
param workspaceName string = format('log-{0}-{1}', namePrefix, uniqueString(resourceGroup().id))

@description('Days that the new workspace keeps its tables; the ledger has its own.')
@minValue(30)
@maxValue(730)
param retentionInDays int = 30

@description('Days that the new workspace keeps the ledger (the table AppEvents) for queries; 90 cost nothing extra.')
@minValue(30)
@maxValue(730)
param ledgerRetentionInDays int = 90

@description('Days that the new workspace keeps the ledger at all, queries and archive together; at least as long as for queries, whatever stands here.')
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

@description('Whether to make an Application Insights resource that sends to the workspace.')
param createApplicationInsights bool = empty(workspaceId)

@description('Name of the new Application Insights resource, where one is made.')
param applicationInsightsName string = format('appi-{0}', namePrefix)

@description('Title of the workbook.')
@minLength(1)
param workbookName string = 'Claude in Foundry'

@description('Whether to deploy the query pack: the questions of an incident in the portal\'s query picker.')
param deployQueryPack bool = true

@description('Whether to deploy the Grafana dashboard too; not in every region and cloud (a preview of Azure).')
param deployGrafana bool = false

@description('Whether to deploy the alert rules.')
param deployAlerts bool = true

@description('Resource ids of the action groups that alerts notify.')
param actionGroupIds array = []

@description('An address that alerts are mailed to, by an action group that is made for it. Empty: none.')
param alertEmail string = ''

@description('What calls may cost in a month, in US dollars at list price. 0: no budget, and no alerts on spending.')
@minValue(0)
param monthlyBudgetUsd int = 0

@description('Percent of the calls that should succeed; the rest is the error budget.')
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

@description('Calls (attempts, streams) that a window must have before a share of them can alert.')
@minValue(1)
param minimumCalls int = 20

@description('The short window of the fast burn rate, in minutes: so long must it burn at the end of the window too.')
@minValue(1)
@maxValue(60)
param errorBudgetFastShortMinutes int = 5

@description('The short window of the slow burn rate, in minutes.')
@minValue(1)
@maxValue(360)
param errorBudgetSlowShortMinutes int = 30

@description('In how many of the last day\'s 96 quarters of an hour a service must have called to be missed when silent.')
@minValue(8)
@maxValue(96)
param noDataActiveQuarters int = 64

@description('Whether the rule is on: Foundry: calls are refused for their credential or role.')
param authFailuresEnabled bool = true

@description('Alerts above so many refused calls of one cause within the window.')
@minValue(0)
@maxValue(1000000)
param authFailuresThreshold int = 4

@description('How far it looks back, at evaluations that are PT5M apart.')
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

@description('Whether the rule is on: Foundry: attempts are turned away with 429.')
param throttledEnabled bool = true

@description('Alerts above so many percent of the attempts within the window.')
@minValue(0)
@maxValue(100)
param throttledThreshold int = 10

@description('How far it looks back, at evaluations that are PT5M apart.')
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

@description('Whether the rule is on: Foundry: the error budget burns fast.')
param errorBudgetFastEnabled bool = true

@description('Alerts above so many times faster than the budget lasts.')
@minValue(1)
@maxValue(1000)
param errorBudgetFastThreshold int = 14

@description('How far it looks back, at evaluations that are PT5M apart.')
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

@description('Whether the rule is on: Foundry: the error budget burns.')
param errorBudgetSlowEnabled bool = true

@description('Alerts above so many times faster than the budget lasts.')
@minValue(1)
@maxValue(1000)
param errorBudgetSlowThreshold int = 6

@description('How far it looks back, at evaluations that are PT15M apart.')
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

@description('Whether the rule is on: Foundry: streams begin late.')
param firstTokenEnabled bool = true

@description('Alerts above so many milliseconds, at the 95th percentile.')
@minValue(1)
@maxValue(600000)
param firstTokenThreshold int = 10000

@description('How far it looks back, at evaluations that are PT15M apart.')
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

@description('Whether the rule is on: Foundry: an hour cost a large part of the month\'s budget.')
param spendHourEnabled bool = true

@description('Alerts above so many percent of the month\'s budget.')
@minValue(1)
@maxValue(100)
param spendHourThreshold int = 2

@description('How far it looks back, at evaluations that are PT15M apart.')
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

@description('Whether the rule is on: Foundry: a day cost more than its part of the month\'s budget.')
param spendDayEnabled bool = true

@description('Alerts above so many percent of the month\'s budget.')
@minValue(1)
@maxValue(100)
param spendDayThreshold int = 5

@description('How far it looks back, at evaluations that are PT1H apart.')
@allowed([
  'P1D'
  'P2D'
])
param spendDayWindow string = 'P1D'

@description('Whether the rule is on: Foundry: a service has fallen silent.')
param noDataEnabled bool = true

@description('Alerts above so many minutes since its last record.')
@minValue(15)
@maxValue(480)
param noDataThreshold int = 60

@description('Whether the rule is on: Foundry: retries multiply the traffic.')
param retryStormEnabled bool = true

@description('Alerts above so many retries caused by 100 calls.')
@minValue(0)
@maxValue(10000)
param retryStormThreshold int = 50

@description('How far it looks back, at evaluations that are PT5M apart.')
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
    noDataActiveQuarters: noDataActiveQuarters
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
    firstTokenEnabled: firstTokenEnabled
    firstTokenThreshold: firstTokenThreshold
    firstTokenWindow: firstTokenWindow
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
