# Built by `python -m dashboards.builder build`; change the queries and the layout, not this file.

variable "resource_group_id" {
  description = "Resource id of the resource group. It must exist before the plan."
  type        = string
}

variable "portal_url" {
  description = "Address of the portal, for links; another one in another cloud."
  type        = string
  default     = "https://portal.azure.com"
  nullable    = false
}

variable "workspace_id" {
  description = "Resource id of the Log Analytics workspace of your Application Insights resource. Empty: creates a new workspace with an Application Insights resource."
  type        = string
  default     = ""
  nullable    = false
}

variable "name_prefix" {
  description = "Prefix of the names of new resources: a letter, then letters, digits and hyphens. Another prefix creates a second set in the same resource group."
  type        = string
  default     = "foundry"
  nullable    = false

  validation {
    condition     = length(var.name_prefix) >= 1
    error_message = "minLength is 1."
  }

  validation {
    condition     = length(var.name_prefix) <= 20
    error_message = "maxLength is 20."
  }
}

variable "location" {
  description = "Region of new resources."
  type        = string
  default     = null
}

variable "tags" {
  description = "Tags of new resources."
  type        = map(string)
  default     = {}
  nullable    = false
}

variable "workspace_name" {
  description = "Name of the new workspace, if one is created."
  type        = string
  default     = null
}

variable "retention_in_days" {
  description = "Retention of the tables of the new workspace, in days; the ledger has its own."
  type        = number
  default     = 30
  nullable    = false

  validation {
    condition     = var.retention_in_days >= 30
    error_message = "minValue is 30."
  }

  validation {
    condition     = var.retention_in_days <= 730
    error_message = "maxValue is 730."
  }
}

variable "ledger_table" {
  description = "Table that ledger events reach: AppEvents by the Azure exporter, AppTraces by a Collector, OTelLogs by native OTLP ingestion. Alert rules read it alone."
  type        = string
  default     = "AppEvents"
  nullable    = false

  validation {
    condition     = contains(["AppEvents", "OTelLogs", "AppTraces"], var.ledger_table)
    error_message = "Must be one of AppEvents, OTelLogs, AppTraces."
  }
}

variable "ledger_retention_in_days" {
  description = "Interactive retention of the ledger's table in the new workspace, in days; 90 days of AppEvents and AppTraces are free."
  type        = number
  default     = 90
  nullable    = false

  validation {
    condition     = var.ledger_retention_in_days >= 30
    error_message = "minValue is 30."
  }

  validation {
    condition     = var.ledger_retention_in_days <= 730
    error_message = "maxValue is 730."
  }
}

variable "ledger_total_retention_in_days" {
  description = "Total retention of the ledger in the new workspace, in days, archive included; never shorter than the interactive retention."
  type        = number
  default     = 90
  nullable    = false

  validation {
    condition     = contains([30, 60, 90, 180, 365, 730, 1095, 1460, 1826, 2191, 2556, 2922, 3288, 3653, 4018, 4383], var.ledger_total_retention_in_days)
    error_message = "Must be one of 30, 60, 90, 180, 365, 730, 1095, 1460, 1826, 2191, 2556, 2922, 3288, 3653, 4018, 4383."
  }
}

variable "create_application_insights" {
  description = "Whether to create an Application Insights resource for the workspace."
  type        = bool
  default     = null
}

variable "application_insights_name" {
  description = "Name of the new Application Insights resource, if one is created."
  type        = string
  default     = null
}

variable "workbook_name" {
  description = "Title of the workbook."
  type        = string
  default     = "Claude in Foundry"
  nullable    = false

  validation {
    condition     = length(var.workbook_name) >= 1
    error_message = "minLength is 1."
  }
}

variable "deploy_query_pack" {
  description = "Whether to deploy the query pack: saved queries for incidents in the query picker of the portal."
  type        = bool
  default     = true
  nullable    = false
}

variable "deploy_grafana" {
  description = "Whether to deploy the Grafana dashboard (Azure preview; not in every region and cloud)."
  type        = bool
  default     = false
  nullable    = false
}

variable "deploy_alerts" {
  description = "Whether to deploy the alert rules."
  type        = bool
  default     = true
  nullable    = false
}

variable "action_group_ids" {
  description = "Resource ids of the action groups that alerts notify."
  type        = list(string)
  default     = []
  nullable    = false
}

variable "alert_email" {
  description = "Email address for alerts; creates an action group. Empty: no email."
  type        = string
  default     = ""
  nullable    = false
}

variable "monthly_budget_usd" {
  description = "Monthly budget in US dollars at list price. 0: no budget and no spend alerts."
  type        = number
  default     = 0
  nullable    = false

  validation {
    condition     = var.monthly_budget_usd >= 0
    error_message = "minValue is 0."
  }
}

