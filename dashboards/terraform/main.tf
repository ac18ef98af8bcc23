# Dashboards, alerts and queries for Claude in Microsoft Foundry: the resources of
# azuredeploy.json, each with the body that it has there.
# Built by `python -m dashboards.builder build`; change the queries and the layout, not this file.

terraform {
  required_version = ">= 1.3"

  required_providers {
    azapi = {
      source  = "Azure/azapi"
      version = "~> 2.0"
    }
  }
}

data "azapi_resource" "group" {
  type        = "Microsoft.Resources/resourceGroups@2021-04-01"
  resource_id = var.resource_group_id
}

locals {
  template                    = jsondecode(file("${path.module}/../azuredeploy.json"))
  location                    = var.location != null ? var.location : data.azapi_resource.group.location
  workspace_name              = var.workspace_name != null ? var.workspace_name : "log-${var.name_prefix}-${substr(sha256(join("-", [var.resource_group_id])), 0, 13)}"
  create_application_insights = var.create_application_insights != null ? var.create_application_insights : length(var.workspace_id) == 0
  application_insights_name   = var.application_insights_name != null ? var.application_insights_name : "appi-${var.name_prefix}"
  workspace_id                = (length(var.workspace_id) == 0 ? "${var.resource_group_id}/providers/Microsoft.OperationalInsights/workspaces/${local.workspace_name}" : var.workspace_id)
  workbook_guid               = uuidv5("11fb06fb-712d-4ddd-98c7-e71bbd588830", join("-", [var.resource_group_id, var.name_prefix, "workbook"]))
  workbook_id                 = "${var.resource_group_id}/providers/Microsoft.Insights/workbooks/${local.workbook_guid}"
  workbook_url                = "${var.portal_url}/#resource${local.workbook_id}/workbook"
  workbook_view               = "${var.portal_url}/#blade/AppInsightsExtension/UsageNotebookBlade/ComponentId/${replace(urlencode(local.workspace_id), "+", "%20")}/ConfigurationId/${replace(urlencode(local.workbook_id), "+", "%20")}/Type/workbook/WorkbookTemplateName/${replace(urlencode(var.workbook_name), "+", "%20")}/NotebookParams/"
  query_pack_name             = "${var.name_prefix}-queries"
  email_group_name            = "${var.name_prefix}-email"
  action_group_ids            = (length(var.alert_email) == 0 ? var.action_group_ids : concat(var.action_group_ids, tolist(["${var.resource_group_id}/providers/Microsoft.Insights/actionGroups/${local.email_group_name}"])))
  ledger_rows                 = ((var.ledger_table == "AppTraces") ? "let ledger_rows = AppTraces | where Properties has \"foundry.attempt\" and tostring(Properties[\"microsoft.custom_event.name\"]) == \"foundry.attempt\" | project TimeGenerated, OperationId, ParentId, AppRoleName, AppRoleInstance, AppVersion = coalesce(AppVersion, tostring(Properties[\"service.version\"])), ItemCount, Properties | summarize arg_min(TimeGenerated, *) by attempt_key = strcat(coalesce(tostring(Properties[\"foundry.call.id\"]), ParentId, tostring(TimeGenerated)), \"/\", tolong(Properties[\"foundry.attempt.number\"]));" : ((var.ledger_table == "OTelLogs") ? "let ledger_rows = OTelLogs | where Attributes has \"foundry.attempt\" and tostring(Attributes[\"microsoft.custom_event.name\"]) == \"foundry.attempt\" | project TimeGenerated, OperationId = TraceId, ParentId = SpanId, AppRoleName = coalesce(RoleName, ServiceName), AppRoleInstance = ServiceInstanceId, AppVersion = ServiceVersion, ItemCount = coalesce(ItemCount, int(1)), Properties = Attributes | summarize arg_min(TimeGenerated, *) by attempt_key = strcat(coalesce(tostring(Properties[\"foundry.call.id\"]), ParentId, tostring(TimeGenerated)), \"/\", tolong(Properties[\"foundry.attempt.number\"]));" : "let ledger_rows = AppEvents | where Name == \"foundry.attempt\" | project TimeGenerated, OperationId, ParentId, AppRoleName, AppRoleInstance, AppVersion, ItemCount, Properties;"))
  alert_queries               = local.template.variables.alertQueries
  saved_queries               = local.template.variables.savedQueries
  workbook                    = local.template.variables.workbook
  grafana_name                = "${var.name_prefix}-grafana"
  grafana                     = local.template.variables.grafana
}

resource "azapi_resource" "workspace" {
  count     = length(var.workspace_id) == 0 ? 1 : 0
  type      = "Microsoft.OperationalInsights/workspaces@2025-07-01"
  parent_id = var.resource_group_id
  name      = local.workspace_name
  location  = local.location
  tags      = var.tags
  body = {
    properties = {
      sku = {
        name = "PerGB2018"
      }
      retentionInDays = var.retention_in_days
      features = {
        enableLogAccessUsingOnlyResourcePermissions = true
      }
    }
  }
  schema_validation_enabled = false
}

resource "azapi_update_resource" "ledger" {
  count     = length(var.workspace_id) == 0 ? 1 : 0
  type      = "Microsoft.OperationalInsights/workspaces/tables@2025-07-01"
  parent_id = "${var.resource_group_id}/providers/Microsoft.OperationalInsights/workspaces/${local.workspace_name}"
  name      = var.ledger_table
  body = {
    properties = {
      plan                 = "Analytics"
      retentionInDays      = var.ledger_retention_in_days
      totalRetentionInDays = max(var.ledger_retention_in_days, var.ledger_total_retention_in_days)
    }
  }
  depends_on = [azapi_resource.workspace, azapi_resource.application_insights]
}

resource "azapi_resource" "application_insights" {
  count     = local.create_application_insights ? 1 : 0
  type      = "Microsoft.Insights/components@2020-02-02"
  parent_id = var.resource_group_id
  name      = local.application_insights_name
  location  = local.location
  tags      = var.tags
  body = {
    kind = "web"
    properties = {
      Application_Type    = "web"
      WorkspaceResourceId = local.workspace_id
      IngestionMode       = "LogAnalytics"
    }
  }
  schema_validation_enabled = false
  response_export_values    = ["properties.ConnectionString"]
  depends_on                = [azapi_resource.workspace]
}

resource "azapi_resource" "workbook" {
  type      = "Microsoft.Insights/workbooks@2023-06-01"
  parent_id = var.resource_group_id
  name      = local.workbook_guid
  location  = local.location
  tags      = var.tags
  body = {
    kind = "shared"
    properties = {
      displayName    = var.workbook_name
      description    = "Every attempt to call Claude in Microsoft Foundry: health, incidents, cost."
      serializedData = replace(replace(join("", local.workbook), "\"https://portal.azure.com\"", "\"${var.portal_url}\""), "\"fallbackResourceIds\":[]", "\"fallbackResourceIds\":[\"${local.workspace_id}\"]")
      version        = "Notebook/1.0"
      sourceId       = local.workspace_id
      category       = "workbook"
    }
  }
  schema_validation_enabled = false
  depends_on                = [azapi_resource.workspace]
}

