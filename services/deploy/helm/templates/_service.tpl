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
