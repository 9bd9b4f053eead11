#!/bin/sh
# An agent in POSIX sh and curl. It registers a machine, or a program that runs on it, and reports the
# load of the machine with every heartbeat.
#
# Settings: REGISTRY_URL, AGENT_ID, AGENT_HOST, AGENT_PORT (where your program listens),
# AGENT_TTL_SECONDS. With CHECK=1 it does one round, prints the result and exits.
set -u

registry=${REGISTRY_URL:-http://localhost:9000}
registry=${registry%/}
id=${AGENT_ID:-shell-$$}
ttl=${AGENT_TTL_SECONDS:-60}
third=$((ttl / 3 > 0 ? ttl / 3 : 1))
joined=no

# call METHOD PATH [JSON]: prints the HTTP status; 000 if the registry is unreachable.
call() {
  curl --silent --output /dev/null --write-out '%{http_code}' --max-time 5 \
    --request "$1" "$registry$2" ${3:+--header 'content-type: application/json' --data "$3"}
}

# Prints the load average per processor, 0 (idle) to 1 (full).
load() {
  LC_ALL=C uptime | awk -v cpus="$(getconf _NPROCESSORS_ONLN)" \
    '{ sub(/.*load averages?: */, ""); load = $1 / cpus; printf "%.2f", (load > 1 ? 1 : load) }'
}

register() {
  call POST /agents/register "{\"agent_id\": \"$id\", \"agent_name\": \"Machine\",
    \"host\": \"${AGENT_HOST:-127.0.0.1}\", \"port\": ${AGENT_PORT:-8000}, \"ttl_seconds\": $ttl,
    \"load\": $(load), \"capabilities\": [\"host\"], \"metadata\": {\"language\": \"sh\"}}"
}

heartbeat() {
  call POST "/agents/$id/heartbeat" "{\"load\": $(load)}"
}

# random FROM TO: prints a random integer, seeded per process, so that a fleet does not synchronize.
random() {
  awk -v from="$1" -v to="$2" -v pid="$$" \
    'BEGIN { srand(); srand(srand() + pid); printf "%d", from + rand() * (to - from + 1) }'
}

# A shell handles signals only between commands, but a signal interrupts `wait` at once.
pause() {
  sleep "$1" &
  sleeping=$!
  wait "$sleeping"
}

leave() {
  trap - EXIT
  [ -n "${sleeping:-}" ] && kill "$sleeping" 2>/dev/null
  # Even without a response to the registration, because it may have succeeded.
  call DELETE "/agents/$id" >/dev/null
}
trap leave EXIT
trap 'exit 0' INT TERM HUP

fail() {
  echo "failed: $*" >&2
  exit 1
}

if [ "${CHECK:-}" = 1 ]; then
  status=$(register) || fail "cannot reach $registry"
  [ "$status" = 200 ] || [ "$status" = 201 ] || fail "the registration failed with status $status"
  status=$(heartbeat)
  [ "$status" = 200 ] || fail "the heartbeat failed with status $status"
  curl --silent --max-time 5 "$registry/agents/$id" | grep -q '"load":[01]' || fail 'no load is shown'
  leave
  status=$(call GET "/agents/$id")
  [ "$status" = 404 ] || fail "after leaving, reading the agent returned status $status"
  echo 'ok: joined, reported its load, left'
  exit 0
fi

failures=0
while :; do
  if [ "$joined" = yes ]; then status=$(heartbeat); else status=$(register); fi
  case $status in
    2??)
      [ "$joined" = yes ] || echo "$id has joined $registry"
      joined=yes failures=0
      pause "$(random "$((third * 9 / 10 > 0 ? third * 9 / 10 : 1))" "$((third * 11 / 10))")"
      ;;
    404)
      joined=no # the registry lost the agent: register again at once
      ;;
    000 | 408 | 429 | 5??)
      # Unreachable or failing: exponential backoff with jitter, at most a third of the TTL.
      echo "heartbeat failed: status $status" >&2
      failures=$((failures < 10 ? failures + 1 : 10))
      most=$((1 << failures))
      pause "$(random 1 "$((most < third ? most : third))")"
      ;;
    *)
      fail "rejected with status $status; is AGENT_ID or another setting wrong?" # a retry would fail as well
      ;;
  esac
done
