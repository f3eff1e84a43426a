# The log stream of a tenant, and a role for a CloudWatch sink that the chart runs on EKS.
variable "token" {
  type      = string
  sensitive = true
}

variable "oidc_provider_arn" {
  type = string
}

provider "auth0" {}

provider "aws" {
  region = "eu-central-1"
}

module "auth0_logs" {
  source = "../.."

  endpoint = "https://logs.example.com/logs"
  token    = var.token

  log_group_name    = "/auth0/example"
  retention_in_days = 365

  oidc_provider_arn = var.oidc_provider_arn
  service_account = {
    namespace = "auth0-logs"
    name      = "logs-auth0-log-pipeline-cloudwatch"
  }
}

output "role_arn" {
  value = module.auth0_logs.role_arn
}