resource "azapi_resource" "query_pack" {
  count     = var.deploy_query_pack ? 1 : 0
  type      = "Microsoft.OperationalInsights/queryPacks@2019-09-01"
  parent_id = var.resource_group_id
  name      = local.query_pack_name
  location  = local.location
  tags      = var.tags
  body = {
    properties = {}
  }
  schema_validation_enabled = false
}

resource "azapi_resource" "query_failed_attempts" {
  count     = var.deploy_query_pack ? 1 : 0
  type      = "Microsoft.OperationalInsights/queryPacks/queries@2019-09-01"
  parent_id = "${var.resource_group_id}/providers/Microsoft.OperationalInsights/queryPacks/${local.query_pack_name}"
  name      = uuidv5("11fb06fb-712d-4ddd-98c7-e71bbd588830", join("-", [var.resource_group_id, var.name_prefix, "query", "failed_attempts"]))
  body = {
    properties = {
      displayName = "Foundry: Failed attempts, newest first, with both request ids"
      description = "Which attempts failed last, for which cause, with which ids, and did the call recover?"
      body        = local.template.resources[5].properties.body
      related = {
        categories    = ["applications"]
        resourceTypes = ["microsoft.operationalinsights/workspaces"]
      }
      tags = {
        labels = ["Foundry", "Claude"]
      }
    }
  }
  schema_validation_enabled = false
  depends_on                = [azapi_resource.query_pack]
}

resource "azapi_resource" "query_attempts_by_id" {
  count     = var.deploy_query_pack ? 1 : 0
  type      = "Microsoft.OperationalInsights/queryPacks/queries@2019-09-01"
  parent_id = "${var.resource_group_id}/providers/Microsoft.OperationalInsights/queryPacks/${local.query_pack_name}"
  name      = uuidv5("11fb06fb-712d-4ddd-98c7-e71bbd588830", join("-", [var.resource_group_id, var.name_prefix, "query", "attempts_by_id"]))
  body = {
    properties = {
      displayName = "Foundry: Find attempts by any id or support code"
      description = "Which attempts have an id or a support code that occurs in the pasted text?"
      body        = local.template.resources[6].properties.body
      related = {
        categories    = ["applications"]
        resourceTypes = ["microsoft.operationalinsights/workspaces"]
      }
      tags = {
        labels = ["Foundry", "Claude"]
      }
    }
  }
  schema_validation_enabled = false
  depends_on                = [azapi_resource.query_pack]
}

resource "azapi_resource" "query_call_attempts" {
  count     = var.deploy_query_pack ? 1 : 0
  type      = "Microsoft.OperationalInsights/queryPacks/queries@2019-09-01"
  parent_id = "${var.resource_group_id}/providers/Microsoft.OperationalInsights/queryPacks/${local.query_pack_name}"
  name      = uuidv5("11fb06fb-712d-4ddd-98c7-e71bbd588830", join("-", [var.resource_group_id, var.name_prefix, "query", "call_attempts"]))
  body = {
    properties = {
      displayName = "Foundry: Attempts of one call"
      description = "What happened in one call, attempt by attempt?"
      body        = replace(local.saved_queries.call_attempts, "{portal}", var.portal_url)
      related = {
        categories    = ["applications"]
        resourceTypes = ["microsoft.operationalinsights/workspaces"]
      }
      tags = {
        labels = ["Foundry", "Claude"]
      }
    }
  }
  schema_validation_enabled = false
  depends_on                = [azapi_resource.query_pack]
}

resource "azapi_resource" "query_calls" {
  count     = var.deploy_query_pack ? 1 : 0
  type      = "Microsoft.OperationalInsights/queryPacks/queries@2019-09-01"
  parent_id = "${var.resource_group_id}/providers/Microsoft.OperationalInsights/queryPacks/${local.query_pack_name}"
  name      = uuidv5("11fb06fb-712d-4ddd-98c7-e71bbd588830", join("-", [var.resource_group_id, var.name_prefix, "query", "calls"]))
  body = {
    properties = {
      displayName = "Foundry: Calls: the newest, slowest, most expensive or largest"
      description = "Which calls were made, the newest, slowest, dearest or largest first, and how did they end?"
      body        = local.template.resources[8].properties.body
      related = {
        categories    = ["applications"]
        resourceTypes = ["microsoft.operationalinsights/workspaces"]
      }
      tags = {
        labels = ["Foundry", "Claude"]
      }
    }
  }
  schema_validation_enabled = false
  depends_on                = [azapi_resource.query_pack]
}

resource "azapi_resource" "query_call_trace" {
  count     = var.deploy_query_pack ? 1 : 0
  type      = "Microsoft.OperationalInsights/queryPacks/queries@2019-09-01"
  parent_id = "${var.resource_group_id}/providers/Microsoft.OperationalInsights/queryPacks/${local.query_pack_name}"
  name      = uuidv5("11fb06fb-712d-4ddd-98c7-e71bbd588830", join("-", [var.resource_group_id, var.name_prefix, "query", "call_trace"]))
  body = {
    properties = {
      displayName = "Foundry: Trace of one call"
      description = "What happened in the trace of one call, and when?"
      body        = local.template.resources[9].properties.body
      related = {
        categories    = ["applications"]
        resourceTypes = ["microsoft.operationalinsights/workspaces"]
      }
      tags = {
        labels = ["Foundry", "Claude"]
      }
    }
  }
  schema_validation_enabled = false
  depends_on                = [azapi_resource.query_pack]
}

resource "azapi_resource" "query_call_logs" {
  count     = var.deploy_query_pack ? 1 : 0
  type      = "Microsoft.OperationalInsights/queryPacks/queries@2019-09-01"
  parent_id = "${var.resource_group_id}/providers/Microsoft.OperationalInsights/queryPacks/${local.query_pack_name}"
  name      = uuidv5("11fb06fb-712d-4ddd-98c7-e71bbd588830", join("-", [var.resource_group_id, var.name_prefix, "query", "call_logs"]))
  body = {
    properties = {
      displayName = "Foundry: Log lines and exceptions of one call"
      description = "What did the services log in the trace of one call?"
      body        = local.template.resources[10].properties.body
      related = {
        categories    = ["applications"]
        resourceTypes = ["microsoft.operationalinsights/workspaces"]
      }
      tags = {
        labels = ["Foundry", "Claude"]
      }
    }
  }
  schema_validation_enabled = false
  depends_on                = [azapi_resource.query_pack]
}

resource "azapi_resource" "query_releases" {
  count     = var.deploy_query_pack ? 1 : 0
  type      = "Microsoft.OperationalInsights/queryPacks/queries@2019-09-01"
  parent_id = "${var.resource_group_id}/providers/Microsoft.OperationalInsights/queryPacks/${local.query_pack_name}"
  name      = uuidv5("11fb06fb-712d-4ddd-98c7-e71bbd588830", join("-", [var.resource_group_id, var.name_prefix, "query", "releases"]))
  body = {
    properties = {
      displayName = "Foundry: Versions by the change of failed attempts"
      description = "Which release changed the share of failed attempts?"
      body        = local.template.resources[11].properties.body
      related = {
        categories    = ["applications"]
        resourceTypes = ["microsoft.operationalinsights/workspaces"]
      }
      tags = {
        labels = ["Foundry", "Claude"]
      }
    }
  }
  schema_validation_enabled = false
  depends_on                = [azapi_resource.query_pack]
}

