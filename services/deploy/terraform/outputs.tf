output "log_stream_id" {
  description = "AUTH0_LOG_STREAM of the backfill, where the tenant has several streams."
  value       = auth0_log_stream.ingest.id
}

output "role_arn" {
  description = "For the service account's annotation eks.amazonaws.com/role-arn, or for AWS_ROLE_ARN; null where nothing is made in AWS."
  value       = one(aws_iam_role.sink[*].arn)
}

output "policy_arn" {
  description = "The rights of the sink, to attach to a role of your own; null where nothing is made in AWS."
  value       = one(aws_iam_policy.write[*].arn)
}