variable "success_target" {
  description = "Target success rate of calls, in percent; the rest is the error budget."
  type        = string
  default     = "99"
  nullable    = false

  validation {
    condition     = contains(["95", "97", "98", "99", "99.5", "99.9", "99.95"], var.success_target)
    error_message = "Must be one of 95, 97, 98, 99, 99.5, 99.9, 99.95."
  }
}

variable "minimum_calls" {
  description = "Minimum number of calls, attempts or streams in a window before a rate can raise an alert."
  type        = number
  default     = 20
  nullable    = false

  validation {
    condition     = var.minimum_calls >= 1
    error_message = "minValue is 1."
  }
}

variable "error_budget_fast_short_minutes" {
  description = "Short window of the fast burn rate, in minutes: the burn rate must exceed the threshold in it too."
  type        = number
  default     = 5
  nullable    = false

  validation {
    condition     = var.error_budget_fast_short_minutes >= 1
    error_message = "minValue is 1."
  }

  validation {
    condition     = var.error_budget_fast_short_minutes <= 60
    error_message = "maxValue is 60."
  }
}

variable "error_budget_slow_short_minutes" {
  description = "Short window of the slow burn rate, in minutes."
  type        = number
  default     = 30
  nullable    = false

  validation {
    condition     = var.error_budget_slow_short_minutes >= 1
    error_message = "minValue is 1."
  }

  validation {
    condition     = var.error_budget_slow_short_minutes <= 360
    error_message = "maxValue is 360."
  }
}

variable "minimum_failed_calls" {
  description = "Minimum number of failed calls in the window of the rule for a deployment that fails."
  type        = number
  default     = 4
  nullable    = false

  validation {
    condition     = var.minimum_failed_calls >= 1
    error_message = "minValue is 1."
  }
}

variable "recent_minutes" {
  description = "Minutes that are compared with the same hours of the day before: latency, time to first token and stop reasons."
  type        = number
  default     = 60
  nullable    = false

  validation {
    condition     = var.recent_minutes >= 15
    error_message = "minValue is 15."
  }

  validation {
    condition     = var.recent_minutes <= 360
    error_message = "maxValue is 360."
  }
}

variable "spend_change_minimum_usd" {
  description = "Minimum spend above the baseline within the hour, in US dollars at list price, before a change of spend raises an alert."
  type        = number
  default     = 1
  nullable    = false

  validation {
    condition     = var.spend_change_minimum_usd >= 0
    error_message = "minValue is 0."
  }
}

variable "deployment_failing_enabled" {
  description = "Whether to enable the alert rule: Foundry: a deployment fails."
  type        = bool
  default     = true
  nullable    = false
}

variable "deployment_failing_threshold" {
  description = "Threshold: percent of the calls within the window. Higher values raise an alert."
  type        = number
  default     = 40
  nullable    = false

  validation {
    condition     = var.deployment_failing_threshold >= 1
    error_message = "minValue is 1."
  }

  validation {
    condition     = var.deployment_failing_threshold <= 99
    error_message = "maxValue is 99."
  }
}

variable "deployment_failing_window" {
  description = "Look-back window; evaluated every PT5M."
  type        = string
  default     = "PT10M"
  nullable    = false

  validation {
    condition     = contains(["PT10M", "PT15M", "PT30M", "PT45M", "PT1H"], var.deployment_failing_window)
    error_message = "Must be one of PT10M, PT15M, PT30M, PT45M, PT1H."
  }
}

variable "auth_failures_enabled" {
  description = "Whether to enable the alert rule: Foundry: authentication failures."
  type        = bool
  default     = true
  nullable    = false
}

variable "auth_failures_threshold" {
  description = "Threshold: failed calls per cause within the window. Higher values raise an alert."
  type        = number
  default     = 4
  nullable    = false

  validation {
    condition     = var.auth_failures_threshold >= 0
    error_message = "minValue is 0."
  }

  validation {
    condition     = var.auth_failures_threshold <= 1000000
    error_message = "maxValue is 1000000."
  }
}

variable "auth_failures_window" {
  description = "Look-back window; evaluated every PT5M."
  type        = string
  default     = "PT15M"
  nullable    = false

  validation {
    condition     = contains(["PT5M", "PT10M", "PT15M", "PT30M", "PT45M", "PT1H", "PT2H", "PT3H", "PT4H", "PT5H", "PT6H"], var.auth_failures_window)
    error_message = "Must be one of PT5M, PT10M, PT15M, PT30M, PT45M, PT1H, PT2H, PT3H, PT4H, PT5H, PT6H."
  }
}

variable "throttled_enabled" {
  description = "Whether to enable the alert rule: Foundry: throttling (429)."
  type        = bool
  default     = true
  nullable    = false
}