resource "azapi_resource" "query_failures_by_owner" {
  count     = var.deploy_query_pack ? 1 : 0
  type      = "Microsoft.OperationalInsights/queryPacks/queries@2019-09-01"
  parent_id = "${var.resource_group_id}/providers/Microsoft.OperationalInsights/queryPacks/${local.query_pack_name}"
  name      = uuidv5("11fb06fb-712d-4ddd-98c7-e71bbd588830", join("-", [var.resource_group_id, var.name_prefix, "query", "failures_by_owner"]))
  body = {
    properties = {
      displayName = "Foundry: Failed attempts over time by owner"
      description = "How many attempts failed, by owner of the error?"
      body        = local.template.resources[12].properties.body
      related = {
        categories    = ["applications"]
        resourceTypes = ["microsoft.operationalinsights/workspaces"]
      }
      tags = {
        labels = ["Foundry", "Claude"]
      }
    }
  }
  schema_validation_enabled = false
  depends_on                = [azapi_resource.query_pack]
}

resource "azapi_resource" "query_failures_by_class" {
  count     = var.deploy_query_pack ? 1 : 0
  type      = "Microsoft.OperationalInsights/queryPacks/queries@2019-09-01"
  parent_id = "${var.resource_group_id}/providers/Microsoft.OperationalInsights/queryPacks/${local.query_pack_name}"
  name      = uuidv5("11fb06fb-712d-4ddd-98c7-e71bbd588830", join("-", [var.resource_group_id, var.name_prefix, "query", "failures_by_class"]))
  body = {
    properties = {
      displayName = "Foundry: Failed attempts over time by cause"
      description = "How many attempts failed, by cause?"
      body        = local.template.resources[13].properties.body
      related = {
        categories    = ["applications"]
        resourceTypes = ["microsoft.operationalinsights/workspaces"]
      }
      tags = {
        labels = ["Foundry", "Claude"]
      }
    }
  }
  schema_validation_enabled = false
  depends_on                = [azapi_resource.query_pack]
}

resource "azapi_resource" "query_failures_last_week" {
  count     = var.deploy_query_pack ? 1 : 0
  type      = "Microsoft.OperationalInsights/queryPacks/queries@2019-09-01"
  parent_id = "${var.resource_group_id}/providers/Microsoft.OperationalInsights/queryPacks/${local.query_pack_name}"
  name      = uuidv5("11fb06fb-712d-4ddd-98c7-e71bbd588830", join("-", [var.resource_group_id, var.name_prefix, "query", "failures_last_week"]))
  body = {
    properties = {
      displayName = "Foundry: Failed attempts by cause, service and instance, compared with last week"
      description = "Which failures increased against last week, by cause, service and instance?"
      body        = local.template.resources[14].properties.body
      related = {
        categories    = ["applications"]
        resourceTypes = ["microsoft.operationalinsights/workspaces"]
      }
      tags = {
        labels = ["Foundry", "Claude"]
      }
    }
  }
  schema_validation_enabled = false
  depends_on                = [azapi_resource.query_pack]
}

resource "azapi_resource" "query_failure_heat_map" {
  count     = var.deploy_query_pack ? 1 : 0
  type      = "Microsoft.OperationalInsights/queryPacks/queries@2019-09-01"
  parent_id = "${var.resource_group_id}/providers/Microsoft.OperationalInsights/queryPacks/${local.query_pack_name}"
  name      = uuidv5("11fb06fb-712d-4ddd-98c7-e71bbd588830", join("-", [var.resource_group_id, var.name_prefix, "query", "failure_heat_map"]))
  body = {
    properties = {
      displayName = "Foundry: Failed attempts by deployment and clock time, %"
      description = "When did attempts fail on each deployment, in percent?"
      body        = local.template.resources[15].properties.body
      related = {
        categories    = ["applications"]
        resourceTypes = ["microsoft.operationalinsights/workspaces"]
      }
      tags = {
        labels = ["Foundry", "Claude"]
      }
    }
  }
  schema_validation_enabled = false
  depends_on                = [azapi_resource.query_pack]
}

resource "azapi_resource" "query_latency_by_deployment" {
  count     = var.deploy_query_pack ? 1 : 0
  type      = "Microsoft.OperationalInsights/queryPacks/queries@2019-09-01"
  parent_id = "${var.resource_group_id}/providers/Microsoft.OperationalInsights/queryPacks/${local.query_pack_name}"
  name      = uuidv5("11fb06fb-712d-4ddd-98c7-e71bbd588830", join("-", [var.resource_group_id, var.name_prefix, "query", "latency_by_deployment"]))
  body = {
    properties = {
      displayName = "Foundry: Latency by deployment, compared with the same hours before"
      description = "How slow is each deployment, compared with the same hours before?"
      body        = local.template.resources[16].properties.body
      related = {
        categories    = ["applications"]
        resourceTypes = ["microsoft.operationalinsights/workspaces"]
      }
      tags = {
        labels = ["Foundry", "Claude"]
      }
    }
  }
  schema_validation_enabled = false
  depends_on                = [azapi_resource.query_pack]
}

resource "azapi_resource" "query_success_over_time" {
  count     = var.deploy_query_pack ? 1 : 0
  type      = "Microsoft.OperationalInsights/queryPacks/queries@2019-09-01"
  parent_id = "${var.resource_group_id}/providers/Microsoft.OperationalInsights/queryPacks/${local.query_pack_name}"
  name      = uuidv5("11fb06fb-712d-4ddd-98c7-e71bbd588830", join("-", [var.resource_group_id, var.name_prefix, "query", "success_over_time"]))
  body = {
    properties = {
      displayName = "Foundry: Success rate over time: calls and attempts"
      description = "What is the success rate of calls and of attempts?"
      body        = local.template.resources[17].properties.body
      related = {
        categories    = ["applications"]
        resourceTypes = ["microsoft.operationalinsights/workspaces"]
      }
      tags = {
        labels = ["Foundry", "Claude"]
      }
    }
  }
  schema_validation_enabled = false
  depends_on                = [azapi_resource.query_pack]
}

resource "azapi_resource" "query_calls_over_time" {
  count     = var.deploy_query_pack ? 1 : 0
  type      = "Microsoft.OperationalInsights/queryPacks/queries@2019-09-01"
  parent_id = "${var.resource_group_id}/providers/Microsoft.OperationalInsights/queryPacks/${local.query_pack_name}"
  name      = uuidv5("11fb06fb-712d-4ddd-98c7-e71bbd588830", join("-", [var.resource_group_id, var.name_prefix, "query", "calls_over_time"]))
  body = {
    properties = {
      displayName = "Foundry: Calls over time by outcome"
      description = "How many calls were made, by outcome?"
      body        = local.template.resources[18].properties.body
      related = {
        categories    = ["applications"]
        resourceTypes = ["microsoft.operationalinsights/workspaces"]
      }
      tags = {
        labels = ["Foundry", "Claude"]
      }
    }
  }
  schema_validation_enabled = false
  depends_on                = [azapi_resource.query_pack]
}

