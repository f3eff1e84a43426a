# The tenant's log stream to the ingest. `auth0-logs register` makes the same one without Terraform: use one of the two.
resource "auth0_log_stream" "ingest" {
  name    = var.name
  type    = "http"
  status  = "active"
  filters = [for category in var.filters : { type = "category", name = category }]

  sink {
    http_endpoint       = var.endpoint
    http_content_type   = "application/json"
    http_content_format = "JSONLINES"
    http_authorization  = var.token
  }
}
