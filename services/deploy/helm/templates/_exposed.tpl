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