resource "azapi_resource" "query_auth_causes" {
  count     = var.deploy_query_pack ? 1 : 0
  type      = "Microsoft.OperationalInsights/queryPacks/queries@2019-09-01"
  parent_id = "${var.resource_group_id}/providers/Microsoft.OperationalInsights/queryPacks/${local.query_pack_name}"
  name      = uuidv5("11fb06fb-712d-4ddd-98c7-e71bbd588830", join("-", [var.resource_group_id, var.name_prefix, "query", "auth_causes"]))
  body = {
    properties = {
      displayName = "Foundry: Authentication and authorization failures by cause, credential and resource"
      description = local.template.resources[19].properties.description
      body        = local.template.resources[19].properties.body
      related = {
        categories    = ["applications"]
        resourceTypes = ["microsoft.operationalinsights/workspaces"]
      }
      tags = {
        labels = ["Foundry", "Claude"]
      }
    }
  }
  schema_validation_enabled = false
  depends_on                = [azapi_resource.query_pack]
}

resource "azapi_resource" "query_throttled_over_time" {
  count     = var.deploy_query_pack ? 1 : 0
  type      = "Microsoft.OperationalInsights/queryPacks/queries@2019-09-01"
  parent_id = "${var.resource_group_id}/providers/Microsoft.OperationalInsights/queryPacks/${local.query_pack_name}"
  name      = uuidv5("11fb06fb-712d-4ddd-98c7-e71bbd588830", join("-", [var.resource_group_id, var.name_prefix, "query", "throttled_over_time"]))
  body = {
    properties = {
      displayName = "Foundry: Throttled attempts (429) and average waits over time"
      description = "How many attempts were throttled (429), and how long did their callers wait?"
      body        = local.template.resources[20].properties.body
      related = {
        categories    = ["applications"]
        resourceTypes = ["microsoft.operationalinsights/workspaces"]
      }
      tags = {
        labels = ["Foundry", "Claude"]
      }
    }
  }
  schema_validation_enabled = false
  depends_on                = [azapi_resource.query_pack]
}

resource "azapi_resource" "query_latency_over_time" {
  count     = var.deploy_query_pack ? 1 : 0
  type      = "Microsoft.OperationalInsights/queryPacks/queries@2019-09-01"
  parent_id = "${var.resource_group_id}/providers/Microsoft.OperationalInsights/queryPacks/${local.query_pack_name}"
  name      = uuidv5("11fb06fb-712d-4ddd-98c7-e71bbd588830", join("-", [var.resource_group_id, var.name_prefix, "query", "latency_over_time"]))
  body = {
    properties = {
      displayName = "Foundry: Latency over time"
      description = "What is the latency of answers, from the request to the end of the body?"
      body        = local.template.resources[21].properties.body
      related = {
        categories    = ["applications"]
        resourceTypes = ["microsoft.operationalinsights/workspaces"]
      }
      tags = {
        labels = ["Foundry", "Claude"]
      }
    }
  }
  schema_validation_enabled = false
  depends_on                = [azapi_resource.query_pack]
}

resource "azapi_resource" "query_first_token_over_time" {
  count     = var.deploy_query_pack ? 1 : 0
  type      = "Microsoft.OperationalInsights/queryPacks/queries@2019-09-01"
  parent_id = "${var.resource_group_id}/providers/Microsoft.OperationalInsights/queryPacks/${local.query_pack_name}"
  name      = uuidv5("11fb06fb-712d-4ddd-98c7-e71bbd588830", join("-", [var.resource_group_id, var.name_prefix, "query", "first_token_over_time"]))
  body = {
    properties = {
      displayName = "Foundry: Time to first token over time"
      description = "What is the time to first token of streams?"
      body        = local.template.resources[22].properties.body
      related = {
        categories    = ["applications"]
        resourceTypes = ["microsoft.operationalinsights/workspaces"]
      }
      tags = {
        labels = ["Foundry", "Claude"]
      }
    }
  }
  schema_validation_enabled = false
  depends_on                = [azapi_resource.query_pack]
}

resource "azapi_resource" "query_by_deployment" {
  count     = var.deploy_query_pack ? 1 : 0
  type      = "Microsoft.OperationalInsights/queryPacks/queries@2019-09-01"
  parent_id = "${var.resource_group_id}/providers/Microsoft.OperationalInsights/queryPacks/${local.query_pack_name}"
  name      = uuidv5("11fb06fb-712d-4ddd-98c7-e71bbd588830", join("-", [var.resource_group_id, var.name_prefix, "query", "by_deployment"]))
  body = {
    properties = {
      displayName = "Foundry: Deployments: failures, latency, tokens and cost"
      description = "Which deployment has how many calls, failures and tokens, and at what cost?"
      body        = local.template.resources[23].properties.body
      related = {
        categories    = ["applications"]
        resourceTypes = ["microsoft.operationalinsights/workspaces"]
      }
      tags = {
        labels = ["Foundry", "Claude"]
      }
    }
  }
  schema_validation_enabled = false
  depends_on                = [azapi_resource.query_pack]
}

resource "azapi_resource" "query_telemetry_by_service" {
  count     = var.deploy_query_pack ? 1 : 0
  type      = "Microsoft.OperationalInsights/queryPacks/queries@2019-09-01"
  parent_id = "${var.resource_group_id}/providers/Microsoft.OperationalInsights/queryPacks/${local.query_pack_name}"
  name      = uuidv5("11fb06fb-712d-4ddd-98c7-e71bbd588830", join("-", [var.resource_group_id, var.name_prefix, "query", "telemetry_by_service"]))
  body = {
    properties = {
      displayName = "Foundry: Telemetry by service: last record, dropped items"
      description = "When did each service last send telemetry, and what did it drop?"
      body        = local.template.resources[24].properties.body
      related = {
        categories    = ["applications"]
        resourceTypes = ["microsoft.operationalinsights/workspaces"]
      }
      tags = {
        labels = ["Foundry", "Claude"]
      }
    }
  }
  schema_validation_enabled = false
  depends_on                = [azapi_resource.query_pack]
}

resource "azapi_resource" "email_group" {
  count     = var.deploy_alerts && !(length(var.alert_email) == 0) ? 1 : 0
  type      = "Microsoft.Insights/actionGroups@2023-01-01"
  parent_id = var.resource_group_id
  name      = local.email_group_name
  location  = "Global"
  tags      = var.tags
  body = {
    properties = {
      groupShortName = "foundry"
      enabled        = true
      emailReceivers = [
        {
          name                 = "mail"
          emailAddress         = var.alert_email
          useCommonAlertSchema = true
        },
      ]
    }
  }
  schema_validation_enabled = false
}

