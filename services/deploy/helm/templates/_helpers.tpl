{{/* In front of the names of all objects; leaves room for a sink's name. */}}
{{- define "pipeline.fullname" -}}
{{- if contains .Chart.Name .Release.Name }}{{ .Release.Name | trunc 40 | trimSuffix "-" }}
{{- else }}{{ printf "%s-%s" .Release.Name .Chart.Name | trunc 40 | trimSuffix "-" }}{{ end }}
{{- end }}

{{/* Takes root and name (the component). */}}
{{- define "pipeline.selector" -}}
app.kubernetes.io/name: {{ .root.Chart.Name }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .name }}
{{- end }}

{{- define "pipeline.labels" -}}
{{ include "pipeline.selector" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/part-of: {{ .root.Chart.Name }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version }}
{{- end }}

{{- define "pipeline.metadata" -}}
name: {{ include "pipeline.fullname" .root }}-{{ .name }}
namespace: {{ .root.Release.Namespace }}
labels:
  {{- include "pipeline.labels" . | nindent 2 }}
{{- end }}

{{- define "pipeline.image" -}}
{{- $image := .Values.image -}}
{{- if $image.digest }}{{ $image.repository }}@{{ $image.digest }}
{{- else }}{{ $image.repository }}:{{ $image.tag | default .Chart.AppVersion }}{{ end }}
{{- end }}

{{/* Partitions of the main topic, as the services create it. */}}
{{- define "pipeline.partitions" -}}
{{ dig "PARTITIONS" 12 .Values.settings }}
{{- end }}

{{- define "pipeline.topic" -}}
{{ dig "TOPIC_PREFIX" "auth0.logs" .Values.settings }}
{{- end }}

{{/* A setting's value as text. Helm reads whole numbers as floats: 1048576 would become 1.048576e+06. */}}
{{- define "pipeline.text" -}}
{{- if kindIs "float64" . }}{{ if eq (floor .) . }}{{ int64 . }}{{ else }}{{ . }}{{ end }}{{ else }}{{ . }}{{ end }}
{{- end }}

{{/* Settings of the brokers' TLS files. */}}
{{- define "pipeline.kafkaTls" -}}
{{- with .Values.kafkaTls }}
{{- if .existingSecret }}
KAFKA_SSL: "true"
KAFKA_CA_FILE: /etc/kafka-tls/ca.crt
{{- if .clientCertificate }}
KAFKA_CERT_FILE: /etc/kafka-tls/tls.crt
KAFKA_KEY_FILE: /etc/kafka-tls/tls.key
{{- end }}
{{- end }}
{{- end }}
{{- end }}
