# Built by `python -m dashboards.builder build`; change the queries and the layout, not this file.

output "connection_string" {
  value     = (local.create_application_insights ? azapi_resource.application_insights[0].output.properties.ConnectionString : "")
  sensitive = true
}

output "workspace_id" {
  value = local.workspace_id
}

output "workbook_id" {
  value = local.workbook_id
}

output "workbook_url" {
  value = local.workbook_url
}