resource "azapi_resource" "alert_deployment_failing" {
  count     = var.deploy_alerts ? 1 : 0
  type      = "Microsoft.Insights/scheduledQueryRules@2023-12-01"
  parent_id = var.resource_group_id
  name      = "${var.name_prefix}-deployment-failing"
  location  = local.location
  tags      = var.tags
  body = {
    kind = "LogAlert"
    properties = {
      displayName         = "Foundry: a deployment fails"
      description         = local.template.resources[26].properties.description
      severity            = 1
      enabled             = var.deployment_failing_enabled
      scopes              = [local.workspace_id]
      evaluationFrequency = "PT5M"
      windowSize          = var.deployment_failing_window
      criteria = {
        allOf = [
          {
            query               = replace(replace(local.alert_queries.deployment_failing, "{Ledger}", local.ledger_rows), "{minimumFailedCalls}", tostring(var.minimum_failed_calls))
            timeAggregation     = "Maximum"
            metricMeasureColumn = "failed_percent"
            dimensions = [
              {
                name     = "service"
                operator = "Include"
                values   = ["*"]
              },
              {
                name     = "deployment"
                operator = "Include"
                values   = ["*"]
              },
            ]
            operator  = "GreaterThan"
            threshold = var.deployment_failing_threshold
            failingPeriods = {
              numberOfEvaluationPeriods = 1
              minFailingPeriodsToAlert  = 1
            }
          },
        ]
      }
      autoMitigate        = true
      skipQueryValidation = true
      actions = {
        actionGroups = local.action_group_ids
        customProperties = {
          workbook = local.workbook_url
          view     = "${local.workbook_view}%7B%22Tab%22%3A%22incident%22%2C%22TimeRange%22%3A%7B%22durationMs%22%3A86400000%7D%2C%22Service%22%3A%5B%22$${data.alertContext.condition.allOf[0].dimensions[0].value}%22%5D%2C%22Deployment%22%3A%5B%22$${data.alertContext.condition.allOf[0].dimensions[1].value}%22%5D%7D"
        }
      }
    }
  }
  schema_validation_enabled = false
  depends_on                = [azapi_resource.workspace, azapi_resource.email_group]
}

resource "azapi_resource" "alert_auth_failures" {
  count     = var.deploy_alerts ? 1 : 0
  type      = "Microsoft.Insights/scheduledQueryRules@2023-12-01"
  parent_id = var.resource_group_id
  name      = "${var.name_prefix}-auth-failures"
  location  = local.location
  tags      = var.tags
  body = {
    kind = "LogAlert"
    properties = {
      displayName         = "Foundry: authentication failures"
      description         = local.template.resources[27].properties.description
      severity            = 1
      enabled             = var.auth_failures_enabled
      scopes              = [local.workspace_id]
      evaluationFrequency = "PT5M"
      windowSize          = var.auth_failures_window
      criteria = {
        allOf = [
          {
            query               = replace(local.alert_queries.auth_failures, "{Ledger}", local.ledger_rows)
            timeAggregation     = "Maximum"
            metricMeasureColumn = "failed_calls"
            dimensions = [
              {
                name     = "service"
                operator = "Include"
                values   = ["*"]
              },
              {
                name     = "deployment"
                operator = "Include"
                values   = ["*"]
              },
              {
                name     = "cause"
                operator = "Include"
                values   = ["*"]
              },
            ]
            operator  = "GreaterThan"
            threshold = var.auth_failures_threshold
            failingPeriods = {
              numberOfEvaluationPeriods = 1
              minFailingPeriodsToAlert  = 1
            }
          },
        ]
      }
      autoMitigate        = true
      skipQueryValidation = true
      actions = {
        actionGroups = local.action_group_ids
        customProperties = {
          workbook = local.workbook_url
          view     = "${local.workbook_view}%7B%22Tab%22%3A%22auth%22%2C%22TimeRange%22%3A%7B%22durationMs%22%3A86400000%7D%2C%22Service%22%3A%5B%22$${data.alertContext.condition.allOf[0].dimensions[0].value}%22%5D%2C%22Deployment%22%3A%5B%22$${data.alertContext.condition.allOf[0].dimensions[1].value}%22%5D%7D"
        }
      }
    }
  }
  schema_validation_enabled = false
  depends_on                = [azapi_resource.workspace, azapi_resource.email_group]
}

resource "azapi_resource" "alert_throttled" {
  count     = var.deploy_alerts ? 1 : 0
  type      = "Microsoft.Insights/scheduledQueryRules@2023-12-01"
  parent_id = var.resource_group_id
  name      = "${var.name_prefix}-throttled"
  location  = local.location
  tags      = var.tags
  body = {
    kind = "LogAlert"
    properties = {
      displayName         = "Foundry: throttling (429)"
      description         = local.template.resources[28].properties.description
      severity            = 2
      enabled             = var.throttled_enabled
      scopes              = [local.workspace_id]
      evaluationFrequency = "PT5M"
      windowSize          = var.throttled_window
      criteria = {
        allOf = [
          {
            query               = replace(replace(local.alert_queries.throttled, "{Ledger}", local.ledger_rows), "{minimumCalls}", tostring(var.minimum_calls))
            timeAggregation     = "Maximum"
            metricMeasureColumn = "throttled_percent"
            dimensions = [
              {
                name     = "service"
                operator = "Include"
                values   = ["*"]
              },
              {
                name     = "deployment"
                operator = "Include"
                values   = ["*"]
              },
            ]
            operator  = "GreaterThan"
            threshold = var.throttled_threshold
            failingPeriods = {
              numberOfEvaluationPeriods = 1
              minFailingPeriodsToAlert  = 1
            }
          },
        ]
      }
      autoMitigate        = true
      skipQueryValidation = true
      actions = {
        actionGroups = local.action_group_ids
        customProperties = {
          workbook = local.workbook_url
          view     = "${local.workbook_view}%7B%22Tab%22%3A%22limits%22%2C%22TimeRange%22%3A%7B%22durationMs%22%3A86400000%7D%2C%22Service%22%3A%5B%22$${data.alertContext.condition.allOf[0].dimensions[0].value}%22%5D%2C%22Deployment%22%3A%5B%22$${data.alertContext.condition.allOf[0].dimensions[1].value}%22%5D%7D"
        }
      }
    }
  }
  schema_validation_enabled = false
  depends_on                = [azapi_resource.workspace, azapi_resource.email_group]
}

