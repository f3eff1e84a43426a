# What the CloudWatch sink needs in AWS: the rights that it uses, on its own log group alone, and a role that has them.
locals {
  in_aws    = var.log_group_name != ""
  on_eks    = var.oidc_provider_arn != ""
  oidc_host = local.on_eks ? split(":oidc-provider/", var.oidc_provider_arn)[1] : ""
  group_arn = local.in_aws ? "arn:${data.aws_partition.current[0].partition}:logs:${data.aws_region.current[0].name}:${data.aws_caller_identity.current[0].account_id}:log-group:${var.log_group_name}" : ""
}

data "aws_partition" "current" {
  count = local.in_aws ? 1 : 0
}

data "aws_region" "current" {
  count = local.in_aws ? 1 : 0
}

data "aws_caller_identity" "current" {
  count = local.in_aws ? 1 : 0
}

resource "aws_cloudwatch_log_group" "logs" {
  count = local.in_aws && var.create_log_group ? 1 : 0

  name              = var.log_group_name
  retention_in_days = var.retention_in_days
  kms_key_id        = var.kms_key_arn
  tags              = var.tags
}

data "aws_iam_policy_document" "write" {
  count = local.in_aws ? 1 : 0

  statement {
    sid = "WriteLogs"
    actions = concat(
      ["logs:PutLogEvents", "logs:DescribeLogStreams", "logs:CreateLogStream"],
      # CLOUDWATCH_CREATE and CLOUDWATCH_RETENTION_DAYS: the sink makes the group.
      var.create_log_group ? [] : ["logs:CreateLogGroup", "logs:PutRetentionPolicy"],
      # `auth0-logs prove --ask-vendor` reads the logs back: a right that delivery does not need.
      var.may_ask_vendor ? ["logs:FilterLogEvents"] : [],
    )
    resources = [local.group_arn, "${local.group_arn}:*"]
  }
}

resource "aws_iam_policy" "write" {
  count = local.in_aws ? 1 : 0

  name_prefix = "${var.name}-cloudwatch-"
  description = "Writes Auth0 logs into ${var.log_group_name}"
  policy      = data.aws_iam_policy_document.write[0].json
  tags        = var.tags
}

data "aws_iam_policy_document" "assume" {
  count = local.in_aws ? 1 : 0

  dynamic "statement" {
    for_each = local.on_eks ? [var.service_account] : []

    content {
      sid     = "FromTheCluster"
      actions = ["sts:AssumeRoleWithWebIdentity"]

      principals {
        type        = "Federated"
        identifiers = [var.oidc_provider_arn]
      }

      condition {
        test     = "StringEquals"
        variable = "${local.oidc_host}:sub"
        values   = ["system:serviceaccount:${statement.value.namespace}:${statement.value.name}"]
      }

      condition {
        test     = "StringEquals"
        variable = "${local.oidc_host}:aud"
        values   = ["sts.amazonaws.com"]
      }
    }
  }

  dynamic "statement" {
    for_each = length(var.trusted_principals) > 0 ? [var.trusted_principals] : []

    content {
      sid     = "FromPrincipals"
      actions = ["sts:AssumeRole"]

      principals {
        type        = "AWS"
        identifiers = statement.value
      }
    }
  }
}

resource "aws_iam_role" "sink" {
  count = local.in_aws ? 1 : 0

  name_prefix        = "${var.name}-cloudwatch-"
  assume_role_policy = data.aws_iam_policy_document.assume[0].json
  tags               = var.tags
}

resource "aws_iam_role_policy_attachment" "sink" {
  count = local.in_aws ? 1 : 0

  role       = aws_iam_role.sink[0].name
  policy_arn = aws_iam_policy.write[0].arn
}
