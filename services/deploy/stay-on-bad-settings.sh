#!/bin/sh
# Runs a service under docker-compose. Bad settings end a service with status 2, and Docker would start it again for ever: the container
# stays instead, unhealthy, and the last lines of its log say what to fix. After every other end Docker starts the service again.
# (`restart: on-failure:5` would give up too, but it leaves a service that was stopped with its host where it is.)

# What a person runs, such as the CLI, ends as it ends: only a service is a main.ts without arguments.
case "$*" in *main.ts) ;; *) exec "$@" ;; esac

"$@" &
service=$!
trap 'kill -TERM "$service" 2>/dev/null' TERM INT
wait "$service"
status=$?
# A signal ends `wait` before it ends the service.
while kill -0 "$service" 2>/dev/null; do
  wait "$service"
  status=$?
done
[ "$status" -eq 2 ] || exit "$status"

trap 'exit 2' TERM INT
echo "This service does not run: fix the settings named above in .env, then run docker compose up -d." >&2
sleep infinity &
wait
