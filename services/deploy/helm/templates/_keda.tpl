{{/* Scales a sink by the lag of its group in Kafka: a member knows only its own share of it. Takes root, name, own and most. */}}
{{- define "pipeline.scaledObject" -}}
{{- $keda := .own.keda }}
{{- $mechanism := dig "KAFKA_SASL_MECHANISM" "" .root.Values.settings }}
{{- $words := dict "plain" "plaintext" "scram-sha-256" "scram_sha256" "scram-sha-512" "scram_sha512" }}
{{- $tls := or .root.Values.kafkaTls.existingSecret (eq (toString (dig "KAFKA_SSL" false .root.Values.settings)) "true") }}
{{- if and $mechanism (not (hasKey $words $mechanism)) (not $keda.authenticationRef) }}
{{- fail (printf "sinks.%s.keda.authenticationRef is needed: a TriggerAuthentication of KEDA for KAFKA_SASL_MECHANISM %s" .name $mechanism) }}
{{- end }}
{{- $needsSecrets := or (hasKey $words $mechanism) .root.Values.kafkaTls.existingSecret }}
apiVersion: keda.sh/v1alpha1
kind: ScaledObject
metadata:
  {{- include "pipeline.metadata" . | nindent 2 }}
spec:
  scaleTargetRef:
    name: {{ include "pipeline.fullname" .root }}-{{ .name }}
  pollingInterval: {{ $keda.pollingInterval }}
  cooldownPeriod: {{ $keda.cooldownPeriod }}
  minReplicaCount: {{ $keda.minReplicas }}
  maxReplicaCount: {{ .most }}
  advanced:
    horizontalPodAutoscalerConfig:
      behavior:
        # Each change of members stops the whole group for a moment.
        scaleUp:
          stabilizationWindowSeconds: 60
        scaleDown:
          stabilizationWindowSeconds: {{ $keda.cooldownPeriod }}
  triggers:
    - type: kafka
      metadata:
        bootstrapServers: {{ .root.Values.settings.KAFKA_BROKERS | quote }}
        consumerGroup: {{ include "pipeline.topic" .root }}.{{ .name }}
        topic: {{ include "pipeline.topic" .root }}
        lagThreshold: {{ include "pipeline.text" $keda.lagThreshold | quote }}
        # While delivery is on hold the lag grows and no member can help: one whose offset does not move counts for nothing.
        excludePersistentLag: "true"
        # As the sinks: a group without a commit begins at the earliest record.
        offsetResetPolicy: earliest
        allowIdleConsumers: "false"
        ensureEvenDistributionOfPartitions: "true"
        {{- if hasKey $words $mechanism }}
        sasl: {{ get $words $mechanism }}
        {{- end }}
        {{- if $tls }}
        tls: enable
        {{- end }}
      {{- if $keda.authenticationRef }}
      authenticationRef:
        name: {{ $keda.authenticationRef }}
      {{- else if $needsSecrets }}
      authenticationRef:
        name: {{ include "pipeline.fullname" .root }}-{{ .name }}
---
apiVersion: keda.sh/v1alpha1
kind: TriggerAuthentication
metadata:
  {{- include "pipeline.metadata" . | nindent 2 }}
spec:
  secretTargetRef:
    {{- if hasKey $words $mechanism }}
    {{- $secret := required "existingSecret is needed: KEDA reads KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD from it" .root.Values.existingSecret }}
    - { parameter: username, name: {{ $secret }}, key: KAFKA_SASL_USERNAME }
    - { parameter: password, name: {{ $secret }}, key: KAFKA_SASL_PASSWORD }
    {{- end }}
    {{- with .root.Values.kafkaTls }}
    {{- if .existingSecret }}
    - { parameter: ca, name: {{ .existingSecret }}, key: ca.crt }
    {{- if .clientCertificate }}
    - { parameter: cert, name: {{ .existingSecret }}, key: tls.crt }
    - { parameter: key, name: {{ .existingSecret }}, key: tls.key }
    {{- end }}
    {{- end }}
    {{- end }}
      {{- end }}
{{- end }}