resource "azapi_resource" "alert_error_budget_fast" {
  count     = var.deploy_alerts ? 1 : 0
  type      = "Microsoft.Insights/scheduledQueryRules@2023-12-01"
  parent_id = var.resource_group_id
  name      = "${var.name_prefix}-error-budget-fast"
  location  = local.location
  tags      = var.tags
  body = {
    kind = "LogAlert"
    properties = {
      displayName         = "Foundry: fast error budget burn"
      description         = local.template.resources[29].properties.description
      severity            = 1
      enabled             = var.error_budget_fast_enabled
      scopes              = [local.workspace_id]
      evaluationFrequency = "PT5M"
      windowSize          = var.error_budget_fast_window
      criteria = {
        allOf = [
          {
            query               = replace(replace(replace(replace(local.alert_queries.error_budget, "{Ledger}", local.ledger_rows), "{minimumCalls}", tostring(var.minimum_calls)), "{successTarget}", tostring(var.success_target)), "{shortMinutes}", tostring(var.error_budget_fast_short_minutes))
            timeAggregation     = "Maximum"
            metricMeasureColumn = "burn_rate"
            dimensions = [
              {
                name     = "service"
                operator = "Include"
                values   = ["*"]
              },
              {
                name     = "deployment"
                operator = "Include"
                values   = ["*"]
              },
            ]
            operator  = "GreaterThan"
            threshold = var.error_budget_fast_threshold
            failingPeriods = {
              numberOfEvaluationPeriods = 1
              minFailingPeriodsToAlert  = 1
            }
          },
        ]
      }
      autoMitigate        = true
      skipQueryValidation = true
      actions = {
        actionGroups = local.action_group_ids
        customProperties = {
          workbook = local.workbook_url
          view     = "${local.workbook_view}%7B%22Tab%22%3A%22incident%22%2C%22TimeRange%22%3A%7B%22durationMs%22%3A86400000%7D%2C%22Service%22%3A%5B%22$${data.alertContext.condition.allOf[0].dimensions[0].value}%22%5D%2C%22Deployment%22%3A%5B%22$${data.alertContext.condition.allOf[0].dimensions[1].value}%22%5D%7D"
        }
      }
    }
  }
  schema_validation_enabled = false
  depends_on                = [azapi_resource.workspace, azapi_resource.email_group]
}

resource "azapi_resource" "alert_error_budget_slow" {
  count     = var.deploy_alerts ? 1 : 0
  type      = "Microsoft.Insights/scheduledQueryRules@2023-12-01"
  parent_id = var.resource_group_id
  name      = "${var.name_prefix}-error-budget-slow"
  location  = local.location
  tags      = var.tags
  body = {
    kind = "LogAlert"
    properties = {
      displayName         = "Foundry: slow error budget burn"
      description         = local.template.resources[30].properties.description
      severity            = 2
      enabled             = var.error_budget_slow_enabled
      scopes              = [local.workspace_id]
      evaluationFrequency = "PT15M"
      windowSize          = var.error_budget_slow_window
      criteria = {
        allOf = [
          {
            query               = replace(replace(replace(replace(local.alert_queries.error_budget, "{Ledger}", local.ledger_rows), "{minimumCalls}", tostring(var.minimum_calls)), "{successTarget}", tostring(var.success_target)), "{shortMinutes}", tostring(var.error_budget_slow_short_minutes))
            timeAggregation     = "Maximum"
            metricMeasureColumn = "burn_rate"
            dimensions = [
              {
                name     = "service"
                operator = "Include"
                values   = ["*"]
              },
              {
                name     = "deployment"
                operator = "Include"
                values   = ["*"]
              },
            ]
            operator  = "GreaterThan"
            threshold = var.error_budget_slow_threshold
            failingPeriods = {
              numberOfEvaluationPeriods = 1
              minFailingPeriodsToAlert  = 1
            }
          },
        ]
      }
      autoMitigate        = true
      skipQueryValidation = true
      actions = {
        actionGroups = local.action_group_ids
        customProperties = {
          workbook = local.workbook_url
          view     = "${local.workbook_view}%7B%22Tab%22%3A%22incident%22%2C%22TimeRange%22%3A%7B%22durationMs%22%3A86400000%7D%2C%22Service%22%3A%5B%22$${data.alertContext.condition.allOf[0].dimensions[0].value}%22%5D%2C%22Deployment%22%3A%5B%22$${data.alertContext.condition.allOf[0].dimensions[1].value}%22%5D%7D"
        }
      }
    }
  }
  schema_validation_enabled = false
  depends_on                = [azapi_resource.workspace, azapi_resource.email_group]
}

resource "azapi_resource" "alert_slower" {
  count     = var.deploy_alerts ? 1 : 0
  type      = "Microsoft.Insights/scheduledQueryRules@2023-12-01"
  parent_id = var.resource_group_id
  name      = "${var.name_prefix}-slower"
  location  = local.location
  tags      = var.tags
  body = {
    kind = "LogAlert"
    properties = {
      displayName         = "Foundry: slower than the day before"
      description         = local.template.resources[31].properties.description
      severity            = 3
      enabled             = var.slower_enabled
      scopes              = [local.workspace_id]
      evaluationFrequency = "PT15M"
      windowSize          = "P2D"
      criteria = {
        allOf = [
          {
            query               = replace(replace(replace(local.alert_queries.slower, "{Ledger}", local.ledger_rows), "{minimumCalls}", tostring(var.minimum_calls)), "{recentMinutes}", tostring(var.recent_minutes))
            timeAggregation     = "Maximum"
            metricMeasureColumn = "slower_percent"
            dimensions = [
              {
                name     = "service"
                operator = "Include"
                values   = ["*"]
              },
              {
                name     = "deployment"
                operator = "Include"
                values   = ["*"]
              },
              {
                name     = "measure"
                operator = "Include"
                values   = ["*"]
              },
            ]
            operator  = "GreaterThan"
            threshold = var.slower_threshold
            failingPeriods = {
              numberOfEvaluationPeriods = 1
              minFailingPeriodsToAlert  = 1
            }
          },
        ]
      }
      autoMitigate        = true
      skipQueryValidation = true
      actions = {
        actionGroups = local.action_group_ids
        customProperties = {
          workbook = local.workbook_url
          view     = "${local.workbook_view}%7B%22Tab%22%3A%22incident%22%2C%22TimeRange%22%3A%7B%22durationMs%22%3A86400000%7D%2C%22Service%22%3A%5B%22$${data.alertContext.condition.allOf[0].dimensions[0].value}%22%5D%2C%22Deployment%22%3A%5B%22$${data.alertContext.condition.allOf[0].dimensions[1].value}%22%5D%7D"
        }
      }
    }
  }
  schema_validation_enabled = false
  depends_on                = [azapi_resource.workspace, azapi_resource.email_group]
}