variable "throttled_threshold" {
  description = "Threshold: percent of the attempts within the window. Higher values raise an alert."
  type        = number
  default     = 10
  nullable    = false

  validation {
    condition     = var.throttled_threshold >= 0
    error_message = "minValue is 0."
  }

  validation {
    condition     = var.throttled_threshold <= 100
    error_message = "maxValue is 100."
  }
}

variable "throttled_window" {
  description = "Look-back window; evaluated every PT5M."
  type        = string
  default     = "PT15M"
  nullable    = false

  validation {
    condition     = contains(["PT5M", "PT10M", "PT15M", "PT30M", "PT45M", "PT1H", "PT2H", "PT3H", "PT4H", "PT5H", "PT6H"], var.throttled_window)
    error_message = "Must be one of PT5M, PT10M, PT15M, PT30M, PT45M, PT1H, PT2H, PT3H, PT4H, PT5H, PT6H."
  }
}

variable "error_budget_fast_enabled" {
  description = "Whether to enable the alert rule: Foundry: fast error budget burn."
  type        = bool
  default     = true
  nullable    = false
}

variable "error_budget_fast_threshold" {
  description = "Threshold: times the sustainable burn rate. Higher values raise an alert."
  type        = number
  default     = 14
  nullable    = false

  validation {
    condition     = var.error_budget_fast_threshold >= 1
    error_message = "minValue is 1."
  }

  validation {
    condition     = var.error_budget_fast_threshold <= 1000
    error_message = "maxValue is 1000."
  }
}

variable "error_budget_fast_window" {
  description = "Look-back window; evaluated every PT5M."
  type        = string
  default     = "PT1H"
  nullable    = false

  validation {
    condition     = contains(["PT30M", "PT45M", "PT1H", "PT2H", "PT3H", "PT4H", "PT5H", "PT6H"], var.error_budget_fast_window)
    error_message = "Must be one of PT30M, PT45M, PT1H, PT2H, PT3H, PT4H, PT5H, PT6H."
  }
}

variable "error_budget_slow_enabled" {
  description = "Whether to enable the alert rule: Foundry: slow error budget burn."
  type        = bool
  default     = true
  nullable    = false
}

variable "error_budget_slow_threshold" {
  description = "Threshold: times the sustainable burn rate. Higher values raise an alert."
  type        = number
  default     = 6
  nullable    = false

  validation {
    condition     = var.error_budget_slow_threshold >= 1
    error_message = "minValue is 1."
  }

  validation {
    condition     = var.error_budget_slow_threshold <= 1000
    error_message = "maxValue is 1000."
  }
}

variable "error_budget_slow_window" {
  description = "Look-back window; evaluated every PT15M."
  type        = string
  default     = "PT6H"
  nullable    = false

  validation {
    condition     = contains(["PT1H", "PT2H", "PT3H", "PT4H", "PT5H", "PT6H", "P1D"], var.error_budget_slow_window)
    error_message = "Must be one of PT1H, PT2H, PT3H, PT4H, PT5H, PT6H, P1D."
  }
}

variable "slower_enabled" {
  description = "Whether to enable the alert rule: Foundry: slower than the day before."
  type        = bool
  default     = true
  nullable    = false
}

variable "slower_threshold" {
  description = "Threshold: percent above the 95th percentile of the same hours of the day before. Higher values raise an alert."
  type        = number
  default     = 50
  nullable    = false

  validation {
    condition     = var.slower_threshold >= 1
    error_message = "minValue is 1."
  }

  validation {
    condition     = var.slower_threshold <= 10000
    error_message = "maxValue is 10000."
  }
}

variable "first_token_enabled" {
  description = "Whether to enable the alert rule: Foundry: high time to first token."
  type        = bool
  default     = true
  nullable    = false
}

variable "first_token_threshold" {
  description = "Threshold: milliseconds at the 95th percentile. Higher values raise an alert."
  type        = number
  default     = 10000
  nullable    = false

  validation {
    condition     = var.first_token_threshold >= 1
    error_message = "minValue is 1."
  }

  validation {
    condition     = var.first_token_threshold <= 600000
    error_message = "maxValue is 600000."
  }
}

variable "first_token_window" {
  description = "Look-back window; evaluated every PT15M."
  type        = string
  default     = "PT30M"
  nullable    = false

  validation {
    condition     = contains(["PT15M", "PT30M", "PT45M", "PT1H", "PT2H", "PT3H", "PT4H", "PT5H", "PT6H"], var.first_token_window)
    error_message = "Must be one of PT15M, PT30M, PT45M, PT1H, PT2H, PT3H, PT4H, PT5H, PT6H."
  }
}

