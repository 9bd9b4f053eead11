#!/bin/sh
# An agent in POSIX sh and curl. It puts a machine, or a program that runs on it, in the registry and
# reports with every heartbeat how busy the machine is.
#
# Settings: REGISTRY_URL, AGENT_ID, AGENT_HOST, AGENT_PORT (where your program listens),
# AGENT_TTL_SECONDS. With CHECK=1 it does one round, tells whether all went well, and ends.
set -u

registry=${REGISTRY_URL:-http://localhost:9000}
registry=${registry%/}
id=${AGENT_ID:-shell-$$}
ttl=${AGENT_TTL_SECONDS:-60}
third=$((ttl / 3 > 0 ? ttl / 3 : 1))
joined=no

# call METHOD PATH [JSON]: prints the HTTP status; 000 when the registry is not there.
call() {
  curl --silent --output /dev/null --write-out '%{http_code}' --max-time 5 \
    --request "$1" "$registry$2" ${3:+--header 'content-type: application/json' --data "$3"}
}

# How busy the machine is: its load average per processor, 0 (idle) to 1 (full).
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

# random FROM TO: a whole number, another one in every process, so that a fleet does not beat in step.
random() {
  awk -v from="$1" -v to="$2" -v pid="$$" \
    'BEGIN { srand(); srand(srand() + pid); printf "%d", from + rand() * (to - from + 1) }'
}

# A shell hears signals only between commands, but `wait` ends at once.
pause() {
  sleep "$1" &
  sleeping=$!
  wait "$sleeping"
}

leave() {
  trap - EXIT
  [ -n "${sleeping:-}" ] && kill "$sleeping" 2>/dev/null
  # Also when no answer to the registration came: it may have arrived all the same.
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
  [ "$status" = 200 ] || [ "$status" = 201 ] || fail "the registration was answered with $status"
  status=$(heartbeat)
  [ "$status" = 200 ] || fail "the heartbeat was answered with $status"
  curl --silent --max-time 5 "$registry/agents/$id" | grep -q '"load":[01]' || fail 'no load is shown'
  leave
  status=$(call GET "/agents/$id")
  [ "$status" = 404 ] || fail "after leaving, asking for the agent was answered with $status"
  echo 'ok: joined, told its load, left'
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
      joined=no # it does not know us: register again, at once
      ;;
    000 | 408 | 429 | 5??)
      # Away or in trouble: a random pause that grows, but never beyond a third of the TTL.
      echo "the registry did not hear me: $status" >&2
      failures=$((failures < 10 ? failures + 1 : 10))
      most=$((1 << failures))
      pause "$(random 1 "$((most < third ? most : third))")"
      ;;
    *)
      fail "refused with $status; is AGENT_ID or another setting wrong?" # would be refused again
      ;;
  esac
done