resource "azapi_resource" "alert_first_token" {
  count     = var.deploy_alerts ? 1 : 0
  type      = "Microsoft.Insights/scheduledQueryRules@2023-12-01"
  parent_id = var.resource_group_id
  name      = "${var.name_prefix}-first-token"
  location  = local.location
  tags      = var.tags
  body = {
    kind = "LogAlert"
    properties = {
      displayName         = "Foundry: high time to first token"
      description         = local.template.resources[32].properties.description
      severity            = 3
      enabled             = var.first_token_enabled
      scopes              = [local.workspace_id]
      evaluationFrequency = "PT15M"
      windowSize          = var.first_token_window
      criteria = {
        allOf = [
          {
            query               = replace(replace(local.alert_queries.first_token, "{Ledger}", local.ledger_rows), "{minimumCalls}", tostring(var.minimum_calls))
            timeAggregation     = "Maximum"
            metricMeasureColumn = "first_token_p95_ms"
            dimensions = [
              {
                name     = "service"
                operator = "Include"
                values   = ["*"]
              },
              {
                name     = "deployment"
                operator = "Include"
                values   = ["*"]
              },
            ]
            operator  = "GreaterThan"
            threshold = var.first_token_threshold
            failingPeriods = {
              numberOfEvaluationPeriods = 1
              minFailingPeriodsToAlert  = 1
            }
          },
        ]
      }
      autoMitigate        = true
      skipQueryValidation = true
      actions = {
        actionGroups = local.action_group_ids
        customProperties = {
          workbook = local.workbook_url
          view     = "${local.workbook_view}%7B%22Tab%22%3A%22streams%22%2C%22TimeRange%22%3A%7B%22durationMs%22%3A86400000%7D%2C%22Service%22%3A%5B%22$${data.alertContext.condition.allOf[0].dimensions[0].value}%22%5D%2C%22Deployment%22%3A%5B%22$${data.alertContext.condition.allOf[0].dimensions[1].value}%22%5D%7D"
        }
      }
    }
  }
  schema_validation_enabled = false
  depends_on                = [azapi_resource.workspace, azapi_resource.email_group]
}

resource "azapi_resource" "alert_stop_reasons" {
  count     = var.deploy_alerts ? 1 : 0
  type      = "Microsoft.Insights/scheduledQueryRules@2023-12-01"
  parent_id = var.resource_group_id
  name      = "${var.name_prefix}-stop-reasons"
  location  = local.location
  tags      = var.tags
  body = {
    kind = "LogAlert"
    properties = {
      displayName         = "Foundry: more answers stop early"
      description         = local.template.resources[33].properties.description
      severity            = 3
      enabled             = var.stop_reasons_enabled
      scopes              = [local.workspace_id]
      evaluationFrequency = "PT15M"
      windowSize          = "P2D"
      criteria = {
        allOf = [
          {
            query               = replace(replace(replace(local.alert_queries.stop_reasons, "{Ledger}", local.ledger_rows), "{minimumCalls}", tostring(var.minimum_calls)), "{recentMinutes}", tostring(var.recent_minutes))
            timeAggregation     = "Maximum"
            metricMeasureColumn = "more_points"
            dimensions = [
              {
                name     = "service"
                operator = "Include"
                values   = ["*"]
              },
              {
                name     = "deployment"
                operator = "Include"
                values   = ["*"]
              },
              {
                name     = "stop_reason"
                operator = "Include"
                values   = ["*"]
              },
            ]
            operator  = "GreaterThan"
            threshold = var.stop_reasons_threshold
            failingPeriods = {
              numberOfEvaluationPeriods = 1
              minFailingPeriodsToAlert  = 1
            }
          },
        ]
      }
      autoMitigate        = true
      skipQueryValidation = true
      actions = {
        actionGroups = local.action_group_ids
        customProperties = {
          workbook = local.workbook_url
          view     = "${local.workbook_view}%7B%22Tab%22%3A%22incident%22%2C%22TimeRange%22%3A%7B%22durationMs%22%3A86400000%7D%2C%22Service%22%3A%5B%22$${data.alertContext.condition.allOf[0].dimensions[0].value}%22%5D%2C%22Deployment%22%3A%5B%22$${data.alertContext.condition.allOf[0].dimensions[1].value}%22%5D%7D"
        }
      }
    }
  }
  schema_validation_enabled = false
  depends_on                = [azapi_resource.workspace, azapi_resource.email_group]
}

resource "azapi_resource" "alert_spend_change" {
  count     = var.deploy_alerts ? 1 : 0
  type      = "Microsoft.Insights/scheduledQueryRules@2023-12-01"
  parent_id = var.resource_group_id
  name      = "${var.name_prefix}-spend-change"
  location  = local.location
  tags      = var.tags
  body = {
    kind = "LogAlert"
    properties = {
      displayName         = "Foundry: spend above the day before"
      description         = local.template.resources[34].properties.description
      severity            = 2
      enabled             = var.spend_change_enabled
      scopes              = [local.workspace_id]
      evaluationFrequency = "PT15M"
      windowSize          = "P2D"
      criteria = {
        allOf = [
          {
            query               = replace(replace(replace(local.alert_queries.spend_change, "{Ledger}", local.ledger_rows), "{minimumCalls}", tostring(var.minimum_calls)), "{minimumUsd}", tostring(var.spend_change_minimum_usd))
            timeAggregation     = "Maximum"
            metricMeasureColumn = "above_percent"
            dimensions = [
              {
                name     = "service"
                operator = "Include"
                values   = ["*"]
              },
              {
                name     = "deployment"
                operator = "Include"
                values   = ["*"]
              },
            ]
            operator  = "GreaterThan"
            threshold = var.spend_change_threshold
            failingPeriods = {
              numberOfEvaluationPeriods = 1
              minFailingPeriodsToAlert  = 1
            }
          },
        ]
      }
      autoMitigate        = true
      skipQueryValidation = true
      actions = {
        actionGroups = local.action_group_ids
        customProperties = {
          workbook = local.workbook_url
          view     = "${local.workbook_view}%7B%22Tab%22%3A%22cost%22%2C%22TimeRange%22%3A%7B%22durationMs%22%3A86400000%7D%2C%22Service%22%3A%5B%22$${data.alertContext.condition.allOf[0].dimensions[0].value}%22%5D%2C%22Deployment%22%3A%5B%22$${data.alertContext.condition.allOf[0].dimensions[1].value}%22%5D%7D"
        }
      }
    }
  }
  schema_validation_enabled = false
  depends_on                = [azapi_resource.workspace, azapi_resource.email_group]
}

resource "azapi_resource" "alert_spend_hour" {
  count     = var.deploy_alerts && var.monthly_budget_usd > 0 ? 1 : 0
  type      = "Microsoft.Insights/scheduledQueryRules@2023-12-01"
  parent_id = var.resource_group_id
  name      = "${var.name_prefix}-spend-hour"
  location  = local.location
  tags      = var.tags
  body = {
    kind = "LogAlert"
    properties = {
      displayName         = "Foundry: spend spike within an hour"
      description         = local.template.resources[35].properties.description
      severity            = 1
      enabled             = var.spend_hour_enabled
      scopes              = [local.workspace_id]
      evaluationFrequency = "PT15M"
      windowSize          = var.spend_hour_window
      criteria = {
        allOf = [
          {
            query               = replace(replace(local.alert_queries.spend, "{Ledger}", local.ledger_rows), "{monthlyBudgetUsd}", tostring(var.monthly_budget_usd))
            timeAggregation     = "Total"
            metricMeasureColumn = "budget_percent"
            operator            = "GreaterThan"
            threshold           = var.spend_hour_threshold
            failingPeriods = {
              numberOfEvaluationPeriods = 1
              minFailingPeriodsToAlert  = 1
            }
          },
        ]
      }
      autoMitigate        = true
      skipQueryValidation = true
      actions = {
        actionGroups = local.action_group_ids
        customProperties = {
          workbook = local.workbook_url
          view     = "${local.workbook_view}%7B%22Tab%22%3A%22cost%22%2C%22TimeRange%22%3A%7B%22durationMs%22%3A86400000%7D%7D"
        }
      }
    }
  }
  schema_validation_enabled = false
  depends_on                = [azapi_resource.workspace, azapi_resource.email_group]
}