variable "stop_reasons_enabled" {
  description = "Whether to enable the alert rule: Foundry: more answers stop early."
  type        = bool
  default     = true
  nullable    = false
}

variable "stop_reasons_threshold" {
  description = "Threshold: percentage points above the share of the same hours of the day before. Higher values raise an alert."
  type        = number
  default     = 10
  nullable    = false

  validation {
    condition     = var.stop_reasons_threshold >= 1
    error_message = "minValue is 1."
  }

  validation {
    condition     = var.stop_reasons_threshold <= 99
    error_message = "maxValue is 99."
  }
}

variable "spend_change_enabled" {
  description = "Whether to enable the alert rule: Foundry: spend above the day before."
  type        = bool
  default     = true
  nullable    = false
}

variable "spend_change_threshold" {
  description = "Threshold: percent above the baseline: the same hours of the day before. Higher values raise an alert."
  type        = number
  default     = 100
  nullable    = false

  validation {
    condition     = var.spend_change_threshold >= 1
    error_message = "minValue is 1."
  }

  validation {
    condition     = var.spend_change_threshold <= 100000
    error_message = "maxValue is 100000."
  }
}

variable "spend_hour_enabled" {
  description = "Whether to enable the alert rule: Foundry: spend spike within an hour."
  type        = bool
  default     = true
  nullable    = false
}

variable "spend_hour_threshold" {
  description = "Threshold: percent of the monthly budget. Higher values raise an alert."
  type        = number
  default     = 2
  nullable    = false

  validation {
    condition     = var.spend_hour_threshold >= 1
    error_message = "minValue is 1."
  }

  validation {
    condition     = var.spend_hour_threshold <= 100
    error_message = "maxValue is 100."
  }
}

variable "spend_hour_window" {
  description = "Look-back window; evaluated every PT15M."
  type        = string
  default     = "PT1H"
  nullable    = false

  validation {
    condition     = contains(["PT15M", "PT30M", "PT45M", "PT1H", "PT2H", "PT3H", "PT4H", "PT5H", "PT6H"], var.spend_hour_window)
    error_message = "Must be one of PT15M, PT30M, PT45M, PT1H, PT2H, PT3H, PT4H, PT5H, PT6H."
  }
}

variable "spend_day_enabled" {
  description = "Whether to enable the alert rule: Foundry: daily spend above budget."
  type        = bool
  default     = true
  nullable    = false
}

variable "spend_day_threshold" {
  description = "Threshold: percent of the monthly budget. Higher values raise an alert."
  type        = number
  default     = 5
  nullable    = false

  validation {
    condition     = var.spend_day_threshold >= 1
    error_message = "minValue is 1."
  }

  validation {
    condition     = var.spend_day_threshold <= 100
    error_message = "maxValue is 100."
  }
}

variable "spend_day_window" {
  description = "Look-back window; evaluated every PT1H."
  type        = string
  default     = "P1D"
  nullable    = false

  validation {
    condition     = contains(["P1D", "P2D"], var.spend_day_window)
    error_message = "Must be one of P1D, P2D."
  }
}

variable "no_data_enabled" {
  description = "Whether to enable the alert rule: Foundry: no data from a service."
  type        = bool
  default     = true
  nullable    = false
}

variable "no_data_threshold" {
  description = "Threshold: minutes since the last record. Higher values raise an alert."
  type        = number
  default     = 30
  nullable    = false

  validation {
    condition     = var.no_data_threshold >= 10
    error_message = "minValue is 10."
  }

  validation {
    condition     = var.no_data_threshold <= 480
    error_message = "maxValue is 480."
  }
}

variable "retry_storm_enabled" {
  description = "Whether to enable the alert rule: Foundry: retry storm."
  type        = bool
  default     = true
  nullable    = false
}

variable "retry_storm_threshold" {
  description = "Threshold: retries per 100 calls. Higher values raise an alert."
  type        = number
  default     = 50
  nullable    = false

  validation {
    condition     = var.retry_storm_threshold >= 0
    error_message = "minValue is 0."
  }

  validation {
    condition     = var.retry_storm_threshold <= 10000
    error_message = "maxValue is 10000."
  }
}

variable "retry_storm_window" {
  description = "Look-back window; evaluated every PT5M."
  type        = string
  default     = "PT15M"
  nullable    = false

  validation {
    condition     = contains(["PT5M", "PT10M", "PT15M", "PT30M", "PT45M", "PT1H", "PT2H", "PT3H", "PT4H", "PT5H", "PT6H"], var.retry_storm_window)
    error_message = "Must be one of PT5M, PT10M, PT15M, PT30M, PT45M, PT1H, PT2H, PT3H, PT4H, PT5H, PT6H."
  }
}
