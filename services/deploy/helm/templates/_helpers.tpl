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

{{/*
The Deployment and the ServiceAccount of one service. Takes:
  root, name      the chart's scope, and the service's name, which is also its part of the objects' names
  main            path of its main.ts below services/
  portSetting, port   the setting of its port, and the port: of its health, its metrics and what it serves
  own             its values: replicas, settings, existingSecret, volumes, volumeMounts, resources, serviceAccount
  settings        settings that the chart itself gives it (a map); the user's win, save for the port
  secrets         names of further Secrets (a list)
  scaled          true where something else sets the number of replicas
  https           true where it serves https itself
  drainSeconds    wait before a stop, until nobody sends here any more
  consumes        true for a member of a consumer group: it is replaced, never doubled, for each join stops the whole group
*/}}
{{- define "pipeline.service" -}}
{{- $root := .root }}
{{- $values := $root.Values }}
{{- $ours := merge (include "pipeline.kafkaTls" $root | fromYaml) (.settings | default dict) }}
{{- $settings := merge (dict .portSetting (toString .port)) .own.settings $values.settings $ours }}
{{- $secrets := compact (concat (list $values.existingSecret .own.existingSecret) (.secrets | default list)) | uniq }}
apiVersion: v1
kind: ServiceAccount
metadata:
  {{- include "pipeline.metadata" . | nindent 2 }}
  {{- with .own.serviceAccount.annotations }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
automountServiceAccountToken: false
---
apiVersion: apps/v1
kind: Deployment
metadata:
  {{- include "pipeline.metadata" . | nindent 2 }}
spec:
  {{- if not .scaled }}
  replicas: {{ .own.replicas | default 1 | int }}
  {{- end }}
  revisionHistoryLimit: 3
  strategy:
    type: RollingUpdate
    rollingUpdate:
      {{- if .consumes }}
      maxSurge: 0
      maxUnavailable: 1
      {{- else }}
      maxSurge: 1
      maxUnavailable: 0
      {{- end }}
  selector:
    matchLabels:
      {{- include "pipeline.selector" . | nindent 6 }}
  template:
    metadata:
      labels:
        {{- include "pipeline.selector" . | nindent 8 }}
        app.kubernetes.io/version: {{ $root.Chart.AppVersion | quote }}
        {{- with $values.podLabels }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
      {{- with $values.podAnnotations }}
      annotations:
        {{- toYaml . | nindent 8 }}
      {{- end }}
    spec:
      serviceAccountName: {{ include "pipeline.fullname" $root }}-{{ .name }}
      automountServiceAccountToken: false
      # Else a Service named `ingest` sets INGEST_PORT to tcp://… in every pod of the namespace.
      enableServiceLinks: false
      # A service ends within 10 s: it brings home what is under way, and commits it.
      terminationGracePeriodSeconds: 30
      securityContext:
        runAsNonRoot: true
        runAsUser: 1000
        runAsGroup: 1000
        fsGroup: 1000
        seccompProfile:
          type: RuntimeDefault
      {{- with $values.imagePullSecrets }}
      imagePullSecrets:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- with $values.priorityClassName }}
      priorityClassName: {{ . }}
      {{- end }}
      {{- with $values.nodeSelector }}
      nodeSelector:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- with $values.tolerations }}
      tolerations:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- with $values.affinity }}
      affinity:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      topologySpreadConstraints:
        - maxSkew: 1
          topologyKey: kubernetes.io/hostname
          whenUnsatisfiable: ScheduleAnyway
          labelSelector:
            matchLabels:
              {{- include "pipeline.selector" . | nindent 14 }}
      containers:
        - name: {{ .name }}
          image: {{ include "pipeline.image" $root }}
          imagePullPolicy: {{ $values.image.pullPolicy }}
          command: ["node", "services/{{ .main }}/main.ts"]
          env:
            {{- range $name, $value := $settings }}
            - name: {{ $name }}
              value: {{ include "pipeline.text" $value | quote }}
            {{- end }}
          {{- with $secrets }}
          envFrom:
            {{- range . }}
            - secretRef:
                name: {{ . }}
            {{- end }}
          {{- end }}
          ports:
            - name: {{ ternary "https" "http" (default false .https) }}
              containerPort: {{ .port }}
          livenessProbe:
            httpGet:
              path: /livez
              port: {{ .port }}
              scheme: {{ ternary "HTTPS" "HTTP" (default false .https) }}
            initialDelaySeconds: 10
            periodSeconds: 10
            timeoutSeconds: 5
            failureThreshold: 3
          readinessProbe:
            httpGet:
              path: /readyz
              port: {{ .port }}
              scheme: {{ ternary "HTTPS" "HTTP" (default false .https) }}
            periodSeconds: 5
            timeoutSeconds: 5
            failureThreshold: 2
          {{- with .drainSeconds }}
          lifecycle:
            preStop:
              sleep:
                seconds: {{ . }}
          {{- end }}
          securityContext:
            allowPrivilegeEscalation: false
            readOnlyRootFilesystem: true
            capabilities:
              drop: [ALL]
          {{- with .own.resources }}
          resources:
            {{- toYaml . | nindent 12 }}
          {{- end }}
          {{- $mounts := concat (list) (.own.volumeMounts | default list) (.mounts | default list) }}
          {{- if $values.kafkaTls.existingSecret }}
          {{- $mounts = append $mounts (dict "name" "kafka-tls" "mountPath" "/etc/kafka-tls" "readOnly" true) }}
          {{- end }}
          {{- with $mounts }}
          volumeMounts:
            {{- toYaml . | nindent 12 }}
          {{- end }}
      {{- $volumes := concat (list) (.own.volumes | default list) (.volumes | default list) }}
      {{- if $values.kafkaTls.existingSecret }}
      {{- $volumes = append $volumes (dict "name" "kafka-tls" "secret" (dict "secretName" $values.kafkaTls.existingSecret)) }}
      {{- end }}
      {{- with $volumes }}
      volumes:
        {{- toYaml . | nindent 8 }}
      {{- end }}
{{- end }}

{{/* A Service and, where it is on, an Ingress. Takes root, name, own, https, path and pathType. */}}
{{- define "pipeline.exposed" -}}
{{- $port := ternary "https" "http" (default false .https) }}
apiVersion: v1
kind: Service
metadata:
  {{- include "pipeline.metadata" . | nindent 2 }}
  {{- with .own.service.annotations }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  type: {{ .own.service.type }}
  selector:
    {{- include "pipeline.selector" . | nindent 4 }}
  ports:
    - name: {{ $port }}
      port: {{ .own.service.port }}
      targetPort: {{ $port }}
{{- if .own.ingress.enabled }}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  {{- include "pipeline.metadata" . | nindent 2 }}
  {{- with .own.ingress.annotations }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  {{- with .own.ingress.className }}
  ingressClassName: {{ . }}
  {{- end }}
  # Auth0 sends to https alone, and a login must not travel in clear.
  tls:
    - hosts:
        - {{ required (printf "%s.ingress.host is needed where the ingress is enabled" .name) .own.ingress.host | quote }}
      {{- with .own.ingress.tlsSecret }}
      secretName: {{ . }}
      {{- end }}
  rules:
    - host: {{ .own.ingress.host | quote }}
      http:
        paths:
          - path: {{ .path }}
            pathType: {{ .pathType }}
            backend:
              service:
                name: {{ include "pipeline.fullname" .root }}-{{ .name }}
                port:
                  name: {{ $port }}
{{- end }}
{{- end }}