resource "azapi_resource" "alert_spend_day" {
  count     = var.deploy_alerts && var.monthly_budget_usd > 0 ? 1 : 0
  type      = "Microsoft.Insights/scheduledQueryRules@2023-12-01"
  parent_id = var.resource_group_id
  name      = "${var.name_prefix}-spend-day"
  location  = local.location
  tags      = var.tags
  body = {
    kind = "LogAlert"
    properties = {
      displayName         = "Foundry: daily spend above budget"
      description         = local.template.resources[36].properties.description
      severity            = 2
      enabled             = var.spend_day_enabled
      scopes              = [local.workspace_id]
      evaluationFrequency = "PT1H"
      windowSize          = var.spend_day_window
      criteria = {
        allOf = [
          {
            query               = replace(replace(local.alert_queries.spend, "{Ledger}", local.ledger_rows), "{monthlyBudgetUsd}", tostring(var.monthly_budget_usd))
            timeAggregation     = "Total"
            metricMeasureColumn = "budget_percent"
            operator            = "GreaterThan"
            threshold           = var.spend_day_threshold
            failingPeriods = {
              numberOfEvaluationPeriods = 1
              minFailingPeriodsToAlert  = 1
            }
          },
        ]
      }
      autoMitigate        = true
      skipQueryValidation = true
      actions = {
        actionGroups = local.action_group_ids
        customProperties = {
          workbook = local.workbook_url
          view     = "${local.workbook_view}%7B%22Tab%22%3A%22cost%22%2C%22TimeRange%22%3A%7B%22durationMs%22%3A86400000%7D%7D"
        }
      }
    }
  }
  schema_validation_enabled = false
  depends_on                = [azapi_resource.workspace, azapi_resource.email_group]
}

resource "azapi_resource" "alert_no_data" {
  count     = var.deploy_alerts ? 1 : 0
  type      = "Microsoft.Insights/scheduledQueryRules@2023-12-01"
  parent_id = var.resource_group_id
  name      = "${var.name_prefix}-no-data"
  location  = local.location
  tags      = var.tags
  body = {
    kind = "LogAlert"
    properties = {
      displayName         = "Foundry: no data from a service"
      description         = local.template.resources[37].properties.description
      severity            = 2
      enabled             = var.no_data_enabled
      scopes              = [local.workspace_id]
      evaluationFrequency = "PT15M"
      windowSize          = "P2D"
      criteria = {
        allOf = [
          {
            query               = replace(replace(local.alert_queries.no_data, "{Ledger}", local.ledger_rows), "{minimumCalls}", tostring(var.minimum_calls))
            timeAggregation     = "Maximum"
            metricMeasureColumn = "silent_minutes"
            dimensions = [
              {
                name     = "service"
                operator = "Include"
                values   = ["*"]
              },
            ]
            operator  = "GreaterThan"
            threshold = var.no_data_threshold
            failingPeriods = {
              numberOfEvaluationPeriods = 1
              minFailingPeriodsToAlert  = 1
            }
          },
        ]
      }
      autoMitigate        = true
      skipQueryValidation = true
      actions = {
        actionGroups = local.action_group_ids
        customProperties = {
          workbook = local.workbook_url
          view     = "${local.workbook_view}%7B%22Tab%22%3A%22health%22%2C%22TimeRange%22%3A%7B%22durationMs%22%3A86400000%7D%2C%22Service%22%3A%5B%22$${data.alertContext.condition.allOf[0].dimensions[0].value}%22%5D%7D"
        }
      }
    }
  }
  schema_validation_enabled = false
  depends_on                = [azapi_resource.workspace, azapi_resource.email_group]
}

resource "azapi_resource" "alert_retry_storm" {
  count     = var.deploy_alerts ? 1 : 0
  type      = "Microsoft.Insights/scheduledQueryRules@2023-12-01"
  parent_id = var.resource_group_id
  name      = "${var.name_prefix}-retry-storm"
  location  = local.location
  tags      = var.tags
  body = {
    kind = "LogAlert"
    properties = {
      displayName         = "Foundry: retry storm"
      description         = local.template.resources[38].properties.description
      severity            = 2
      enabled             = var.retry_storm_enabled
      scopes              = [local.workspace_id]
      evaluationFrequency = "PT5M"
      windowSize          = var.retry_storm_window
      criteria = {
        allOf = [
          {
            query               = replace(replace(local.alert_queries.retry_storm, "{Ledger}", local.ledger_rows), "{minimumCalls}", tostring(var.minimum_calls))
            timeAggregation     = "Maximum"
            metricMeasureColumn = "retries_per_100_calls"
            dimensions = [
              {
                name     = "service"
                operator = "Include"
                values   = ["*"]
              },
              {
                name     = "deployment"
                operator = "Include"
                values   = ["*"]
              },
            ]
            operator  = "GreaterThan"
            threshold = var.retry_storm_threshold
            failingPeriods = {
              numberOfEvaluationPeriods = 1
              minFailingPeriodsToAlert  = 1
            }
          },
        ]
      }
      autoMitigate        = true
      skipQueryValidation = true
      actions = {
        actionGroups = local.action_group_ids
        customProperties = {
          workbook = local.workbook_url
          view     = "${local.workbook_view}%7B%22Tab%22%3A%22incident%22%2C%22TimeRange%22%3A%7B%22durationMs%22%3A86400000%7D%2C%22Service%22%3A%5B%22$${data.alertContext.condition.allOf[0].dimensions[0].value}%22%5D%2C%22Deployment%22%3A%5B%22$${data.alertContext.condition.allOf[0].dimensions[1].value}%22%5D%7D"
        }
      }
    }
  }
  schema_validation_enabled = false
  depends_on                = [azapi_resource.workspace, azapi_resource.email_group]
}

resource "azapi_resource" "grafana" {
  count     = var.deploy_grafana ? 1 : 0
  type      = "Microsoft.Dashboard/dashboards@2025-09-01-preview"
  parent_id = var.resource_group_id
  name      = local.grafana_name
  location  = local.location
  tags      = merge(var.tags, { "GrafanaDashboardResourceType" = "microsoft.insights/components" })
  body = {
    properties = {}
  }
  schema_validation_enabled = false
}

resource "azapi_resource" "grafana_definition" {
  count     = var.deploy_grafana ? 1 : 0
  type      = "Microsoft.Dashboard/dashboards/dashboardDefinitions@2025-09-01-preview"
  parent_id = "${var.resource_group_id}/providers/Microsoft.Dashboard/dashboards/${local.grafana_name}"
  name      = "default"
  body = {
    properties = {
      serializedData = replace(join("", local.grafana), "\"https://portal.azure.com\"", "\"${var.portal_url}\"")
    }
  }
  schema_validation_enabled = false
  depends_on                = [azapi_resource.grafana]
}
