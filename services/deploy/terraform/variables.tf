variable "endpoint" {
  description = "Where Auth0 sends the logs: https, and the path /logs of the ingest."
  type        = string

  validation {
    condition     = can(regex("^https://[^/]+/logs$", var.endpoint))
    error_message = "Auth0 sends to https alone, and the ingest takes logs at /logs: https://logs.example.com/logs."
  }
}

variable "token" {
  description = "The whole value of the Authorization header, one of the ingest's INGEST_TOKENS, such as \"Bearer …\"."
  type        = string
  sensitive   = true
}

variable "name" {
  description = "Name of the log stream, and beginning of the names in AWS."
  type        = string
  default     = "auth0-logs"
}

variable "filters" {
  description = "Categories that the stream delivers, such as auth.login.fail; all logs unless set. What is left out here never arrives."
  type        = list(string)
  default     = []
}

variable "log_group_name" {
  description = "CLOUDWATCH_LOG_GROUP_NAME of the sink. Empty: nothing is made in AWS."
  type        = string
  default     = ""
}

variable "create_log_group" {
  description = "Makes the log group here. Else the sink makes it (CLOUDWATCH_CREATE), or it is there."
  type        = bool
  default     = true
}

variable "may_ask_vendor" {
  description = "Lets `auth0-logs prove --ask-vendor` read the logs back with this policy. Delivery does not need it."
  type        = bool
  default     = false
}

variable "retention_in_days" {
  description = "How long the log group made here keeps its events; 0 = for ever."
  type        = number
  default     = 0
}

variable "kms_key_arn" {
  description = "Key that encrypts the log group made here."
  type        = string
  default     = null
}

variable "oidc_provider_arn" {
  description = "IAM OIDC provider of the EKS cluster. With it, and service_account, the sink's pods assume the role."
  type        = string
  default     = ""
}

variable "service_account" {
  description = "Namespace and name of the sink's service account: the chart names it <release>-auth0-log-pipeline-cloudwatch."
  type = object({
    namespace = string
    name      = string
  })
  default = null
}

variable "trusted_principals" {
  description = "ARNs that may assume the role where the sink does not run on EKS; the sink assumes it by AWS_ROLE_ARN."
  type        = list(string)
  default     = []
}

variable "tags" {
  description = "On everything made in AWS."
  type        = map(string)
  default     = {}
}
